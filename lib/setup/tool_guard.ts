/**
 * The ban of shell tools for which there are better ones, asked for with `--enforce-tools`. It looks
 * at the first word of each command of a line; it is a nudge and no sandbox. Pure.
 */

/** What to use instead, by the name of the program. */
const INSTEAD: Readonly<Record<string, string>> = {
  grep: "rg",
  egrep: "rg",
  fgrep: "rg -F",
  sed: "your editing tool, or sd",
  awk: "jq for JSON, yq for YAML, or a short script",
  gawk: "jq for JSON, yq for YAML, or a short script",
  find: "fd, or rg --files",
};

/** Programs that run the next word. */
const RUNNERS: readonly string[] = ["sudo", "env", "time", "nice", "nohup", "xargs", "command"];

/**
 * What is banned in a command line.
 * @returns the reason, for the agent; null when nothing is
 */
export function refusalOf(line: string): string | null {
  const banned = programsIn(line).filter((name) => Object.hasOwn(INSTEAD, name));
  if (banned.length === 0) return null;
  const reasons = [...new Set(banned)].map((name) => `instead of ${name} use ${INSTEAD[name]}`);
  return `This project bans some shell tools: ${reasons.join("; ")}.`;
}

/** Names of the programs a line of shell starts. Text in quotes starts none. */
function programsIn(line: string): string[] {
  const bare = line.replaceAll(/'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]/g, "_");
  return bare.split(/\|\|?|&&?|[;\n()`{}]|\$\(/).flatMap((command) => {
    const words = command.trim().split(/\s+/).filter((word) => word !== "");
    while (words.length > 0) {
      const word = words[0] ?? "";
      const isPrefix = /^[A-Za-z_]\w*=/.test(word) || word.startsWith("-") ||
        RUNNERS.includes(word) || /^(if|then|else|do|while|until|!)$/.test(word);
      if (!isPrefix) break;
      words.shift();
    }
    const program = words[0];
    return program === undefined ? [] : [program.slice(program.lastIndexOf("/") + 1)];
  });
}

/**
 * The command line in what a runtime hands to a hook; null when it is about something else.
 * @see https://code.claude.com/docs/en/hooks @see https://geminicli.com/docs/hooks
 */
export function commandOf(input: string): string | null {
  let event: unknown;
  try {
    event = JSON.parse(input);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof event !== "object" || event === null || !("tool_input" in event)) return null;
  const { tool_input: tool } = event;
  if (typeof tool !== "object" || tool === null || !("command" in tool)) return null;
  return typeof tool.command === "string" ? tool.command : null;
}
