import { eventJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { printLine, terminalWidth } from "../../lib/cli/output.ts";
import type { Style } from "../../lib/cli/style.ts";
import { displayWidth, tame, wrap } from "../../lib/cli/text.ts";
import type { Paths } from "../../lib/config/paths.ts";
import { subscribe } from "../../lib/daemon/client.ts";
import { homePaths } from "../../lib/engine/workspace.ts";
import { KasError } from "../../lib/errors.ts";
import { discoverRepo } from "../../lib/git/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import type { EventFilter, EventRow, Project, Store } from "../../lib/store/types.ts";
import { commaList, localTime, parseTime } from "../_shared.ts";

/** How often the store is looked at while no daemon runs, and the daemon is asked for, in ms. */
const POLL_MS = 250;
const KNOCK_MS = 5_000;
const BATCH = 500;

const command: Command = defineCommand({
  description: "Print events as they happen, until interrupted",
  details: "Of all projects, unless --repo names one. Works without a daemon too.",
  args: {
    repo: { type: "string", metavar: "path", description: "Only of this repository" },
    plan: { type: "string", metavar: "task", description: "Only of this task" },
    kind: { type: "string", multiple: true, metavar: "list", description: "Only these kinds" },
    since: { type: "string", metavar: "time", description: "Begin here, as 2026-01-31T12:00:00Z" },
  },
  examples: [
    ["kas monitor", "All projects"],
    ["kas monitor --repo . --kind task_status_changed --json", "One JSON object a line"],
  ],
  async run(ctx) {
    const { repo, plan, kind, since } = ctx.values;
    const from = since === undefined ? null : parseTime("--since", since);
    const info = repo === undefined ? null : await discoverRepo(repo);
    const paths = await homePaths();
    await using store = await openStore(paths.database);
    const project = info === null ? null : await store.ensureProject(info);
    const kinds = commaList(kind);
    const filter = {
      ...(plan === undefined ? {} : { task: plan }),
      ...(kinds.length === 0 ? {} : { kinds }),
    };
    const show = (row: EventRow) => printLine(ctx.json ? jsonLine(row) : textLine(row, ctx.style));
    const source = { store, paths, project, filter };
    const cursor = await replay(source, from, show);
    await follow(source, cursor, show, ctx.signal);
  },
});

interface Source {
  readonly store: Store;
  readonly paths: Paths;
  readonly project: Project | null;
  readonly filter: Pick<EventFilter, "task" | "kinds">;
}

type Show = (row: EventRow) => void;

/** Shows what has happened since then. @returns the id of the last event there was */
async function replay(source: Source, since: number | null, show: Show): Promise<number> {
  const last = await source.store.lastEventId();
  if (since === null) return last;
  return Math.max(last, await showAfter(source, 0, show, { since }));
}

async function showAfter(
  { store, project, filter }: Source,
  cursor: number,
  show: Show,
  more: Pick<EventFilter, "since"> = {},
): Promise<number> {
  for (let after = cursor;;) {
    const rows = await store.events({
      ...filter,
      ...more,
      ...(project === null ? {} : { projectId: project.id }),
      afterId: after,
      limit: BATCH,
    });
    for (const row of rows) {
      show(row);
      after = row.id;
    }
    if (rows.length < BATCH) return after;
  }
}

/** The daemon's stream while there is one, the store itself while there is not; without a gap. */
async function follow(
  source: Source,
  from: number,
  show: Show,
  signal: AbortSignal,
): Promise<void> {
  let cursor = from;
  while (!signal.aborted) {
    try {
      const { project, filter, paths } = source;
      const wanted = {
        ...filter,
        ...(project === null ? {} : { project: project.key }),
        afterId: cursor,
      };
      for await (const row of subscribe(paths, wanted, signal)) {
        show(row);
        cursor = row.id;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof KasError) || error.code !== "daemon_unreachable") throw error;
    }
    cursor = await poll(source, cursor, show, signal);
  }
}

async function poll(
  source: Source,
  from: number,
  show: Show,
  signal: AbortSignal,
): Promise<number> {
  let cursor = from;
  let token = -1;
  for (let waited = 0; waited < KNOCK_MS && !signal.aborted; waited += POLL_MS) {
    const now = await source.store.changeToken();
    if (now !== token) cursor = await showAfter(source, cursor, show);
    token = now;
    await pause(POLL_MS, signal);
  }
  return cursor;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}

function jsonLine(row: EventRow): string {
  return JSON.stringify(eventJson(row));
}

/** One line, or more on a narrow terminal, where the rest is indented below the message. */
function textLine(row: EventRow, style: Style): string {
  const width = terminalWidth();
  const time = localTime(row.at);
  // somebody who looks on knows the day
  const at = width !== null && time.slice(0, 10) === localTime(Date.now()).slice(0, 10)
    ? time.slice(11)
    : time;
  const where = [row.project, row.task].filter((part) => part !== null).join("/");
  const head = `${style.dim(at)}  ${style.cyan(row.kind)}  ${tame(where)}`;
  const message = tame(row.message);
  if (width === null || displayWidth(head) + 2 + displayWidth(message) <= width) {
    return `${head}  ${message}`;
  }
  return [head, ...wrap(message, width - 4).map((line) => `    ${line}`)].join("\n");
}

export default command;
