import * as v from "valibot";
import { RUNTIMES } from "../agent/types.ts";
import { PERMISSIONS } from "../store/types.ts";
import type { RunView } from "./dispatch/types.ts";
import { count, flag, output, project, text, textOutput, tool, word } from "./define.ts";
import { describeAgent, rosterOf } from "./roster.ts";
import type { Call, Desk, Tool, ToolOutput } from "./types.ts";

/** How often a waiting call says that it still waits, in ms: clients give up on silence. */
const PROGRESS_MS = 5_000;
const FIRST_PROGRESS_MS = 1_000;
/** Longest wait of agent_status, in seconds; some clients give a call no more than a minute. */
const MAX_WAIT = 50;

const agent = text("Name of the agent, as agent_list has it");
const run = text("Id of the run, as agent_run gave it");

const agentList = tool({
  name: "agent_list",
  description: "List the agents you can run with agent_run, and what each is for",
  scope: "read",
  schema: v.strictObject({ project }),
  async run(desk, { project: key }) {
    const agents = await rosterOf(desk, key);
    return agents.length === 0
      ? textOutput("There are no agents you can run.", { agents })
      : output({ agents });
  },
});

const agentDescribe = tool({
  name: "agent_describe",
  description: "Read what an agent is for, what it is told and what it may do",
  scope: "read",
  schema: v.strictObject({ agent, project }),
  run: async (desk, args) => output(await describeAgent(desk, args.agent, args.project)),
});

const agentRun = tool({
  name: "agent_run",
  description: "Have another agent do a task and answer with its result. It sees nothing of your " +
    "conversation: say all it needs. It gets no more permission than you have and works inside " +
    "your folder. With wait false it answers at once with the id of a run for agent_status",
  scope: "signal",
  openWorld: true,
  schema: v.strictObject({
    agent,
    task: text("What to do, complete in itself"),
    runtime: v.optional(
      v.pipe(v.picklist(RUNTIMES), v.description("Another runtime than the agent's own")),
    ),
    model: v.optional(word("Another model than the agent's own")),
    effort: v.optional(word("Another effort than the agent's own")),
    permission: v.optional(
      v.pipe(v.picklist(PERMISSIONS), v.description("At most this; never more than you have")),
    ),
    cwd: v.optional(text("Folder to work in, inside yours")),
    timeout_minutes: v.optional(
      v.pipe(
        v.number(),
        v.minValue(0.05),
        v.maxValue(24 * 60),
        v.description("End it after so long"),
      ),
    ),
    wait: v.optional(flag("False: do not wait for the result; default true")),
    project,
  }),
  async run(desk, args, call) {
    const { dispatcher, caller } = desk;
    const id = await dispatcher.start(desk, args.project, {
      agent: args.agent,
      task: args.task,
      runtime: args.runtime ?? null,
      model: args.model ?? null,
      effort: args.effort ?? null,
      permission: args.permission ?? null,
      cwd: args.cwd ?? null,
      timeoutMs: args.timeout_minutes === undefined ? null : args.timeout_minutes * 60_000,
    });
    if (args.wait === false) return output({ ...dispatcher.view(caller, id) });
    const view = await waited(desk, id, call);
    return answer(view);
  },
});

/** Waits for a run; a call that is taken back ends it. */
async function waited(desk: Desk, id: string, call: Call): Promise<RunView> {
  const { dispatcher, caller } = desk;
  for (let tick = 1;; tick++) {
    const pause = tick === 1 ? FIRST_PROGRESS_MS : PROGRESS_MS;
    const view = await dispatcher.wait(caller, id, call.signal, pause);
    if (view.state !== "running") return view;
    if (call.signal.aborted) return await dispatcher.cancel(caller, id);
    const seconds = Math.round(view.duration_ms / 1000);
    call.progress(tick, `${view.agent} works, ${seconds} s, ${view.printed_bytes} bytes so far`);
  }
}

/** A run that is over, as the answer to who asked for it. */
function answer(view: RunView): ToolOutput {
  const data = { ...view };
  if (view.state === "completed") {
    const said = view.result === null || view.result.trim() === ""
      ? `${view.agent} ended without an answer.`
      : view.result;
    return { text: said, data };
  }
  const said = view.result === null || view.result.trim() === ""
    ? ""
    : `\nIt had said:\n${view.result}`;
  return {
    text: `error: ${view.agent} did not finish: ${view.problem ?? view.state}${said}`,
    data,
    failed: true,
  };
}

const agentStatus = tool({
  name: "agent_status",
  description: "Look at a run of agent_run, or wait for it a while; without an id, list your runs",
  scope: "read",
  schema: v.strictObject({
    run: v.optional(run),
    wait_seconds: v.optional(
      count(`Wait so long for its end, at most ${MAX_WAIT}; default 0`, 0, MAX_WAIT),
    ),
    project,
  }),
  async run(desk, args, call) {
    const { dispatcher, caller } = desk;
    if (args.run === undefined) {
      const runs = dispatcher.list(caller).map(({ result: _result, ...row }) => row);
      return output({ runs });
    }
    const wait = (args.wait_seconds ?? 0) * 1000;
    const view = wait === 0
      ? dispatcher.view(caller, args.run)
      : await dispatcher.wait(caller, args.run, call.signal, wait);
    return view.state === "running" ? output({ ...view }) : answer(view);
  },
});

const agentCancel = tool({
  name: "agent_cancel",
  description: "End a run of agent_run with all its processes",
  scope: "signal",
  destructive: true,
  idempotent: true,
  schema: v.strictObject({ run, project }),
  async run(desk, args) {
    return output({ ...await desk.dispatcher.cancel(desk.caller, args.run) });
  },
});

/** Agents that run agents. */
export const AGENT_TOOLS: readonly Tool[] = [
  agentList,
  agentDescribe,
  agentRun,
  agentStatus,
  agentCancel,
];
