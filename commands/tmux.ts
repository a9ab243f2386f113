import { sessionJson, toJson } from "../lib/api/json.ts";
import { type Command, defineCommand, defineGroup, type Group } from "../lib/cli/define.ts";
import { table } from "../lib/cli/table.ts";
import { formatDuration } from "../lib/cli/time.ts";
import { KasError, messageOf } from "../lib/errors.ts";
import { parseName } from "../lib/names.ts";
import { Connection } from "../lib/session/tmux/connection.ts";
import type { Change, Session } from "../lib/store/types.ts";
import { type Desk, openDesk, openLedger, poke, repoOption } from "./_shared.ts";
import { LIVE_STATUSES, openTmux, type Orphan, orphans } from "./_tmux.ts";

const sessionArgument = {
  session: { type: "positional", description: "Name of the session, as listed" },
} as const;

const list: Command = defineCommand({
  description: "List sessions on kas's tmux server that no instance owns",
  args: { ...repoOption },
  async run(ctx) {
    await using ledger = await openLedger(ctx.values.repo);
    await using tmux = openTmux(ledger.paths);
    const found = await orphans(ledger.store, tmux);
    const windows = found.length === 0 ? new Map() : await windowCounts(ledger.paths.tmuxSocket);
    const rows = found.map((row) => ({ ...row, windows: windows.get(row.name) ?? 1 }));
    if (ctx.json) ctx.print(rows.map(toJson), () => "");
    else ctx.print(rows, orphanTable);
  },
});

function orphanTable(rows: readonly (Orphan & { windows: number })[]): string {
  if (rows.length === 0) return "no orphan tmux sessions found";
  const now = Date.now();
  return table(rows, [
    { header: "NAME", value: (row) => row.name },
    { header: "TITLE", value: (row) => row.title === "" ? "-" : row.title },
    { header: "WINDOWS", value: (row) => String(row.windows), align: "right" },
    { header: "ATTACHED", value: (row) => row.attached ? "yes" : "no" },
    { header: "AGE", value: (row) => formatDuration(now - row.createdAt) },
  ]);
}

/** Windows of each session: one, unless a person made more. */
async function windowCounts(socket: string): Promise<Map<string, number>> {
  const connection = new Connection({ socket });
  try {
    const reply = await connection.ask([
      "list-sessions",
      "-F",
      "#{session_windows} #{session_name}",
    ]);
    const lines = reply?.ok ? reply.text.split("\n") : [];
    return new Map(lines.map((line) => {
      const cut = line.indexOf(" ");
      return [line.slice(cut + 1), Number(line.slice(0, cut))];
    }));
  } finally {
    await connection.close();
  }
}

const adopt: Command = defineCommand({
  description: "Make an instance of a session that no instance owns",
  details:
    "It is listed, captured, attached to and ended like any other; no task is moved by it. " +
    "The session gets the name that belongs to its new row.",
  args: {
    ...sessionArgument,
    title: { type: "positional", description: "Title of the instance" },
    ...repoOption,
  },
  async run(ctx) {
    const title = parseName("session", ctx.values.title.trim());
    await using desk = await openDesk(ctx.values.repo, { person: "adopt a session" });
    const { store, paths } = desk.home;
    const projectId = desk.workspace.project.id;
    const live = await store.sessions({ projectId, statuses: LIVE_STATUSES });
    if (live.some((row) => row.title === title)) {
      throw new KasError("exists", `instance title already exists: ${title}`, {
        hint: "Choose another title",
      });
    }
    await using tmux = openTmux(paths);
    const orphan = await orphanOf(await orphans(store, tmux), ctx.values.session);
    const session = await adopted(desk, orphan, title);
    await poke(desk, { start: false });
    ctx.print(sessionJson(session), () => `adopted: ${orphan.name} as ${session.title}`);
  },
});

function orphanOf(found: readonly Orphan[], name: string): Orphan {
  const orphan = found.find((row) => row.name === name);
  if (orphan !== undefined) return orphan;
  throw new KasError("not_found", `orphan tmux session not found: ${name}`, {
    hint: `See them with "kas tmux list"`,
    context: { session: name },
  });
}

/** Row first, then the name that the row's id gives, then `running`: a cut leaves a row to end. */
async function adopted(desk: Desk, orphan: Orphan, title: string): Promise<Session> {
  const { store, paths } = desk.home;
  const { project } = desk.workspace;
  const made = await store.commit([{
    kind: "session_new",
    session: {
      key: `adopted:${crypto.randomUUID()}`,
      projectId: project.id,
      taskId: null,
      title,
      role: "chat",
      agent: "",
      wave: null,
      subtask: null,
      round: 1,
      attempt: 1,
      peers: 1,
      harness: "none",
      program: orphan.command,
      model: null,
      branch: null,
      cwd: project.root,
    },
  }]);
  const [row] = made.sessions;
  if (row === undefined) throw new KasError("internal", "The store made no session row");
  try {
    if (orphan.name !== row.tmuxName) {
      await renameSession(paths.tmuxSocket, orphan.name, row.tmuxName);
    }
  } catch (error) {
    await store.commit([{
      kind: "session",
      id: row.id,
      patch: {
        status: "exited",
        exitReason: "failed_start",
        endedAt: Date.now(),
        evidence: messageOf(error),
      },
    }]);
    throw error;
  }
  await store.commit(runs(desk, row, orphan));
  return await store.session(row.id) ?? row;
}

async function renameSession(socket: string, from: string, to: string): Promise<void> {
  const connection = new Connection({ socket });
  try {
    const reply = await connection.tell(["rename-session", "-t", `=${from}`, "--", to]);
    if (reply?.ok) return;
    throw new KasError("tmux_failed", `Cannot rename the tmux session "${from}" to "${to}"`, {
      hint: reply?.text ?? "The tmux server has gone",
    });
  } finally {
    await connection.close();
  }
}

function runs(desk: Desk, row: Session, orphan: Orphan): Change[] {
  const now = Date.now();
  return [
    {
      kind: "session",
      id: row.id,
      expect: ["starting"],
      patch: {
        status: "running",
        pid: orphan.pid,
        startedAt: orphan.createdAt,
        lastActivityAt: now,
      },
    },
    {
      kind: "event",
      event: {
        projectId: row.projectId,
        sessionId: row.id,
        kind: "agent_adopted",
        actor: desk.actor,
        message: `${row.title}: tmux session ${orphan.name} adopted`,
        detail: { from: orphan.name, to: row.tmuxName, pid: orphan.pid },
      },
    },
  ];
}

const kill: Command = defineCommand({
  description: "End a session that no instance owns, with all its processes",
  args: { ...sessionArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "end a session" });
    const { store, paths } = desk.home;
    await using tmux = openTmux(paths);
    const orphan = orphanOf(await orphans(store, tmux), ctx.values.session);
    try {
      await tmux.kill(orphan.name);
    } catch (cause) {
      if (!(cause instanceof KasError)) throw cause;
      throw new KasError(cause.code, `kill tmux session ${orphan.name}: ${cause.message}`, {
        cause,
        ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      });
    }
    await store.commit([{
      kind: "event",
      event: {
        projectId: desk.workspace.project.id,
        kind: "orphan_killed",
        actor: desk.actor,
        message: `tmux session ${orphan.name} ended`,
        detail: { name: orphan.name, title: orphan.title, pid: orphan.pid },
      },
    }]);
    ctx.print({ killed: orphan.name }, () => `killed: ${orphan.name}`);
  },
});

const group: Group = defineGroup({
  description: "Find, adopt and end sessions of kas's tmux server that no instance owns",
  commands: { list, adopt, kill },
});

export default group;
