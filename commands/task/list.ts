import { taskJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { table } from "../../lib/cli/table.ts";
import { formatRelative } from "../../lib/cli/time.ts";
import { statePhrase, STATUSES, type Task } from "../../lib/task/types.ts";
import { checkLimit, openLedger, parseChoices, repoOption } from "../_shared.ts";

const command: Command = defineCommand({
  description: "List the tasks of the project",
  details: "Cancelled tasks are left out unless --status names them.",
  args: {
    status: {
      type: "string",
      multiple: true,
      metavar: "list",
      description: `Only these: ${STATUSES.join(", ")}`,
    },
    topic: { type: "string", metavar: "name", description: "Only tasks of this topic" },
    limit: { type: "number", metavar: "n", description: "At most this many" },
    ...repoOption,
  },
  examples: [["kas task list --status ready,planning", "Tasks of two statuses"]],
  async run(ctx) {
    const { status, topic, limit, repo } = ctx.values;
    const asked = parseChoices("status", status, STATUSES);
    const statuses = asked.length > 0 ? asked : STATUSES.filter((one) => one !== "cancelled");
    const most = limit === undefined ? {} : { limit: checkLimit(limit) };
    await using ledger = await openLedger(repo);
    const tasks = await ledger.store.tasks({
      projectId: ledger.project.id,
      statuses,
      ...(topic === undefined ? {} : { topic }),
      ...most,
    });
    if (ctx.json) ctx.print(tasks.map(taskJson), () => "");
    else ctx.print(tasks, taskTable);
  },
});

/** Tasks as people read them; a line instead of an empty table. */
export function taskTable(tasks: readonly Task[]): string {
  if (tasks.length === 0) return "no tasks found";
  const now = Date.now();
  return table(tasks, [
    { header: "NAME", value: (task) => task.name },
    { header: "STATUS", value: statePhrase },
    { header: "BRANCH", value: (task) => task.branch },
    { header: "TOPIC", value: (task) => task.topic ?? "-" },
    { header: "UPDATED", value: (task) => formatRelative(task.updatedAt, now) },
  ]);
}

export default command;
