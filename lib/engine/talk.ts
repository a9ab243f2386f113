import { KasError } from "../errors.ts";
import { HARNESS_NAMES, harnessFor } from "../harness/mod.ts";
import type { CaptureOptions, TmuxServer } from "../session/tmux/mod.ts";
import type { Session } from "../store/types.ts";
import { quote } from "../names.ts";
import { isLoose } from "./loose.ts";
import { sessionNote } from "./notes.ts";
import { canAnswer, givePermission, type PermissionChoice } from "./permission.ts";
import { endProcess, sessionDir } from "./sessions.ts";
import type { Home } from "./workspace.ts";

/** What a person says to an agent and sees of it. Each is written into the log. */

/** A home with a line to the terminal server. */
export interface TalkHome extends Home {
  readonly tmux: TmuxServer;
}

/** What can be done to an instance. */
export type InstanceAction =
  | "send"
  | "interrupt"
  | "permission"
  | "pause"
  | "resume"
  | "restart"
  | "kill";

/** What interrupts a program kas knows nothing about. */
const PLAIN_INTERRUPT = ["C-c"] as const;

/** What may be done to an instance now, in the order of a menu. Pure. */
export function validActions(session: Session): InstanceAction[] {
  const asks = session.activity === "asking" && canAnswer(session.harness);
  // How an adopted session was started is not known, so it can only be ended.
  const known = session.taskId !== null || isLoose(session);
  const work: InstanceAction[] = known ? ["pause", "restart"] : [];
  switch (session.status) {
    case "starting":
      return [...work, "kill"];
    case "running":
      return ["send", "interrupt", ...(asks ? ["permission" as const] : []), ...work, "kill"];
    case "paused":
      return ["resume", "restart", "kill"];
    case "exited":
      return [];
  }
}

/**
 * Types a prompt into an instance and presses Enter.
 * @throws KasError "usage" for an empty one, "guard" unless it runs, "tmux_failed"
 */
export async function sendPrompt(
  home: TalkHome,
  session: Session,
  text: string,
  actor: string,
): Promise<void> {
  if (text.trim() === "") {
    throw new KasError("usage", "Cannot send an empty prompt", { hint: "Give some text" });
  }
  if (session.status === "paused") {
    throw new KasError("guard", "cannot send prompt to a paused instance", {
      hint: `Go on with "kas instance resume ${session.title}" first`,
    });
  }
  requireRunning(session, "send a prompt to");
  await home.tmux.send(session.tmuxName, text);
  await log(home, session, "agent_prompted", actor, "got a prompt", { characters: text.length });
}

/** Presses the keys that interrupt an agent. @returns the keys @throws KasError "guard", "tmux_failed" */
export async function interruptInstance(
  home: TalkHome,
  session: Session,
  actor: string,
): Promise<readonly string[]> {
  requireRunning(session, "interrupt");
  const keys = HARNESS_NAMES.includes(session.harness)
    ? harnessFor(session.harness).interruptKeys
    : PLAIN_INTERRUPT;
  await home.tmux.interrupt(session.tmuxName, keys);
  await log(home, session, "agent_interrupted", actor, "interrupted", { keys });
  return keys;
}

/**
 * Answers the permission question an agent asks: 0 allow once, 1 allow always, 2 reject.
 * @throws KasError "guard" when it asks nothing, or nothing that kas can answer; "conflict" when the
 * question went away meanwhile; "tmux_failed"
 */
export async function answerPermission(
  home: TalkHome,
  session: Session,
  choice: PermissionChoice,
  actor: string,
): Promise<void> {
  requireRunning(session, "answer");
  if (!canAnswer(session.harness)) {
    throw new KasError("guard", `Cannot answer ${session.title} for ${quote(session.harness)}`, {
      hint: "Type the answer into its terminal",
    });
  }
  if (session.activity !== "asking") {
    throw new KasError("guard", `Cannot answer ${session.title}: it asks nothing`, {
      hint: "Look at its screen",
      context: { activity: session.activity, evidence: session.evidence },
    });
  }
  const launchDir = sessionDir(home, session);
  await givePermission({ session, launchDir, tmux: home.tmux }, choice);
  await home.store.commit([
    // It asks no more, whatever it does next: an answer must not meet the question after this one.
    {
      kind: "session",
      id: session.id,
      patch: { activity: "busy", evidence: "its question was answered" },
    },
    sessionNote(session, "permission_answered", actor, `${session.title} got an answer`, {
      choice,
    }),
  ]);
}

/** A screen, and whether it is of a running process. */
export interface Screen {
  readonly screen: string;
  readonly live: boolean;
}

/**
 * The live screen; when there is none, the one that was kept when the process was ended.
 * @throws KasError "not_found" when no screen was kept, "tmux_failed"
 */
export async function screenOf(
  home: TalkHome,
  session: Session,
  options: CaptureOptions = {},
): Promise<Screen> {
  const live = await liveScreen(home, session, options);
  if (live !== null) return { screen: live, live: true };
  try {
    const kept = `${sessionDir(home, session)}/screen.txt`;
    return { screen: await Deno.readTextFile(kept), live: false };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new KasError("not_found", `Cannot capture ${quote(session.title)}: no screen was kept`, {
      hint: session.status === "exited"
        ? "Its process ended before kas could look"
        : `See its state with "kas instance show ${session.title}"`,
      context: { instance: session.title, status: session.status },
    });
  }
}

/** What a terminal shows; null when it is gone, also meanwhile. */
async function liveScreen(
  { tmux }: TalkHome,
  { status, tmuxName }: Session,
  options: CaptureOptions,
): Promise<string | null> {
  if (status === "exited" || !(await tmux.has(tmuxName))) return null;
  try {
    return await tmux.capture(tmuxName, options);
  } catch (error) {
    if (!(error instanceof KasError) || await tmux.has(tmuxName)) throw error;
    return null;
  }
}

/** Ends the process of an instance where no daemon does it. */
export async function stopProcess(home: TalkHome, session: Session): Promise<void> {
  await endProcess({ ...home, hostEnv: {}, binDir: "" }, session);
}

/** @throws KasError "guard" unless a process runs */
export function requireRunning(session: Session, verb: string): void {
  if (session.status === "running") return;
  throw new KasError("guard", `Cannot ${verb} ${session.title}: it is ${session.status}`, {
    hint: `See what runs with "kas instance list"`,
    context: { instance: session.title, status: session.status },
  });
}

async function log(
  home: Home,
  session: Session,
  kind: string,
  actor: string,
  what: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await home.store.commit([sessionNote(session, kind, actor, `${session.title} ${what}`, detail)]);
}
