import * as v from "valibot";
import { EVENTS } from "../task/fsm.ts";
import { parseTaskName } from "../names.ts";
import { SIGNAL_TYPES } from "../signal/types.ts";
import { STATUSES } from "../task/types.ts";
import type { McpServices } from "./services.ts";

/** What a tool hands back: text for the model, and the same as data. */
export interface ToolOutput {
  readonly text: string;
  readonly data: Record<string, unknown>;
}

/** One tool: its schema is strict, so an unknown argument is refused. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly readOnly: boolean;
  readonly schema: v.GenericSchema<Record<string, unknown>, { project?: string | undefined }>;
  run(services: McpServices, args: unknown): Promise<ToolOutput>;
}

const text = (description: string) => v.pipe(v.string(), v.description(description));
const project = v.optional(text("Project the task is in; left out, the one you work in"));
const filename = text('Name of the task, such as "add-login"');

/** Ties a tool's arguments to its schema; they are parsed once more here, which also types them. */
function tool<S extends v.GenericSchema<Record<string, unknown>, { project?: string | undefined }>>(
  options: Omit<Tool, "schema" | "run" | "readOnly"> & {
    readOnly?: boolean;
    schema: S;
    run(services: McpServices, args: v.InferOutput<S>): Promise<ToolOutput>;
  },
): Tool {
  return {
    ...options,
    readOnly: options.readOnly ?? false,
    run: (services, args) => options.run(services, v.parse(options.schema, args)),
  };
}

function output(data: Record<string, unknown>): ToolOutput {
  return { text: JSON.stringify(data, null, 2), data };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? { ...value }
    : { result: value };
}

/** The tools agents have. Names and arguments are part of the contract with them. */
export const TOOLS: readonly Tool[] = [
  tool({
    name: "signal_create",
    description: "Report what happened to a task, e.g. that your work is finished. " +
      `Types: ${SIGNAL_TYPES.join(", ")}`,
    schema: v.strictObject({
      signal_type: text("Type of the signal"),
      plan_file: filename,
      payload: v.optional(
        v.pipe(
          v.union([v.string(), v.record(v.string(), v.unknown())]),
          v.description('JSON, e.g. {"wave_number":1,"task_number":2}, or free text'),
        ),
      ),
      project,
    }),
    async run(services, { signal_type, plan_file, payload }) {
      const given = typeof payload === "object" ? JSON.stringify(payload) : payload;
      return output({
        ...await services.emitSignal(signal_type, parseTaskName(plan_file), given),
      });
    },
  }),
  tool({
    name: "task_show",
    description: "Read the plan of a task",
    readOnly: true,
    schema: v.strictObject({ filename, project }),
    async run(services, args) {
      const task = await services.showTask(parseTaskName(args.filename));
      return { text: task.content, data: { ...task } };
    },
  }),
  tool({
    name: "task_list",
    description: "List tasks with their status",
    readOnly: true,
    schema: v.strictObject({
      status: v.optional(v.pipe(v.picklist(STATUSES), v.description("Only those of this status"))),
      project,
    }),
    run: async (services, { status }) => output({ tasks: await services.listTasks(status) }),
  }),
  tool({
    name: "task_create",
    description: "Create a task; give its plan in the same call when you have it",
    schema: v.strictObject({
      name: filename,
      content: v.optional(text("The plan, Markdown")),
      description: v.optional(text("One line on what it is for")),
      branch: v.optional(text("Branch to work on, instead of plan/<name>")),
      topic: v.optional(text("Topic: tasks of one topic run one after the other")),
      project,
    }),
    async run(services, { name, content, description, branch, topic }) {
      return output(record(
        await services.createTask({
          name: parseTaskName(name),
          ...content === undefined ? {} : { content },
          ...description === undefined ? {} : { description },
          ...branch === undefined ? {} : { branch },
          ...topic === undefined ? {} : { topic },
        }),
      ));
    },
  }),
  tool({
    name: "task_update_content",
    description: "Replace the plan of a task; the answer lists what is wrong with it",
    schema: v.strictObject({ filename, content: text("The whole plan, Markdown"), project }),
    run: async (services, args) =>
      output({ ...await services.updateContent(parseTaskName(args.filename), args.content) }),
  }),
  tool({
    name: "task_transition",
    description: `Move a task by an event. Events: ${EVENTS.join(", ")}`,
    schema: v.strictObject({
      filename,
      event: text("The event; with force, the status to set"),
      force: v.optional(
        v.pipe(v.boolean(), v.description("Set the status past the rules; audited")),
      ),
      project,
    }),
    run: async (services, { filename: name, event, force }) =>
      output(record(await services.transition(parseTaskName(name), event, force ?? false))),
  }),
];
