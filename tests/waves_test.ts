import assert from "node:assert/strict";
import { Lab, planText, REPORT_TASK } from "./support/lab.ts";

/** Waves of coders: conflicts, failures and what a person may answer, limits, other ways to build. */

/** A coder that commits `f<task>`; task 2 first reports with nothing to show for it. */
const LAZY_SECOND = `mark="$(dirname "$0")/$KASMOS_PLAN-$KASMOS_TASK"
if [ "$KASMOS_TASK" = 2 ] && [ ! -e "$mark" ]; then
  : > "$mark"
else
  echo "$KASMOS_TASK" > "f$KASMOS_TASK" && git add "f$KASMOS_TASK" && git commit -qm "Add it"
fi
${REPORT_TASK}`;

/** Ends the lifecycle at the review, which never comes. */
const NO_REVIEW = "exec sleep 600";

const PAIR = planText([{ "a.txt": "a" }, { "b.txt": "b" }]);

async function files(lab: Lab, branch: string): Promise<string[]> {
  const text = await lab.git("ls-tree", "-r", "--name-only", branch);
  return text.trim().split("\n").filter((name) => name !== "README.md");
}

Deno.test("a conflict within a wave is announced, resolved by a fixer and merged", async () => {
  await using lab = await Lab.open();
  await lab.buildTask("clash", planText([{ "same.txt": "one" }, { "same.txt": "two" }]));
  lab.startDaemon();
  await lab.untilMerged("clash");
  const events = await lab.events();
  const warning = events.find((row) => row.kind === "plan_warning");
  assert.match(warning?.message ?? "", /tasks 1 and 2 of wave 1 both claim same\.txt/);
  const started = events.find((row) => row.kind === "wave_started");
  const spawned = events.find((row) => row.kind === "agent_spawned");
  assert.ok((warning?.id ?? 0) < (started?.id ?? 0) && (warning?.id ?? 0) < (spawned?.id ?? 0));
  const conflict = events.find((row) => row.kind === "merge_conflict");
  assert.deepEqual(conflict?.detail.files, ["same.txt"]);
  const lines = (await lab.git("show", "main:same.txt")).trim().split("\n");
  assert.deepEqual(lines.sort(), ["one", "two"]);
  assert.deepEqual(
    (await lab.sessions("clash")).map((s) => s.role),
    ["coder", "coder", "fixer", "reviewer", "master"],
  );
});

Deno.test("a conflict that stays is a failed task; its work is kept", async () => {
  await using lab = await Lab.open({ agents: { fixer: REPORT_TASK, reviewer: NO_REVIEW } });
  await lab.buildTask("clash", planText([{ "same.txt": "one" }, { "same.txt": "two" }]));
  lab.startDaemon();
  const { detail } = await lab.decision("clash", "wave_failed");
  assert.match(detail, /task 2 .*conflicts with the task branch in same\.txt/);
  const tip = (await lab.git("rev-parse", "plan/clash--w1-t2")).trim();
  await lab.answer("clash", "wave_failed", "next");
  await lab.untilStatus("clash", "reviewing");
  assert.equal(await lab.git("show", "plan/clash:same.txt"), "one\n");
  await lab.event("clash", "cancel");
  await lab.until("removal", async () => await lab.openWorktrees(await lab.task("clash")) === 0);
  const saved = await lab.workspace.repo.listRescue("clash");
  assert.ok(saved.some((entry) => entry.commit === tip), "the second task's commit is rescued");
});

Deno.test("a task reported without a commit fails its wave, the last one too (W4)", async (t) => {
  await using lab = await Lab.open({
    policy: { auto_merge: false },
    agents: { coder: LAZY_SECOND, reviewer: NO_REVIEW },
  });
  lab.startDaemon();
  await lab.buildTask("again", PAIR);
  await lab.buildTask("onward", planText([{ f1: "" }, { f2: "" }], [{ f3: "" }]));
  await lab.buildTask("stop", PAIR);
  await lab.buildTask("steered", PAIR);
  await lab.buildTask("by-number", PAIR);
  const { detail } = await lab.decision("again", "wave_failed");
  assert.match(detail, /task 2 .*its branch holds no new commit/);

  await t.step("retry runs the failed task again and nothing else", async () => {
    const [before] = await lab.subtasks("again");
    await lab.answer("again", "wave_failed", "retry");
    await lab.untilStatus("again", "reviewing");
    assert.deepEqual(await files(lab, "plan/again"), ["f1", "f2"]);
    const [first, second] = await lab.subtasks("again");
    assert.equal(first?.startedAt, before?.startedAt);
    assert.deepEqual([second?.status, second?.attempt], ["complete", 2]);
  });
  await t.step("next goes on without it", async () => {
    await lab.answer("onward", "wave_failed", "next");
    await lab.untilStatus("onward", "reviewing");
    assert.deepEqual(await files(lab, "plan/onward"), ["f1", "f3"]);
  });
  await t.step("abort cancels and keeps the work", async () => {
    await lab.answer("stop", "wave_failed", "abort");
    await lab.untilStatus("stop", "cancelled");
    await lab.until("removal", async () => await lab.openWorktrees(await lab.task("stop")) === 0);
    assert.deepEqual(await files(lab, "plan/stop"), ["f1"]);
  });
  await t.step("the signal retry_wave answers too", async () => {
    await lab.decision("steered", "wave_failed");
    const end = await lab.signalEnd("retry_wave", "steered");
    assert.deepEqual(end, { status: "done", result: "wave 1 runs again" });
    await lab.untilStatus("steered", "reviewing");
    assert.deepEqual(await files(lab, "plan/steered"), ["f1", "f2"]);
  });
  await t.step("the signal implement_wave of that wave runs what failed in it", async () => {
    await lab.decision("by-number", "wave_failed");
    const wave = JSON.stringify({ wave_number: 1 });
    assert.equal((await lab.signalEnd("implement_wave", "by-number", wave)).status, "done");
    await lab.untilStatus("by-number", "reviewing");
    assert.deepEqual(await files(lab, "plan/by-number"), ["f1", "f2"]);
  });
  const open = await lab.home.store.decisions({ status: "open" });
  assert.deepEqual(open.map((row) => row.question), []);
});

Deno.test("max_parallel_wave_tasks = 1 runs the tasks of a wave one at a time", async () => {
  const log = `log="$(dirname "$0")/log"`;
  const coder = `${log}; echo "begin $KASMOS_TASK" >> "$log"
echo x > "f$KASMOS_TASK" && git add . && git commit -qm x
echo "end $KASMOS_TASK" >> "$log"
${REPORT_TASK}`;
  await using lab = await Lab.open({
    policy: { max_parallel_wave_tasks: 1 },
    agents: { coder, reviewer: NO_REVIEW },
  });
  await lab.buildTask("slow", planText([{ f1: "" }, { f2: "" }, { f3: "" }]));
  lab.startDaemon();
  await lab.untilStatus("slow", "reviewing");
  const lines = (await Deno.readTextFile(`${lab.sandbox.root}/agents/log`)).trim().split("\n");
  assert.deepEqual(lines, ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]);
});

Deno.test("a small plan goes to one coder, without architect and waves", async () => {
  await using lab = await Lab.open();
  await lab.buildTask("small", PAIR, null);
  lab.startDaemon();
  await lab.untilMerged("small");
  assert.deepEqual(await files(lab, "main"), ["a.txt", "b.txt"]);
  assert.deepEqual((await lab.sessions("small")).map((s) => s.role), [
    "coder",
    "reviewer",
    "master",
  ]);
  assert.deepEqual(await lab.subtasks("small"), []);
});

Deno.test('wave_isolation = "shared" puts all coders into the task\'s worktree', async () => {
  const coder = `lock="$(dirname "$0")/lock"
until mkdir "$lock" 2>/dev/null; do sleep 0.01; done
echo x > "f$KASMOS_TASK" && git add "f$KASMOS_TASK" && git commit -qm "Add f$KASMOS_TASK"
rmdir "$lock"
${REPORT_TASK}`;
  await using lab = await Lab.open({ policy: { wave_isolation: "shared" }, agents: { coder } });
  const task = await lab.buildTask("shared", planText([{ f1: "" }, { f2: "" }]));
  lab.startDaemon();
  await lab.untilMerged("shared");
  assert.deepEqual(await files(lab, "main"), ["f1", "f2"]);
  const rows = await lab.home.store.worktrees({ taskId: task.id });
  assert.deepEqual(rows.map((row) => row.slot), ["task"]);
  const coders = (await lab.sessions("shared")).filter((s) => s.role === "coder");
  assert.deepEqual(coders.map((s) => s.cwd), [rows[0]?.path, rows[0]?.path]);
});

Deno.test("auto_advance_waves = false asks before the next wave", async () => {
  await using lab = await Lab.open({
    policy: { auto_advance_waves: false },
    agents: { reviewer: NO_REVIEW },
  });
  await lab.buildTask("asked", planText([{ f1: "1" }], [{ f2: "2" }], [{ f3: "3" }]));
  lab.startDaemon();
  await lab.decision("asked", "wave_advance");
  assert.equal((await lab.task("asked")).phase, "wave_waiting");
  assert.deepEqual((await lab.subtasks("asked")).map((s) => s.status), [
    "complete",
    "pending",
    "pending",
  ]);
  await lab.answer("asked", "wave_advance", "next");
  await lab.until("wave 2", async () => (await lab.task("asked")).wave === 2);
  await lab.decision("asked", "wave_advance");
  assert.equal((await lab.signalEnd("advance_wave", "asked")).status, "done");
  await lab.untilStatus("asked", "reviewing");
  assert.deepEqual(await files(lab, "plan/asked"), ["f1", "f2", "f3"]);
});

Deno.test("architect metadata that is no JSON is a warning, and the wave starts", async () => {
  const architect = `printf '{"plan_id"' > "../../.kasmos/cache/$KASMOS_PLAN-architect.json"
kas signal emit elaborator_finished "$KASMOS_PLAN"`;
  await using lab = await Lab.open({
    policy: { blueprint_skip_threshold: 0 },
    agents: { architect, reviewer: NO_REVIEW },
  });
  await lab.buildTask("meta", PAIR, null);
  lab.startDaemon();
  await lab.untilStatus("meta", "reviewing");
  const warning = await lab.untilEvent("plan_warning", "meta");
  assert.match(warning.message, /meta-architect\.json.*metadata is not JSON/);
  assert.deepEqual(await files(lab, "plan/meta"), ["a.txt", "b.txt"]);
});
