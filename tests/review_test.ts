import assert from "node:assert/strict";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** Review and verification: caps, verdicts bound to commits, reports nobody may make, dead agents. */

const SMALL = planText([{ "a.txt": "a" }]);
const WANTS_MORE = `kas signal emit review_changes_requested "$KASMOS_PLAN" --payload "more of it"`;
const OK = `kas signal emit review_approved "$KASMOS_PLAN"`;

/** Makes a task with one commit and has it built by one coder. */
async function build(lab: Lab, ...names: string[]): Promise<void> {
  for (const name of names) await lab.buildTask(name, SMALL, null);
}

Deno.test("the cap of fix rounds asks: fix, approve and abort", async (t) => {
  await using lab = await Lab.open({
    policy: { max_review_fix_cycles: 1, auto_merge: false },
    agents: { reviewer: WANTS_MORE, master: IDLE },
  });
  lab.startDaemon();
  await build(lab, "fix", "approve", "abort");
  const asked = await lab.decision("fix", "review_limit");
  assert.equal(asked.detail, "more of it");
  assert.equal((await lab.task("fix")).status, "reviewing");

  await t.step("fix gives one more round, with the person's words in it", async () => {
    await lab.answer("fix", "review_limit", "fix", "as I say");
    await lab.decision("fix", "review_limit");
    const task = await lab.task("fix");
    assert.equal(task.reviewCycle, 2);
    const fixers = (await lab.sessions("fix")).filter((s) => s.role === "fixer");
    assert.deepEqual(fixers.map((s) => s.title), ["fix-fix-1", "fix-fix-2"]);
    const [, second] = fixers;
    const prompt = `${lab.sandbox.paths.sessionsDir}/${second?.id}/prompt.md`;
    assert.match(await Deno.readTextFile(prompt), /more of it[\s\S]*as I say/);
  });
  await t.step("approve goes on to the verification", async () => {
    await lab.answer("approve", "review_limit", "approve");
    await lab.running("approve", "master");
    assert.equal((await lab.task("approve")).status, "verifying");
  });
  await t.step("abort cancels", async () => {
    await lab.answer("abort", "review_limit", "abort");
    await lab.untilStatus("abort", "cancelled");
  });
});

Deno.test("an approval of a branch that has moved is refused and verified anew", async () => {
  // The first verifier looks, then somebody commits, then it approves what it looked at.
  const master = `mark="$(dirname "$0")/seen"
head=$(git rev-parse HEAD) base=$(git rev-parse main)
if [ ! -e "$mark" ]; then : > "$mark"; git commit -q --allow-empty -m "Late work"; fi
kas signal emit verify_approved "$KASMOS_PLAN" --payload \
  "{\\"reviewed_sha\\":\\"$head\\",\\"reviewed_base_sha\\":\\"$base\\"}"`;
  await using lab = await Lab.open({ agents: { reviewer: OK, master } });
  await build(lab, "moved");
  lab.startDaemon();
  await lab.untilMerged("moved");
  const refused = await lab.untilEvent("verification_refused", "moved");
  assert.match(refused.message, /it approves [0-9a-f]{12}, but plan\/moved is at [0-9a-f]{12}/);
  const task = await lab.task("moved");
  assert.equal(task.verifiedSha, (await lab.git("rev-parse", "plan/moved")).trim());
  const masters = (await lab.sessions("moved")).filter((s) => s.role === "master");
  assert.deepEqual(masters.map((s) => s.exitReason), ["refused", "reported"]);
});

Deno.test("a verifier that approves the wrong commit again is a question", async () => {
  const master = `kas signal emit verify_approved "$KASMOS_PLAN" --payload \
  "{\\"reviewed_sha\\":\\"$(printf '%040d' 1)\\",\\"reviewed_base_sha\\":\\"$(printf '%040d' 1)\\"}"`;
  await using lab = await Lab.open({ agents: { reviewer: OK, master } });
  await build(lab, "wrong");
  lab.startDaemon();
  const asked = await lab.decision("wrong", "agent_failed");
  assert.match(asked.detail, /it approves 000000000000/);
  const masters = (await lab.sessions("wrong")).filter((s) => s.role === "master");
  assert.deepEqual(masters.map((s) => s.exitReason), ["refused", "refused"]);
});

Deno.test("a merge finds a verification stale and has it repeated", async () => {
  await using lab = await Lab.open({ policy: { auto_merge: false } });
  await build(lab, "stale");
  lab.startDaemon();
  await lab.untilStatus("stale", "done");
  await lab.git("commit", "-q", "--allow-empty", "-m", "Meanwhile");
  const main = (await lab.git("rev-parse", "main")).trim();
  const refused = await lab.kas("task", "merge", "stale");
  assert.equal(refused.code, 1, refused.err);
  assert.match(refused.err, /main moved to [0-9a-f]{12} after it was verified/);
  assert.equal((await lab.git("rev-parse", "main")).trim(), main);
  await lab.until("a new verification", async () => {
    const { status, verifiedBaseSha } = await lab.task("stale");
    return status === "done" && verifiedBaseSha === main;
  });
  const merged = await lab.kas("task", "merge", "stale");
  assert.equal(merged.code, 0, merged.err);
  assert.equal(await lab.git("show", "main:a.txt"), "a\n");
});

Deno.test("reports nobody may make are dead letters with a reason", async (t) => {
  await using lab = await Lab.open({ agents: { coder: IDLE, reviewer: IDLE } });
  lab.startDaemon();
  await lab.buildTask("mine", SMALL);
  await lab.buildTask("other", SMALL, null);
  const coder = await lab.running("mine", "coder");
  const source = `session:${coder.id}`;
  const dead = async (
    type: string,
    task: string,
    payload: unknown,
    from: string,
    why: RegExp,
  ): Promise<void> => {
    const { version } = await lab.task(task);
    const end = await lab.signalEnd(
      type,
      task,
      payload === "" ? "" : JSON.stringify(payload),
      from,
    );
    assert.equal(end.status, "failed", end.result);
    assert.match(end.result, why);
    assert.equal((await lab.task(task)).version, version, "nothing changed");
  };
  await t.step(
    "for another task",
    () => dead("implement_finished", "other", "", source, /works on another task/),
  );
  await t.step(
    "in another role",
    () => dead("review_approved", "mine", "", source, /a coder may not emit review_approved/),
  );
  await t.step(
    "that steer",
    () => dead("advance_wave", "mine", "", source, /a coder may not emit advance_wave/),
  );
  await t.step(
    "for another subtask",
    () =>
      dead(
        "implement_task_finished",
        "mine",
        { wave_number: 1, task_number: 2 },
        source,
        /not its own/,
      ),
  );
  await t.step(
    "from a session that never was",
    () => dead("implement_finished", "other", "", "session:999999", /no session 999999/),
  );
  await t.step(
    "that the lifecycle forbids",
    () => dead("review_approved", "mine", "", "cli:me", /it is implementing/),
  );
  await t.step("after the work was taken away", async () => {
    await lab.event("mine", "cancel");
    await lab.until(
      "the coder's end",
      async () => (await lab.sessions("mine")).every((s) => s.status === "exited"),
    );
    const done = { wave_number: 1, task_number: 1 };
    await dead(
      "implement_task_finished",
      "mine",
      done,
      source,
      /not at work on this task any more/,
    );
  });
});

Deno.test("an agent that dies twice is a question, and retry starts it again", async () => {
  const reviewer = `n="$(dirname "$0")/deaths"; echo x >> "$n"
if [ "$(wc -l < "$n")" -lt 3 ]; then exit 7; fi
${OK}`;
  await using lab = await Lab.open({ agents: { reviewer } });
  await build(lab, "frail");
  lab.startDaemon();
  const asked = await lab.decision("frail", "agent_failed");
  assert.match(asked.detail, /frail-review-1\.2 ended without reporting \(exit code 7\)/);
  assert.equal((await lab.task("frail")).status, "reviewing", "a death is no approval");
  await lab.answer("frail", "agent_failed", "retry");
  await lab.untilMerged("frail");
  const reviewers = (await lab.sessions("frail")).filter((s) => s.role === "reviewer");
  assert.deepEqual(reviewers.map((s) => s.exitReason), ["died", "died", "reported"]);
});

Deno.test("a killed agent is a question at once", async (t) => {
  await using lab = await Lab.open({ agents: { coder: IDLE } });
  lab.startDaemon();
  await build(lab, "solo", "stopped");
  await lab.buildTask("wave", planText([{ "a.txt": "a" }]));
  await t.step("of a single coder", async () => {
    const coder = await lab.running("solo", "coder");
    assert.equal((await lab.kas("instance", "kill", coder.title)).code, 0);
    const asked = await lab.decision("solo", "agent_failed");
    assert.match(asked.detail, /was killed without reporting/);
    await lab.answer("solo", "agent_failed", "retry");
    const next = await lab.running("solo", "coder");
    assert.notEqual(next.id, coder.id);
  });
  await t.step("abort cancels the task", async () => {
    const coder = await lab.running("stopped", "coder");
    await lab.kas("instance", "kill", coder.title);
    await lab.answer("stopped", "agent_failed", "abort");
    await lab.untilStatus("stopped", "cancelled");
  });
  await t.step("of a wave it fails its task", async () => {
    const coder = await lab.running("wave", "coder");
    await lab.kas("instance", "kill", coder.title);
    await lab.decision("wave", "wave_failed");
    await using tmux = lab.tmux;
    await lab.until("its end", async () => !(await tmux.has(coder.tmuxName)));
  });
});

Deno.test("a verified branch that conflicts with its base becomes a fixer's work when a person says so", async () => {
  await using lab = await Lab.open({ policy: { auto_merge: false } });
  await build(lab, "clash");
  lab.startDaemon();
  await lab.running("clash", "coder");
  await Deno.writeTextFile(`${lab.sandbox.repo}/a.txt`, "theirs\n");
  await lab.git("add", "a.txt");
  await lab.git("commit", "-q", "-m", "Add a.txt on main");
  await lab.untilStatus("clash", "done");
  const refused = await lab.kas("task", "merge", "clash");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /"a\.txt" is in conflict/);
  const asked = await lab.decision("clash", "merge_conflict");
  assert.match(asked.detail, /conflicts with main in a\.txt/);
  await lab.answer("clash", "merge_conflict", "fix");
  await lab.until("a new verification", async () => {
    const task = await lab.task("clash");
    return task.status === "done" && task.reviewCycle === 1;
  });
  const merged = await lab.kas("task", "merge", "clash");
  assert.equal(merged.code, 0, merged.err);
  assert.match(await lab.git("show", "main:a.txt"), /theirs/);
});

Deno.test("a plan whose topic is busy is kept, and starts beside it when a person says so", async () => {
  await using lab = await Lab.open({ agents: { coder: IDLE } });
  await lab.beginTask("first", { content: SMALL, topic: "auth" });
  lab.startDaemon();
  await lab.running("first", "coder");
  await lab.beginTask("second", { content: SMALL, topic: "auth" });
  const asked = await lab.decision("second", "topic_collision");
  assert.match(asked.question, /"first" of topic "auth" is being implemented/);
  assert.equal((await lab.task("second")).phase, "planned");
  await lab.answer("second", "topic_collision", "start");
  await lab.running("second", "coder");
  await lab.untilEvent("topic_gate_overridden", "second");
});
