import { toJson } from "../../lib/api/json.ts";
import { type Command, defineCommand, defineGroup, type Group } from "../../lib/cli/define.ts";
import { table } from "../../lib/cli/table.ts";
import { parseTaskName } from "../../lib/names.ts";
import { localTime, openDesk, poke, repoOption } from "../_shared.ts";

const PREFIX = "refs/kasmos/rescue/";

const list: Command = defineCommand({
  description: "List work that kas saved before it removed something",
  args: {
    task: {
      type: "positional",
      required: false,
      description: "Only of this task, also a deleted one",
    },
    ...repoOption,
  },
  async run(ctx) {
    const { task, repo } = ctx.values;
    await using desk = await openDesk(repo);
    const entries = await desk.workspace.repo.listRescue(
      task === undefined ? undefined : parseTaskName(task),
    );
    if (ctx.json) {
      ctx.print(entries.map(toJson), () => "");
      return;
    }
    ctx.print(entries, (rows) =>
      rows.length === 0 ? "no rescued work found" : table(rows, [
        { header: "REF", value: (row) => row.ref },
        { header: "TASK", value: (row) => row.task },
        { header: "TIME", value: (row) => localTime(row.at) },
        { header: "COMMIT", value: (row) => row.commit.slice(0, 12) },
        { header: "REASON", value: (row) => row.reason },
      ]));
  },
});

const restore: Command = defineCommand({
  description: "Make a branch of rescued work",
  args: {
    ref: { type: "positional", description: "As listed, or its end: <task>/<number>" },
    branch: { type: "string", metavar: "name", required: true, description: "The new branch" },
    ...repoOption,
  },
  examples: [[
    "kas task rescue restore add-login/1767225600000 --branch found",
    "A branch to look at",
  ]],
  async run(ctx) {
    const { ref, branch, repo } = ctx.values;
    await using desk = await openDesk(repo, { person: "restore work" });
    const { home, workspace, actor } = desk;
    const full = ref.startsWith("refs/") ? ref : `${PREFIX}${ref}`;
    const restored = await workspace.repo.restoreRescue(full, { branch });
    await home.store.commit([{
      kind: "event",
      event: {
        projectId: workspace.project.id,
        kind: "work_restored",
        actor,
        message: `${full} restored as branch ${branch}`,
        detail: { ref: full, ...restored },
      },
    }]);
    await poke(desk, { start: false });
    ctx.print(
      { ref: full, ...restored },
      () => `restored: ${branch} at ${restored.commit.slice(0, 12)}`,
    );
  },
});

const group: Group = defineGroup({
  description: "List and restore work that kas saved before it removed something",
  commands: { list, restore },
});

export default group;
