import { signalJson } from "../lib/api/json.ts";
import { type Command, defineCommand, defineGroup, type Group } from "../lib/cli/define.ts";
import { warn } from "../lib/cli/progress.ts";
import { table } from "../lib/cli/table.ts";
import { formatRelative } from "../lib/cli/time.ts";
import { projectPaths } from "../lib/config/paths.ts";
import { KasError } from "../lib/errors.ts";
import type { Caller } from "../lib/engine/caller.ts";
import {
  parseSignalType,
  type Signal,
  SIGNAL_STATUSES,
  SIGNAL_TYPES,
} from "../lib/signal/types.ts";
import type { Project, Store } from "../lib/store/types.ts";
import {
  callerOn,
  checkLimit,
  type Ledger,
  openDesk,
  openLedger,
  parseChoices,
  parseId,
  pokeOrWarn,
  readText,
  repoOption,
  taskArgument,
} from "./_shared.ts";

const idArgument = { id: { type: "positional", description: "Number of the signal" } } as const;

const emit: Command = defineCommand({
  description: "Put a signal into the gateway",
  details: `Types: ${SIGNAL_TYPES.join(", ")}. What can be seen to fail is refused at once.`,
  args: {
    type: { type: "positional", description: "What is reported" },
    ...taskArgument,
    payload: { type: "string", metavar: "json", description: "JSON or plain text; - reads stdin" },
    dedupeKey: {
      type: "string",
      metavar: "key",
      description: "A second signal with this key is the same signal",
    },
    ...repoOption,
  },
  examples: [
    ["kas signal emit planner_finished add-login", "The plan is stored"],
    ["kas signal emit review_changes add-login --payload 'Add tests'", "Ask for changes"],
  ],
  async run(ctx) {
    const { type, task, payload, dedupeKey, repo } = ctx.values;
    const text = payload === "-" ? await readText("-", "the payload") : payload;
    await using ledger = await openLedger(repo);
    const { project } = ledger;
    const { emitSignal } = await import("../lib/engine/operations.ts");
    const place = { project, dirs: projectPaths(project.root) };
    const caller = await callerOn(ledger.store);
    if (caller.agent !== null) await requireOwnReport(ledger, caller, type, task, text);
    const { signal, duplicate } = await emitSignal(ledger, place, {
      type,
      task,
      source: caller.actor,
      ...(text === undefined ? {} : { payload: text }),
      ...(dedupeKey === undefined ? {} : { dedupeKey }),
    });
    ctx.print(
      { ...signalJson(signal), duplicate },
      (row) =>
        duplicate
          ? `duplicate: signal ${row.id} is ${row.status}`
          : `queued: signal ${row.id} ${row.type} of ${row.task}`,
    );
    await tellDaemon();
  },
});

/** An agent learns at once that a report is not its to make. @throws KasError "guard", "invalid" */
async function requireOwnReport(
  ledger: Ledger,
  caller: Caller,
  type: string,
  name: string,
  payload: string | undefined,
): Promise<void> {
  const { requireReport } = await import("../lib/engine/reports.ts");
  const { getTask } = await import("../lib/engine/operations.ts");
  const task = await getTask({ store: ledger.store, paths: ledger.paths }, ledger, name);
  await requireReport(ledger.store, caller, { type: parseSignalType(type), task, payload });
}

/** Settings that cannot be read must not keep a report back: the daemon finds it by itself. */
async function tellDaemon(): Promise<void> {
  const { homePaths } = await import("../lib/engine/workspace.ts");
  const { wakeDaemon } = await import("../lib/daemon/client.ts");
  try {
    if (await wakeDaemon(await homePaths(), { start: false })) return;
    warn(`no daemon runs: the signal waits until "kas daemon start"`);
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "invalid") throw error;
    warn(`the daemon could not be told: ${error.message}`);
  }
}

const list: Command = defineCommand({
  description: "List the signals of the project, newest first",
  args: {
    status: {
      type: "string",
      multiple: true,
      metavar: "list",
      description: `Only these: ${SIGNAL_STATUSES.join(", ")}`,
    },
    task: { type: "string", metavar: "name", description: "Only those of a task" },
    limit: { type: "number", metavar: "n", default: 50, description: "At most this many" },
    ...repoOption,
  },
  examples: [["kas signal list --status failed", "The dead letters"]],
  async run(ctx) {
    const { status, task, repo } = ctx.values;
    const limit = checkLimit(ctx.values.limit);
    const statuses = parseChoices("status", status, SIGNAL_STATUSES);
    await using ledger = await openLedger(repo);
    const signals = await ledger.store.signals({
      projectId: ledger.project.id,
      limit,
      ...(statuses.length === 0 ? {} : { statuses }),
      ...(task === undefined ? {} : { task }),
    });
    if (ctx.json) ctx.print(signals.map(signalJson), () => "");
    else ctx.print(signals, signalTable);
  },
});

function signalTable(signals: readonly Signal[]): string {
  if (signals.length === 0) return "no signals found";
  const now = Date.now();
  return table(signals, [
    { header: "ID", value: (row) => String(row.id), align: "right" },
    { header: "STATUS", value: (row) => row.status },
    { header: "TYPE", value: (row) => row.type },
    { header: "TASK", value: (row) => row.taskName },
    { header: "SOURCE", value: (row) => row.source },
    { header: "ATTEMPTS", value: (row) => String(row.attempts), align: "right" },
    { header: "AGE", value: (row) => formatRelative(row.createdAt, now) },
    { header: "RESULT", value: (row) => row.result },
  ]);
}

const show: Command = defineCommand({
  description: "Print everything about one signal as JSON",
  args: { ...idArgument, ...repoOption },
  async run(ctx) {
    const id = parseId("signal", ctx.values.id);
    await using ledger = await openLedger(ctx.values.repo);
    const signal = await signalOf(ledger.store, ledger.project, id);
    ctx.print(signalJson(signal), (row) => JSON.stringify(row, null, 2));
  },
});

const retry: Command = defineCommand({
  description: "Have a failed signal handled again",
  args: { ...idArgument, ...repoOption },
  async run(ctx) {
    const id = parseId("signal", ctx.values.id);
    await using desk = await openDesk(ctx.values.repo, { person: "retry a signal" });
    const { store } = desk.home;
    await signalOf(store, desk.workspace.project, id);
    const signal = await store.retrySignal(id);
    ctx.print(signalJson(signal), (row) => `queued: signal ${row.id} ${row.type} of ${row.task}`);
    await pokeOrWarn(desk, "the signal waits");
  },
});

async function signalOf(store: Store, project: Project, id: number): Promise<Signal> {
  const signal = await store.signal(id);
  if (signal !== null && signal.projectId === project.id) return signal;
  throw new KasError("not_found", `Cannot find signal ${id} in ${project.key}`, {
    hint: `See them with "kas signal list"`,
    context: { signal: id, project: project.key },
  });
}

const group: Group = defineGroup({
  description: "Emit and look at signals: the reports that move tasks on",
  commands: { emit, list, show, retry },
});

export default group;
