import { sessionJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { KasError } from "../../lib/errors.ts";
import { HARNESS_NAMES, harnessFor } from "../../lib/harness/mod.ts";
import type { Session } from "../../lib/store/types.ts";
import { type Desk, openDesk, poke, readText, repoOption } from "../_shared.ts";
import { openTmux } from "../_tmux.ts";
import { instanceOf, titleArgument } from "./_find.ts";

/** What interrupts a program kas knows nothing about. */
const PLAIN_INTERRUPT = ["C-c"] as const;

/** `kas instance send` */
export const send: Command = defineCommand({
  description: "Type a prompt into an instance and press Enter",
  args: {
    ...titleArgument,
    prompt: { type: "positional", description: "The text, or - for stdin" },
    ...repoOption,
  },
  examples: [["kas instance send add-login-W1-T2 'Use the test database'", "Give an advice"]],
  async run(ctx) {
    const { title, prompt, repo } = ctx.values;
    const text = prompt === "-" ? (await readText("-", "the prompt")).trimEnd() : prompt;
    if (text.trim() === "") {
      throw new KasError("usage", "Cannot send an empty prompt", { hint: "Give some text" });
    }
    await using desk = await openDesk(repo, { person: "send a prompt" });
    const session = await instanceOf(desk, title);
    if (session.status === "paused") {
      throw new KasError("guard", "cannot send prompt to a paused instance", {
        hint: `Go on with "kas instance resume ${session.title}" first`,
      });
    }
    requireRunning(session, "send a prompt to");
    await using tmux = openTmux(desk.home.paths);
    await tmux.send(session.tmuxName, text);
    await log(desk, session, "agent_prompted", "got a prompt", { characters: text.length });
    ctx.print(sessionJson(session), () => `sent: ${text.length} characters to ${session.title}`);
  },
});

/** `kas instance interrupt` */
export const interrupt: Command = defineCommand({
  description: "Press the keys that interrupt what an agent is doing",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "interrupt an agent" });
    const session = await instanceOf(desk, ctx.values.title);
    requireRunning(session, "interrupt");
    const keys = HARNESS_NAMES.includes(session.harness)
      ? harnessFor(session.harness).interruptKeys
      : PLAIN_INTERRUPT;
    await using tmux = openTmux(desk.home.paths);
    await tmux.interrupt(session.tmuxName, keys);
    await log(desk, session, "agent_interrupted", "interrupted", { keys });
    ctx.print(sessionJson(session), () => `interrupted: ${session.title} (${keys.join(" ")})`);
  },
});

function requireRunning(session: Session, verb: string): void {
  if (session.status === "running") return;
  throw new KasError("guard", `Cannot ${verb} ${session.title}: it is ${session.status}`, {
    hint: `See what runs with "kas instance list"`,
    context: { instance: session.title, status: session.status },
  });
}

async function log(
  desk: Desk,
  session: Session,
  kind: string,
  what: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await desk.home.store.commit([{
    kind: "event",
    event: {
      projectId: session.projectId,
      taskId: session.taskId,
      sessionId: session.id,
      kind,
      actor: desk.actor,
      message: `${session.title} ${what}`,
      detail,
    },
  }]);
  await poke(desk, { start: false });
}
