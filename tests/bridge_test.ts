import assert from "node:assert/strict";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** Signals as files, and signals of processes that could not tell the daemon. */

const ONE = planText([{ "one.txt": "one" }]);
/** A shell function that leaves a sentinel the way a careful writer does. */
const SENTINEL = `leave() {
  mkdir -p .kasmos/signals/staging
  printf '%s' "$2" > ".kasmos/signals/staging/$1"
  mv ".kasmos/signals/staging/$1" ".kasmos/signals/$1"
}
`;

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).filter((entry) => entry.isFile)
    .map((entry) => entry.name).sort();
}

Deno.test("agents that only leave files take a task from plan to done", async () => {
  const agents = {
    planner: `${SENTINEL}leave "planner-finished-$KASMOS_PLAN" ""`,
    coder: `${SENTINEL}echo x > "f$KASMOS_TASK"; git add "f$KASMOS_TASK"; git commit -qm x
leave "implement-task-finished-w$KASMOS_WAVE-t$KASMOS_TASK-$KASMOS_PLAN" ""`,
    architect: `${SENTINEL}leave "elaborator-finished-$KASMOS_PLAN" ""`,
    reviewer: `${SENTINEL}if [ -e fixed ]; then leave "review-approved-$KASMOS_PLAN" ""
else leave "review-changes-$KASMOS_PLAN" "make it fixed"; fi`,
    fixer: `${SENTINEL}touch fixed; git add fixed; git commit -qm fixed
leave "implement-finished-$KASMOS_PLAN" ""`,
  };
  await using lab = await Lab.open({ agents, policy: { blueprint_skip_threshold: 0 } });
  await lab.beginTask("files", { content: planText([{ f1: "" }, { f2: "" }]) });
  lab.startDaemon();
  await lab.untilMerged("files");
  const sessions = await lab.sessions("files");
  assert.deepEqual(sessions.filter((s) => s.exitReason !== "reported"), [], "none died");
  const fixer = sessions.find((s) => s.role === "fixer");
  const prompt = await Deno.readTextFile(`${lab.sandbox.paths.sessionsDir}/${fixer?.id}/prompt.md`);
  assert.match(prompt, /make it fixed/);
  assert.equal((await lab.git("ls-tree", "-r", "--name-only", "main")).includes(".kasmos"), false);
});

Deno.test("files in the repository's signal folder", async (t) => {
  await using lab = await Lab.open({ agents: { fixer: IDLE, reviewer: IDLE } });
  const folder = `${lab.sandbox.repo}/.kasmos/signals`;
  const leave = async (name: string, text = "", below = ""): Promise<void> => {
    await Deno.mkdir(`${folder}/staging`, { recursive: true });
    await Deno.mkdir(`${folder}/processing`, { recursive: true });
    await Deno.writeTextFile(`${folder}/staging/.draft`, text);
    await Deno.rename(`${folder}/staging/.draft`, `${folder}${below}/${name}`);
  };
  const signals = () => lab.home.store.signals({ limit: 100 });
  await lab.buildTask("solo", ONE);
  await lab.buildTask("other", ONE);
  await lab.event("solo", "implement_finished");
  await lab.event("other", "implement_finished");
  // As a daemon that was killed leaves them: one taken and not done, one taken and since replaced.
  await leave("review-changes-solo", "after all", "/processing");
  await leave("review-changes-other", "stale", "/processing");
  await leave("review-changes-other", "fresh");
  await leave("draft-of-somebody", "x", "/staging");
  lab.startDaemon();

  await t.step("what a killed daemon had taken is done by the next", async () => {
    await lab.untilStatus("solo", "implementing", "fixing");
    assert.equal((await lab.task("solo")).feedback, "after all");
  });
  await t.step("a newer file of the name wins", async () => {
    await lab.untilStatus("other", "implementing", "fixing");
    assert.equal((await lab.task("other")).feedback, "fresh");
    assert.equal((await signals()).filter((s) => s.taskName === "other").length, 1);
  });
  await t.step("what cannot be a signal goes to failed/ with the reason", async () => {
    await leave("cancel-solo");
    await leave("review-changes-solo", "");
    await leave("implement-task-finished-wX-t1-solo");
    await leave("verify-approved-solo");
    await lab.until(
      "four refusals",
      async () =>
        (await names(folder)).length === 0 && (await names(`${folder}/failed`)).length === 8,
    );
    const reason = await Deno.readTextFile(`${folder}/failed/cancel-solo.reason`);
    assert.match(reason, /^\d{4}-\d\d-\d\dT.* Cannot read "cancel-solo" as a signal file\n$/);
    assert.equal((await lab.task("solo")).status, "implementing");
  });
  await t.step("one for an unknown task is a dead letter", async () => {
    await leave("implement-finished-nobody");
    await lab.until(
      "its end",
      async () => (await signals()).some((s) => s.taskName === "nobody" && s.status === "failed"),
    );
    const row = (await signals()).find((s) => s.taskName === "nobody");
    assert.equal(row?.result, 'no task "nobody"');
  });
  await t.step("what is being written is left alone", async () => {
    assert.deepEqual(await names(`${folder}/staging`), ["draft-of-somebody"]);
    assert.deepEqual(await names(`${folder}/processing`), []);
  });
});

Deno.test("a file in a worktree speaks only for the agent that works there", async () => {
  const coder = `${SENTINEL}leave "review-approved-victim" ""
leave "review-approved-$KASMOS_PLAN" ""
${IDLE}`;
  await using lab = await Lab.open({ agents: { coder, reviewer: IDLE } });
  await lab.buildTask("victim", ONE);
  await lab.event("victim", "implement_finished");
  await lab.buildTask("forger", ONE);
  lab.startDaemon();
  const dead = async () => await lab.home.store.signals({ statuses: ["failed"], limit: 10 });
  await lab.until("both refusals", async () => (await dead()).length === 2);
  const results = new Map((await dead()).map((row) => [row.taskName, row.result]));
  assert.match(results.get("victim") ?? "", /works on another task/);
  assert.match(results.get("forger") ?? "", /a coder may not emit review_approved/);
  assert.equal((await lab.task("victim")).status, "reviewing");
});

Deno.test("a signal folder that is a link is not followed", async () => {
  await using lab = await Lab.open({ agents: { coder: IDLE } });
  const { root, repo } = lab.sandbox;
  await Deno.mkdir(`${root}/precious`);
  await Deno.writeTextFile(`${root}/precious/implement-finished-x`, "mine");
  await Deno.symlink(`${root}/precious`, `${repo}/.kasmos/signals`);
  await lab.buildTask("x", ONE, null);
  lab.startDaemon();
  await lab.running("x", "coder");
  // The same look of the daemon finds this signal, which nobody tells it of, and would find the file.
  await lab.home.store.emitSignal({
    projectId: lab.workspace.project.id,
    taskName: "x",
    type: "advance_wave",
    payload: {},
    source: "test",
  });
  await lab.until(
    "a look",
    async () => (await lab.home.store.signals({ statuses: ["failed"], limit: 1 })).length === 1,
  );
  assert.deepEqual(await names(`${root}/precious`), ["implement-finished-x"]);
});

Deno.test("a signal of a process that could not poke the daemon is found", async () => {
  await using lab = await Lab.open({ agents: { coder: IDLE, reviewer: IDLE } });
  await lab.buildTask("quiet", ONE, null);
  lab.startDaemon();
  await lab.running("quiet", "coder");
  await Deno.writeTextFile(`${lab.sandbox.repo}/.worktrees/quiet/work.txt`, "work\n");
  await lab.home.store.emitSignal({
    projectId: lab.workspace.project.id,
    taskName: "quiet",
    type: "implement_finished",
    payload: {},
    source: "test",
  });
  await lab.untilStatus("quiet", "reviewing");
});
