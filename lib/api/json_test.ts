import assert from "node:assert/strict";
import type { Session } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import { sessionJson, signalJson, taskJson, toJson } from "./json.ts";

const T = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

const TASK: Task = {
  id: 1,
  projectId: 2,
  name: "add-login",
  status: "implementing",
  phase: "wave_running",
  version: 3,
  description: "",
  goal: "",
  topic: null,
  branch: "plan/add-login",
  baseBranch: "main",
  baseCommit: null,
  contentVersion: 1,
  reviewCycle: 0,
  wave: 2,
  feedback: "",
  planningAt: null,
  implementingAt: T,
  reviewingAt: null,
  verifyingAt: null,
  doneAt: null,
  verifiedSha: null,
  verifiedBaseSha: null,
  verifiedAt: null,
  verifiedBy: null,
  staleReason: null,
  mergedSha: null,
  mergedAt: null,
  createdAt: T,
  updatedAt: T,
};

const SESSION: Session = {
  id: 4,
  key: "1:coder",
  projectId: 2,
  taskId: 1,
  taskName: "add-login",
  title: "add-login-W2-T3",
  role: "coder",
  wave: 2,
  subtask: 3,
  round: 1,
  attempt: 1,
  peers: 2,
  status: "running",
  activity: "busy",
  evidence: "title",
  harness: "claude",
  program: "claude",
  model: null,
  agent: "coder",
  timeoutMinutes: null,
  tmuxName: "kas-4",
  branch: "plan/add-login--w2-t3",
  cwd: "/r/.worktrees/x",
  pid: 9,
  exitReason: null,
  exitCode: null,
  createdAt: T,
  startedAt: T,
  endedAt: null,
  lastActivityAt: null,
};

Deno.test("taskJson() has these keys and no others", () => {
  // deno-fmt-ignore
  assert.deepEqual(Object.keys(taskJson(TASK)).sort(), [
    "base_branch", "base_commit", "branch", "content_version", "created_at", "description",
    "done_at", "feedback", "goal", "id", "implementing_at", "merged_at", "merged_sha", "name",
    "phase", "planning_at", "project_id", "review_cycle", "reviewing_at", "stale_reason", "state",
    "status", "topic", "updated_at", "verified_at", "verified_base_sha", "verified_by",
    "verified_sha", "verifying_at", "version", "wave",
  ]);
  assert.equal(taskJson(TASK).state, "wave 2 running");
  assert.equal(taskJson(TASK).implementing_at, "2026-01-02T03:04:05.006Z");
  assert.equal(taskJson(TASK).planning_at, null);
});

Deno.test("sessionJson() has these keys and no others", () => {
  // deno-fmt-ignore
  assert.deepEqual(Object.keys(sessionJson(SESSION)).sort(), [
    "activity", "agent", "attempt", "branch", "created_at", "cwd", "ended_at", "evidence", "exit_code",
    "exit_reason", "harness", "id", "key", "last_activity_at", "model", "peers", "pid", "program",
    "project_id", "role", "round", "started_at", "status", "subtask", "task", "task_id",
    "timeout_minutes", "title", "tmux_name", "wave",
  ]);
  assert.equal(sessionJson(SESSION).task, "add-login");
});

Deno.test("signalJson() leaves the payload as it was sent", () => {
  const json = signalJson({
    id: 1,
    projectId: 2,
    taskName: "x",
    type: "review_approved",
    payload: { someKey: 1, doneAt: 5 },
    status: "pending",
    dedupeKey: null,
    source: "cli:u",
    attempts: 0,
    claimedBy: null,
    claimedAt: null,
    createdAt: T,
    processedAt: null,
    result: "",
  });
  assert.deepEqual(json.payload, { someKey: 1, doneAt: 5 });
  assert.deepEqual([json.task, json.dedupe_key, json.claimed_at], ["x", null, null]);
});

Deno.test("toJson() turns only numbers under time keys into text", () => {
  assert.deepEqual(toJson({ at: T, format: 5, lastAt: null, atLeast: 1, flat: 2 }), {
    at: "2026-01-02T03:04:05.006Z",
    format: 5,
    last_at: null,
    at_least: 1,
    flat: 2,
  });
});
