import { type Command, defineCommand, defineGroup, type Group, writeOut } from "../lib/cli/mod.ts";
import { tell } from "../lib/cli/progress.ts";
import { scriptFor, setupOf } from "../lib/completion/scripts.ts";
import type { Shell } from "../lib/completion/types.ts";

/** One command for each shell. */
function script(shell: Shell, title: string): Command {
  return defineCommand({
    description: `Print the completion of kas for ${title}`,
    details: setupOf(shell),
    run() {
      writeOut(scriptFor(shell));
      if (Deno.stdout.isTerminal()) tell(setupOf(shell));
    },
  });
}

const group: Group = defineGroup({
  description: "Complete kas in your shell",
  details:
    "Completes commands, options and their values, and the names of tasks, instances, agents, " +
    "decisions, topics, signals, skills, secrets, projects and settings. The script asks kas each time, " +
    "so it need not be renewed when kas is upgraded.",
  examples: [
    ["source <(kas completions bash)", "In ~/.bashrc"],
    ["kas completions fish > ~/.config/fish/completions/kas.fish", "For fish"],
  ],
  commands: {
    bash: script("bash", "bash"),
    zsh: script("zsh", "zsh"),
    fish: script("fish", "fish"),
    powershell: script("powershell", "PowerShell"),
  },
});
export default group;
