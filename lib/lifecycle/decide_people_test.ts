import assert from "node:assert/strict";
import type { Decision } from "../store/types.ts";
import {
  context,
  plan,
  policy,
  session,
  signal,
  state,
  subtask,
  summary,
  task,
} from "./_fixture.ts";
import { decide } from "./decide.ts";
import { wanted } from "./desired.ts";
import type { Input, TaskState } from "./types.ts";

/** Agents that end by themselves, and answers of people. */

const architecting = task({ status: "implementing", phase: "architecting" });
const running = (wave = 1) => task({ status: "implementing", phase: "wave_running", wave });
const reviewing = task({ status: "reviewing", phase: "reviewing" });

const ended = (
  how: "died" | "lost" | "killed" | "failed_start",
  of: TaskState,
  role: "coder" | "reviewer" = "reviewer",
): Input => ({
  type: "session_ended",
  session: session(`${wanted(of, policy)[0]?.baseKey}/a1`, {
    role,
    ...(role === "coder" ? { wave: 1, subtask: 1 } : {}),
  }),
  how,
  exitCode: 1,
  detail: "",
});

Deno.test("decide() tries an agent that died once more, then asks; its death is never a verdict", () => {
  const first = state({ task: reviewing });
  assert.deepEqual(summary(decide(ended("died", first), context(first)).changes), [
    "session 50 died",
  ]);
  const key = `${wanted(first, policy)[0]?.baseKey}/a0`;
  const second = state({
    task: reviewing,
    sessions: [session(key, { id: 49, status: "exited", exitReason: "died" })],
  });
  assert.deepEqual(summary(decide(ended("died", second), context(second)).changes), [
    "session 50 died",
    "ask agent_failed: retry/abort",
  ]);
});

Deno.test("decide() starts lost agents again without asking", () => {
  const of = state({
    task: reviewing,
    sessions: [1, 2, 3].map((id) =>
      session(`${wanted(state({ task: reviewing }), policy)[0]?.baseKey}/a${id}`, {
        id,
        status: "exited",
        exitReason: "lost",
      })
    ),
  });
  assert.deepEqual(summary(decide(ended("lost", of), context(of)).changes), ["session 50 lost"]);
});

Deno.test("decide() fails the subtask of a killed coder and asks about the wave", () => {
  const of = state({ task: running(), subtasks: [subtask(1, 1, { status: "running" })] });
  assert.deepEqual(summary(decide(ended("killed", of, "coder"), context(of)).changes), [
    "session 50 killed",
    "subtask 101 failed",
    'task {"phase":"wave_waiting"}',
    "ask wave_failed: retry/next/abort",
  ]);
});

const decision = (kind: Decision["kind"], options: string[]): Decision => ({
  id: 9,
  key: "k",
  projectId: 1,
  taskId: 1,
  taskName: "t",
  sessionId: 50,
  kind,
  question: "?",
  detail: "",
  options: options.map((id) => ({ id, label: id })),
  status: "open",
  answer: null,
  feedback: "",
  answeredBy: null,
  createdAt: 1,
  closedAt: null,
});

const answer = (of: Decision, option: string): Input => ({
  type: "answer",
  decision: of,
  option,
  feedback: "",
  actor: "cli:me",
});

Deno.test("decide() says in the question why a task of the wave failed", () => {
  const of = { task: running(), subtasks: [subtask(1, 1, { status: "reported" })] };
  const { changes } = decide({ type: "subtask_empty", subtaskId: 101 }, context(of));
  const asked = changes.find((change) => change.kind === "decision_open");
  assert.match(asked?.decision.detail ?? "", /task 1 .*holds no new commit/);
});

Deno.test("decide() closes an answered decision together with its effect", () => {
  const asked = decision("wave_failed", ["retry", "next", "abort"]);
  const of = {
    task: task({ status: "implementing", phase: "wave_waiting", wave: 1 } as const),
    subtasks: [subtask(1, 1, { status: "failed" })],
    decisions: [asked],
  };
  const run = (option: string) => summary(decide(answer(asked, option), context(of)).changes);
  assert.deepEqual(run("retry"), [
    "close 9 answered",
    'task {"phase":"wave_running","wave":1}',
    "subtask 101 pending",
    "subtask 101 running",
  ]);
  assert.deepEqual(run("next"), ["close 9 answered", "implement_finished phase=reviewing"]);
  assert.deepEqual(run("abort"), ["close 9 answered", "cancel"]);
});

Deno.test("decide() starts beside a rival, or merges the base, when a person says so", () => {
  const topic = decision("topic_collision", ["start", "wait"]);
  const planned = { task: task({ status: "ready", phase: "planned" }), decisions: [topic] };
  const start = decide(answer(topic, "start"), context(planned));
  assert.deepEqual(summary(start.changes), [
    "close 9 answered",
    "implement_start phase=architecting",
    "subtasks",
  ]);
  assert.ok(start.changes.some((c) => c.kind === "transition" && c.overrideTopic === true));
  assert.deepEqual(summary(decide(answer(topic, "wait"), context(planned)).changes), [
    "close 9 answered",
  ]);
  const merge = decision("merge_conflict", ["fix", "leave"]);
  const done = { task: task({ status: "done" }), decisions: [merge] };
  assert.deepEqual(summary(decide(answer(merge, "fix"), context(done)).changes), [
    "close 9 answered",
    "verification_stale",
    "verify_failed phase=fixing",
  ]);
});

Deno.test("decide() puts the architect's checks below a task's text", () => {
  const facts = { ...plan([1, 2, 3]), checks: new Map([[2, ["deno test"]]]) };
  const step = decide(
    signal("elaborator_finished"),
    context({ task: architecting }, { plan: facts }),
  );
  const rows = step.changes.find((change) => change.kind === "subtasks")?.subtasks ?? [];
  assert.deepEqual(rows.map((row) => row.body), [
    "",
    "\n\nChecks that must pass:\n- deno test\n",
    "",
  ]);
});

Deno.test("decide() takes an answer once and only an option that was offered", () => {
  const asked = decision("review_limit", ["fix", "approve"]);
  assert.throws(
    () => decide(answer(asked, "maybe"), context({ task: reviewing })),
    /not an option/,
  );
  const closed = { ...asked, status: "answered" as const };
  assert.throws(
    () => decide(answer(closed, "fix"), context({ task: reviewing })),
    /it is answered/,
  );
});

Deno.test("decide() grants one more fix round, or accepts, when a person says so at the cap", () => {
  const asked = decision("review_limit", ["fix", "approve", "abort"]);
  const of = { task: { ...reviewing, reviewCycle: 5, feedback: "old" }, decisions: [asked] };
  assert.deepEqual(summary(decide(answer(asked, "fix"), context(of)).changes), [
    "close 9 answered",
    "review_changes_requested phase=fixing",
  ]);
  assert.deepEqual(summary(decide(answer(asked, "approve"), context(of)).changes), [
    "close 9 answered",
    "review_approved",
  ]);
});
