import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { tame } from "../../lib/cli/text.ts";
import { pingDaemon } from "../../lib/daemon/client.ts";
import { type Snapshot, takeSnapshot } from "../../lib/engine/snapshot.ts";
import { homePaths } from "../../lib/engine/workspace.ts";
import { openLedger, repoOption } from "../_shared.ts";

const command: Command = defineCommand({
  description: "Print what is going on in the project now",
  args: { ...repoOption },
  async run(ctx) {
    const paths = await homePaths();
    await using ledger = await openLedger(ctx.values.repo);
    const { store, project } = ledger;
    const daemonRunning = await pingDaemon(paths);
    ctx.print(await takeSnapshot(store, { project, daemonRunning, confined: false }), described);
  },
});

function described(snapshot: Snapshot): string {
  const { lifecycle, active_agents: agents, attention, truncated } = snapshot;
  const more = (key: keyof typeof truncated) =>
    truncated[key] === undefined ? [] : [`  … ${truncated[key]} more`];
  return [
    `project: ${snapshot.project}`,
    `daemon: ${snapshot.daemon_running ? "running" : "not running"}`,
    `tasks: ${Object.entries(lifecycle).map(([key, count]) => `${count} ${key}`).join(", ")}`,
    `agents: ${agents.length === 0 ? "none" : ""}`.trimEnd(),
    ...agents.map((agent) =>
      `  ${agent.task ?? agent.title} ${agent.role}${
        agent.wave === undefined ? "" : ` wave ${agent.wave}`
      } ` +
      `${agent.stage} (${agent.activity})`
    ),
    ...more("active_agents"),
    `attention: ${attention.length === 0 ? "none" : ""}`.trimEnd(),
    ...attention.map(({ task, kind, detail, decision }) =>
      `  ${task ?? "no task"} ${kind}${decision === undefined ? "" : ` ${decision}`}: ${detail}`
    ),
    ...more("attention"),
  ].map((line) => tame(line)).join("\n");
}

export default command;
