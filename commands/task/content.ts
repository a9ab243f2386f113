import { taskJson } from "../../lib/api/json.ts";
import {
  type Args,
  type Command,
  type CommandContext,
  defineCommand,
  note,
  readStdin,
  terminalWidth,
} from "../../lib/cli/mod.ts";
import {
  type CreateTask,
  createTask,
  getTask,
  updateContent as store,
} from "../../lib/engine/operations.ts";
import { KasError } from "../../lib/errors.ts";
import { parseTaskName, quote } from "../../lib/names.ts";
import { type Finding, parsePlan } from "../../lib/task/plan.ts";
import type { Task } from "../../lib/task/types.ts";
import {
  openDesk,
  poke,
  readText,
  repoOption,
  requirePerson,
  taskArgument,
  warnFindings,
} from "../_shared.ts";

const placing = {
  description: {
    type: "string",
    short: "d",
    metavar: "text",
    description: "One line; default the plan's title",
  },
  branch: { type: "string", metavar: "name", description: "Branch; default plan/<task>" },
  base: {
    type: "string",
    metavar: "branch",
    description: "Branch it will be merged into; default the one checked out",
  },
  topic: { type: "string", metavar: "name", description: "Group of tasks done one at a time" },
  ...repoOption,
} as const;

interface Placing {
  readonly description?: string | undefined;
  readonly branch?: string | undefined;
  readonly base?: string | undefined;
  readonly topic?: string | undefined;
  readonly repo?: string | undefined;
}

/** Makes the task and says what is wrong with its plan; nothing starts. */
async function make(name: string, content: string, values: Placing): Promise<Task> {
  await using desk = await openDesk(values.repo);
  if (desk.caller.taskId !== null) requirePerson("make a task");
  const input: CreateTask = {
    name,
    content,
    ...(values.description === undefined ? {} : { description: values.description }),
    ...(values.branch === undefined ? {} : { branch: values.branch }),
    ...(values.base === undefined ? {} : { base: values.base }),
    ...(values.topic === undefined ? {} : { topic: values.topic }),
  };
  const task = await createTask(desk.home, desk.workspace, input, desk.actor);
  await poke(desk, { start: false });
  return task;
}

/** Prints what was made; on a terminal the next step too, which is no part of the result. */
function printCreated(ctx: Pick<CommandContext<Args>, "print" | "json">, task: Task): void {
  ctx.print(taskJson(task), () => `created: ${task.name} on ${task.branch}`);
  if (!ctx.json && terminalWidth() !== null) note(`next: kas task start ${task.name}`);
}

/** `kas task create` */
export const create: Command = defineCommand({
  description: "Make a task; nothing starts yet",
  args: {
    name: { type: "positional", description: "Letters, digits, dots and dashes" },
    content: {
      type: "string",
      metavar: "text",
      description: "The plan, or what it is to be about",
    },
    contentFile: {
      type: "string",
      metavar: "file",
      description: "The same from a file, - for stdin",
    },
    ...placing,
  },
  examples: [
    ["kas task create add-login --description 'A login page'", "A task to be planned"],
    ["kas task create add-login --content-file plan.md", "A task with its plan"],
  ],
  async run(ctx) {
    const { name, content, contentFile } = ctx.values;
    if (content !== undefined && contentFile !== undefined) {
      throw new KasError("usage", "Cannot use --content and --content-file together", {
        hint: "Leave one of them out",
      });
    }
    const text = contentFile === undefined
      ? content ?? ""
      : await readText(contentFile, "the plan");
    const task = await make(name, text, ctx.values);
    await warnFindings(task.name, text === "" ? [] : findingsOf(text));
    printCreated(ctx, task);
  },
});

/** `kas task register` */
export const register: Command = defineCommand({
  description: "Make a task from a plan file; nothing starts yet",
  details: "The task is named like the file, without .md. The text is copied into the store.",
  args: {
    file: { type: "positional", description: "The plan, a Markdown file" },
    name: { type: "string", metavar: "task", description: "Another name than the file's" },
    ...placing,
  },
  examples: [["kas task register plans/add-login.md --topic auth", "The task add-login"]],
  async run(ctx) {
    const { file, name } = ctx.values;
    const own = file.split(/[/\\]/).findLast((part) => part !== "") ?? "";
    const text = await readText(file, "the plan");
    const task = await make(parseTaskName(name ?? own), text, ctx.values);
    await warnFindings(task.name, findingsOf(text));
    printCreated(ctx, task);
  },
});

/** `kas task update-content` */
export const updateContent: Command = defineCommand({
  description: "Replace the stored plan by what comes on stdin",
  details: "What is wrong with the plan is said on stderr; it is stored all the same.",
  args: {
    ...taskArgument,
    expectVersion: {
      type: "number",
      metavar: "n",
      description: "Fail when the stored plan has another version",
    },
    ...repoOption,
  },
  examples: [["cat plan.md | kas task update-content add-login", "Store a new plan"]],
  async run(ctx) {
    const { task, expectVersion, repo } = ctx.values;
    if (Deno.stdin.isTerminal()) {
      throw new KasError(
        "usage",
        `stdin is a tty; pipe plan content via stdin: cat plan.md | kas task update-content ${task}`,
      );
    }
    const text = await readStdin({ what: "plan content", example: "cat plan.md | kas …" });
    if (text.trim() === "") {
      throw new KasError("invalid", `Cannot store the plan of ${quote(task)}: stdin was empty`, {
        hint: `Check what is piped in; the stored plan is as it was`,
      });
    }
    await using desk = await openDesk(repo);
    const { home, workspace, actor, caller } = desk;
    if (caller.agent !== null) {
      const { requireBinding } = await import("../../lib/engine/caller.ts");
      const { id: taskId, projectId } = await getTask(home, workspace, task);
      requireBinding(caller, { projectId, taskId }, `store the plan of ${quote(task)}`);
    }
    const { version, findings } = await store(home, workspace, task, text, actor, expectVersion);
    await warnFindings(task, findings);
    await poke(desk, { start: false });
    ctx.print(
      { task, version, findings },
      () => `stored: ${task} (version ${version}, ${findings.length} findings)`,
    );
  },
});

function findingsOf(text: string): Finding[] {
  return parsePlan(text).findings;
}
