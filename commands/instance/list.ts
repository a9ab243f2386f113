import { sessionJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { table, type TableOptions } from "../../lib/cli/table.ts";
import { formatDuration } from "../../lib/cli/time.ts";
import { KasError } from "../../lib/errors.ts";
import { type Session, SESSION_STATUSES, type SessionStatus } from "../../lib/store/types.ts";
import { activityText, commaList, openLedger, parseChoices, repoOption } from "../_shared.ts";
import { LIVE_STATUSES } from "../_tmux.ts";

/** Words of older scripts: an instance that loads is starting, one that is ready runs and idles. */
const OLD_WORDS: Readonly<Record<string, SessionStatus>> = { loading: "starting" };

const list: Command = defineCommand({
  description: "List the instances of the project: those that live, unless told otherwise",
  args: {
    status: {
      type: "string",
      multiple: true,
      metavar: "list",
      description: `Only these: ${SESSION_STATUSES.join(", ")}; ready = running and idle`,
    },
    all: { type: "boolean", description: "Those that have ended too" },
    format: {
      type: "string",
      choices: ["text", "json"],
      description: "json is the same as --json",
    },
    ...repoOption,
  },
  async run(ctx) {
    const { status, all, format, repo } = ctx.values;
    const words = commaList(status);
    if (words.length > 0 && all === true) {
      throw new KasError("usage", "Cannot use --status and --all together", {
        hint: "Leave one of them out",
      });
    }
    if (ctx.json && format === "text") {
      throw new KasError("usage", "Cannot use --json together with --format text", {
        hint: "Leave one of them out",
      });
    }
    const named = parseChoices(
      "status",
      words.filter((word) => word !== "ready").map((word) => OLD_WORDS[word] ?? word),
      SESSION_STATUSES,
    );
    const statuses: readonly SessionStatus[] = all === true
      ? SESSION_STATUSES
      : words.length === 0
      ? LIVE_STATUSES
      : named;
    const ready = words.includes("ready");
    await using ledger = await openLedger(repo);
    const rows = await ledger.store.sessions({
      projectId: ledger.project.id,
      statuses: ready ? [...new Set([...statuses, "running" as const])] : statuses,
    });
    const shown = rows.filter((row) =>
      statuses.includes(row.status) || (ready && row.activity === "idle")
    );
    const asJson = ctx.json || format === "json";
    if (asJson) ctx.print(shown.map(sessionJson), (data) => JSON.stringify(data, null, 2));
    else ctx.print(shown, sessionTable);
  },
});

/** Instances as people read them; a line instead of an empty table. */
export function sessionTable(rows: readonly Session[], options: TableOptions = {}): string {
  if (rows.length === 0) return "no instances found";
  const now = Date.now();
  return table(rows, [
    { header: "TITLE", value: (row) => row.title },
    { header: "STATUS", value: statusText },
    { header: "ROLE", value: (row) => row.role },
    { header: "HARNESS", value: (row) => row.harness },
    { header: "ACTIVITY", value: (row) => row.status === "running" ? activityText(row) : "-" },
    { header: "BRANCH", value: (row) => row.branch ?? "-" },
    { header: "AGE", value: (row) => formatDuration((row.endedAt ?? now) - row.createdAt) },
  ], options);
}

function statusText(row: Session): string {
  return row.exitReason === null ? row.status : `${row.status} (${row.exitReason})`;
}

/** `kas instance status` */
export const status: Command = defineCommand({
  description: "Count the instances of the project by status",
  args: { ...repoOption },
  async run(ctx) {
    await using ledger = await openLedger(ctx.values.repo);
    const rows = await ledger.store.sessions({ projectId: ledger.project.id });
    const counts = SESSION_STATUSES.map((state) => ({
      state,
      count: rows.filter((row) => row.status === state).length,
    }));
    ctx.print(counts, () =>
      table(counts, [
        { header: "STATE", value: (row) => row.state },
        { header: "COUNT", value: (row) => String(row.count), align: "right" },
      ]));
  },
});

export default list;
