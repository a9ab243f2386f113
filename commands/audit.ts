import { eventJson } from "../lib/api/json.ts";
import { type Command, defineCommand, defineGroup, type Group } from "../lib/cli/define.ts";
import { table } from "../lib/cli/table.ts";
import type { EventFilter, EventRow } from "../lib/store/types.ts";
import { checkLimit, commaList, localTime, openLedger, parseTime, repoOption } from "./_shared.ts";

const list: Command = defineCommand({
  description: "List what happened in the project, newest first",
  args: {
    limit: { type: "number", metavar: "n", default: 50, description: "At most this many" },
    event: { type: "string", multiple: true, metavar: "list", description: "Only these kinds" },
    task: { type: "string", metavar: "name", description: "Only of this task" },
    instance: { type: "string", metavar: "title", description: "Only of this instance" },
    after: { type: "string", metavar: "time", description: "At or after, as 2026-01-31T12:00:00Z" },
    before: { type: "string", metavar: "time", description: "Before" },
    text: { type: "string", metavar: "words", description: "Only with all these words" },
    ...repoOption,
  },
  examples: [
    ["kas audit list --event task_status_changed --task add-login", "The life of a task"],
    ["kas audit list --text 'merge conflict' --limit 5", "Search"],
  ],
  async run(ctx) {
    const { event, task, instance, after, before, text, repo } = ctx.values;
    const kinds = commaList(event);
    const filter: EventFilter = {
      limit: checkLimit(ctx.values.limit),
      order: "desc",
      ...(kinds.length === 0 ? {} : { kinds }),
      ...(task === undefined ? {} : { task }),
      ...(instance === undefined ? {} : { instance }),
      ...(after === undefined ? {} : { since: parseTime("--after", after) }),
      ...(before === undefined ? {} : { until: parseTime("--before", before) }),
      ...(text === undefined ? {} : { text }),
    };
    await using ledger = await openLedger(repo);
    const rows = await ledger.store.events({ ...filter, projectId: ledger.project.id });
    if (ctx.json) ctx.print(rows.map(eventJson), () => "");
    else ctx.print(rows, eventTable);
  },
});

function eventTable(rows: readonly EventRow[]): string {
  if (rows.length === 0) return "no audit entries found";
  return table(rows, [
    { header: "TIME", value: (row) => localTime(row.at) },
    { header: "EVENT", value: (row) => row.kind },
    { header: "DETAILS", value: details },
  ]);
}

function details(row: EventRow): string {
  const detail = Object.keys(row.detail).length === 0 ? "" : JSON.stringify(row.detail);
  return [row.message, detail].filter((part) => part !== "").join(" | ");
}

const group: Group = defineGroup({
  description: "Look at the log of everything that happened",
  commands: { list },
});

export default group;
