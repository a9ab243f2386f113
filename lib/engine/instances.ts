import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Session } from "../store/types.ts";
import { applyInput } from "./apply.ts";
import { isLoose, repeatLoose } from "./loose.ts";
import { sessionNote } from "./notes.ts";
import type { Home, Workspace } from "./workspace.ts";

/**
 * What a person does to an agent. Nothing here touches a process: the row says what is wanted, and
 * the reconciler makes it so, also after a crash.
 */

/**
 * Finds an instance by title, by unique part of a title, or by id; live ones go before ended ones.
 * @throws KasError "not_found", or "invalid" when several match
 */
export async function findInstance(
  home: Pick<Home, "store">,
  workspace: Pick<Workspace, "project">,
  title: string,
): Promise<Session> {
  const all = (await home.store.sessions({ projectId: workspace.project.id })).reverse();
  const exact = all.filter((s) => s.title === title || String(s.id) === title);
  const live = (list: Session[]): Session[] => list.filter((s) => s.status !== "exited");
  // A later attempt at the same work has a number behind its title: the live one is meant.
  const attempts = all.filter((s) => s.title.startsWith(`${title}.`));
  const pick = live(exact)[0] ?? live(attempts)[0] ?? exact[0];
  if (pick !== undefined) return pick;
  const part = all.filter((s) => s.title.includes(title));
  const pool = live(part).length > 0 ? live(part) : part;
  if (pool.length === 1 && pool[0] !== undefined) return pool[0];
  if (pool.length > 1) {
    throw new KasError("invalid", `Cannot tell which instance ${quote(title)} means`, {
      hint: `It fits ${pool.slice(0, 5).map((s) => s.title).join(", ")}`,
    });
  }
  throw new KasError("not_found", `Cannot find an instance ${quote(title)}`, {
    hint: `See them with "kas instance list"`,
  });
}

/** Stops an agent and keeps its place: nothing is started instead of it. Its worktree stays as it is. */
export async function pauseInstance(home: Home, session: Session, actor: string): Promise<void> {
  if (session.status === "paused") {
    throw new KasError("guard", "instance is already paused", {
      hint: `Go on with "kas instance resume ${session.title}"`,
    });
  }
  requireLive(session, "pause");
  refuseAdopted(session, "pause");
  await home.store.commit([
    {
      kind: "session",
      id: session.id,
      expect: ["starting", "running"],
      patch: { status: "paused", activity: "unknown", evidence: "paused" },
    },
    sessionNote(session, "agent_paused", actor, `${session.title} paused`),
  ]);
}

/** Lets the work of a paused agent go on with a new agent in the same worktree. */
export async function resumeInstance(home: Home, session: Session, actor: string): Promise<void> {
  refuseAdopted(session, "resume");
  if (session.status !== "paused") {
    throw new KasError(
      "guard",
      `can only resume paused instances (current status: ${session.status})`,
      { hint: `See them with "kas instance list --status paused"` },
    );
  }
  if (session.taskId === null) return void await repeatLoose(home, session, "resumed", actor);
  await home.store.commit([
    {
      kind: "session",
      id: session.id,
      expect: ["paused"],
      patch: { status: "exited", exitReason: "resumed", endedAt: Date.now() },
    },
    sessionNote(session, "agent_resumed", actor, `${session.title} resumed`),
  ]);
}

/** Ends an agent and starts its work again with a new one. */
export async function restartInstance(home: Home, session: Session, actor: string): Promise<void> {
  requireLive(session, "restart");
  refuseAdopted(session, "restart");
  if (session.taskId === null) return void await repeatLoose(home, session, "restarted", actor);
  await home.store.commit([
    {
      kind: "session",
      id: session.id,
      expect: ["starting", "running", "paused"],
      patch: { status: "exited", exitReason: "restarted", endedAt: Date.now() },
    },
    sessionNote(session, "agent_restarted", actor, `${session.title} restarted`),
  ]);
}

/** Ends an agent for good; what becomes of its work for a task is asked as a decision. */
export async function killInstance(
  home: Home,
  workspace: Workspace,
  session: Session,
  actor: string,
): Promise<void> {
  requireLive(session, "kill");
  if (session.taskId === null) return await endLoose(home, session, actor);
  await applyInput(home, workspace, session.taskId, () => ({
    type: "session_ended",
    session,
    how: "killed",
    exitCode: null,
    detail: `by ${actor}`,
  }));
}

async function endLoose(home: Home, session: Session, actor: string): Promise<void> {
  await home.store.commit([
    {
      kind: "session",
      id: session.id,
      expect: ["starting", "running", "paused"],
      patch: { status: "exited", exitReason: "killed", endedAt: Date.now() },
    },
    { kind: "token_revoke", sessionId: session.id, actor },
    sessionNote(session, "agent_ended", actor, `${session.title} was killed`, { how: "killed" }),
  ]);
}

/** How an adopted session was started is not known, so it can only be ended. */
function refuseAdopted(session: Session, verb: string): void {
  if (session.taskId !== null || isLoose(session)) return;
  throw new KasError("guard", `Cannot ${verb} ${session.title}: it was adopted`, {
    hint: `End it with "kas instance kill ${session.title}"`,
  });
}

function requireLive(session: Session, verb: string): void {
  if (session.status !== "exited") return;
  throw new KasError("guard", `Cannot ${verb} ${session.title}: it has ended`, {
    hint: `See what runs with "kas instance list"`,
  });
}
