import * as v from "valibot";
import { decisionJson } from "../api/json.ts";
import { wakeDaemon } from "../daemon/client.ts";
import { answerDecision } from "../engine/operations.ts";
import { CAP, MAX_CAP } from "../engine/snapshot.ts";
import { count, flag, output, project, text, tool } from "./define.ts";
import { liveStatus } from "./live_status.ts";
import { MONITOR_TOOLS } from "./tools_monitor.ts";
import type { Tool } from "./types.ts";

const decisionList = tool({
  name: "decision_list",
  description: "List the questions that wait for a person",
  scope: "read",
  schema: v.strictObject({
    all: v.optional(flag("Answered and withdrawn ones too; at most the last 200")),
    project,
  }),
  async run(desk, { all, project: key }) {
    const { id } = await desk.project(key);
    const rows = await desk.home.store.decisions({
      projectId: id,
      ...all === true ? {} : { status: "open" },
    });
    return output({ decisions: rows.slice(-200).map(decisionJson) });
  },
});

const decisionAnswer = tool({
  name: "decision_answer",
  description: "Answer a question of decision_list with one of its options; the work goes on by it",
  scope: "operate",
  people: true,
  schema: v.strictObject({
    id: count("Number of the decision", 1, Number.MAX_SAFE_INTEGER),
    option: text("Id of one of its options"),
    feedback: v.optional(text("Words for the agent that goes on")),
    project,
  }),
  async run(desk, { id, option, feedback, project: key }) {
    const { home, caller } = desk;
    await answerDecision(
      home,
      await desk.workspace(key),
      id,
      option,
      feedback ?? "",
      caller.actor,
    );
    await wakeDaemon(home.paths, { start: false });
    const row = await home.store.decision(id);
    return output({ decision: row === null ? null : decisionJson(row) });
  },
});

const liveStatusTool = tool({
  name: "live_status",
  description: "Snapshot for monitors: tasks by status, agents at work, what needs attention",
  scope: "read",
  schema: v.strictObject({
    cap: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.description(`Most rows of a list; default ${CAP}, at most ${MAX_CAP}`),
      ),
    ),
    project,
  }),
  async run(desk, args) {
    return output({ ...await liveStatus(desk, args) });
  },
});

/** Questions to people, and the snapshot of all. */
export const STATUS_TOOLS: readonly Tool[] = [
  decisionList,
  decisionAnswer,
  liveStatusTool,
  ...MONITOR_TOOLS,
];
