import { sessionJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import {
  killInstance,
  pauseInstance,
  restartInstance,
  resumeInstance,
} from "../../lib/engine/instances.ts";
import { stopProcess } from "../../lib/engine/talk.ts";
import type { Session } from "../../lib/store/types.ts";
import { type Desk, openDesk, poke, repoOption } from "../_shared.ts";
import { openTmux } from "../_tmux.ts";
import { fresh, instanceOf, titleArgument } from "./_find.ts";

/** `kas instance pause` */
export const pause: Command = defineCommand({
  description: "Stop an agent and keep its place; its worktree stays as it is",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "pause an instance" });
    const session = await instanceOf(desk, ctx.values.title);
    await pauseInstance(desk.home, session, desk.actor);
    await endHere(desk, session);
    ctx.print(sessionJson(await fresh(desk, session)), (row) => `paused: ${row.title}`);
  },
});

/** `kas instance resume` */
export const resume: Command = defineCommand({
  description: "Go on with the work of a paused instance, with a new agent in its worktree",
  details: "Starts the daemon when none runs.",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "resume an instance" });
    const session = await instanceOf(desk, ctx.values.title);
    await resumeInstance(desk.home, session, desk.actor);
    ctx.print(sessionJson(await fresh(desk, session)), (row) => `resumed: ${row.title}`);
    await poke(desk, { start: true });
  },
});

/** `kas instance restart` */
export const restart: Command = defineCommand({
  description: "End an agent and start its work again with a new one",
  details: "Starts the daemon when none runs.",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "restart an instance" });
    const session = await instanceOf(desk, ctx.values.title);
    await restartInstance(desk.home, session, desk.actor);
    await endHere(desk, session);
    ctx.print(sessionJson(await fresh(desk, session)), (row) => `restarted: ${row.title}`);
    await poke(desk, { start: true });
  },
});

/** `kas instance kill` */
export const kill: Command = defineCommand({
  description: "End an agent for good; what becomes of its work is asked as a decision",
  details: "Its worktree and branch stay as they are.",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "kill an instance" });
    const session = await instanceOf(desk, ctx.values.title);
    await killInstance(desk.home, desk.workspace, session, desk.actor);
    await endHere(desk, session);
    ctx.print(sessionJson(await fresh(desk, session)), (row) => `killed: ${row.title}`);
  },
});

/** The daemon ends the process; without one, and for what has no task, it is done here. */
async function endHere(desk: Desk, session: Session): Promise<void> {
  const answered = await poke(desk, { start: false });
  if (answered && session.taskId !== null && desk.workspace.project.registered) return;
  await using tmux = openTmux(desk.home.paths);
  await stopProcess({ ...desk.home, tmux }, session);
}
