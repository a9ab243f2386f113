import { taskJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { note } from "../../lib/cli/output.ts";
import { table, type TableOptions } from "../../lib/cli/table.ts";
import { formatRelative } from "../../lib/cli/time.ts";
import { statePhrase, STATUSES, type Task } from "../../lib/task/types.ts";
import { checkLimit, openLedger, parseChoices, repoOption } from "../_shared.ts";

/** Tasks shown without --limit: what a person looks through, and quick with any number of tasks. */
const PAGE = 100;

const command: Command = defineCommand({
  description: "List the tasks of the project",
  details: "Cancelled tasks are left out unless --status names them. " +
    `The first ${PAGE} by name are shown; --limit and --all change that.`,
  args: {
    status: {
      type: "string",
      multiple: true,
      metavar: "list",
      description: `Only these: ${STATUSES.join(", ")}`,
    },
    topic: { type: "string", metavar: "name", description: "Only tasks of this topic" },
    limit: { type: "number", metavar: "n", description: `At most this many (${PAGE})` },
    all: { type: "boolean", description: "Every task, however many there are" },
    ...repoOption,
  },
  examples: [["kas task list --status ready,planning", "Tasks of two statuses"]],
  async run(ctx) {
    const { status, topic, repo } = ctx.values;
    const limit = ctx.values.all === true ? null : checkLimit(ctx.values.limit ?? PAGE);
    const asked = parseChoices("status", status, STATUSES);
    const statuses = asked.length > 0 ? asked : STATUSES.filter((one) => one !== "cancelled");
    await using ledger = await openLedger(repo);
    const found = await ledger.store.tasks({
      projectId: ledger.project.id,
      statuses,
      ...(topic === undefined ? {} : { topic }),
      // One more than is shown tells whether there are more.
      ...(limit === null ? {} : { limit: limit + 1 }),
    });
    const tasks = limit === null ? found : found.slice(0, limit);
    if (ctx.json) ctx.print(tasks.map(taskJson), () => "");
    else ctx.print(tasks, taskTable);
    if (found.length > tasks.length) note("There are more tasks; --all shows them");
  },
});

/** Tasks as people read them; a line instead of an empty table. */
export function taskTable(tasks: readonly Task[], options: TableOptions = {}): string {
  if (tasks.length === 0) return "no tasks found";
  const now = Date.now();
  return table(tasks, [
    { header: "NAME", value: (task) => task.name },
    { header: "STATUS", value: statePhrase },
    { header: "BRANCH", value: (task) => task.branch },
    { header: "TOPIC", value: (task) => task.topic ?? "-" },
    { header: "UPDATED", value: (task) => formatRelative(task.updatedAt, now) },
  ], options);
}

export default command;
