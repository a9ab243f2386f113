import { type Command, defineCommand, defineGroup, type Group } from "../lib/cli/define.ts";
import { KasError } from "../lib/errors.ts";
import { quote } from "../lib/names.ts";
import { type Role, ROLES } from "../lib/store/types.ts";
import { openDesk, repoOption } from "./_shared.ts";

const show: Command = defineCommand({
  description: "Print what an agent in this role would be told about a task",
  details:
    "Nothing starts. The soul is that of the agent the settings give the role; the prompt is " +
    "the one of the piece of work the task is at, or would be at; a chat has none. Paths of " +
    "worktrees that do not exist yet are shown as they will be.",
  args: {
    role: { type: "positional", description: ROLES.join(", ") },
    task: { type: "string", short: "t", metavar: "task", description: "Name of the task" },
    wave: { type: "number", metavar: "n", description: "For a coder of a wave: the wave" },
    subtask: { type: "number", metavar: "n", description: "For a coder of a wave: the task in it" },
    ...repoOption,
  },
  examples: [
    ["kas prompt show reviewer --task add-login", "What the reviewer would read"],
    ["kas prompt show coder --task add-login --wave 1 --subtask 2", "What one coder would"],
  ],
  async run(ctx) {
    const { task, wave, subtask, repo } = ctx.values;
    const role = parseRole(ctx.values.role);
    if (task === undefined) {
      throw new KasError("usage", `Cannot show a prompt without a task`, {
        hint: `Name it: kas prompt show ${role} --task <task>`,
      });
    }
    if ((wave === undefined) !== (subtask === undefined)) {
      throw new KasError("usage", "Cannot find the subtask: --wave and --subtask go together");
    }
    const place = wave === undefined || subtask === undefined ? null : { wave, number: subtask };
    await using desk = await openDesk(repo);
    const { previewPrompt } = await import("../lib/engine/preview.ts");
    const preview = await previewPrompt(desk.home, desk.workspace, task, role, place);
    ctx.print(
      preview,
      ({ agent, soul, prompt }) =>
        `--- soul of ${agent}\n${soul.trimEnd()}\n` +
        (prompt === "" ? "" : `\n--- prompt\n${prompt.trimEnd()}\n`),
    );
  },
});

function parseRole(text: string): Role {
  const role = ROLES.find((name) => name === text);
  if (role !== undefined) return role;
  throw new KasError("usage", `Cannot show a prompt for ${quote(text)}: there is no such role`, {
    hint: `Roles: ${ROLES.join(", ")}`,
  });
}

const group: Group = defineGroup({
  description: "See what agents are told",
  commands: { show },
});

export default group;
