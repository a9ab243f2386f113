import assert from "node:assert/strict";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** Tasks that are taken back, and what becomes of their worktrees, branches and unsaved work. */

const ONE = planText([{ "one.txt": "one" }]);
/** A coder that leaves an uncommitted file and sits there. */
const HALF_DONE = `echo half > half.txt; ${IDLE}`;

async function head(lab: Lab, ref: string): Promise<string> {
  return (await lab.git("rev-parse", ref)).trim();
}

async function untilGone(lab: Lab, name: string): Promise<void> {
  await lab.until(
    `the end of ${name}'s worktrees`,
    async () => await lab.openWorktrees(await lab.task(name)) === 0,
  );
}

/** Waits until an agent has written a file into the worktree of a slot. @returns the worktree */
async function untilFile(lab: Lab, name: string, slot: string, file: string): Promise<string> {
  let path = "";
  await lab.until(`${file} in ${slot}`, async () => {
    const rows = await lab.home.store.worktrees({ taskId: (await lab.task(name)).id });
    path = rows.find((row) => row.slot === slot && row.status === "ready")?.path ?? "";
    return path !== "" && await exists(`${path}/${file}`);
  });
  return path;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("start_over begins on a fresh branch and saves the old work", async (t) => {
  await using lab = await Lab.open({ policy: { auto_merge: false }, agents: { planner: IDLE } });
  lab.startDaemon();
  await lab.buildTask("again", ONE, null);
  await lab.untilStatus("again", "done");
  const old = await head(lab, "plan/again");
  await Deno.writeTextFile(`${lab.sandbox.repo}/.worktrees/again/loose.txt`, "loose\n");
  await lab.git("commit", "-q", "--allow-empty", "-m", "Meanwhile");
  const main = await head(lab, "main");

  await t.step("from done", async () => {
    assert.equal((await lab.kas("task", "start-over", "again")).code, 0);
    await lab.running("again", "planner");
    const task = await lab.task("again");
    assert.deepEqual([task.status, task.baseCommit], ["planning", main]);
    assert.equal(await head(lab, "plan/again"), main);
    assert.equal(await exists(`${lab.sandbox.repo}/.worktrees/again/loose.txt`), false);
  });
  await t.step("what was there can be restored", async () => {
    const saved = await lab.workspace.repo.listRescue("again");
    assert.equal(saved.length, 2, JSON.stringify(saved));
    const branch = saved.find((entry) => entry.commit === old);
    const loose = saved.find((entry) => entry.commit !== old);
    const restored = await lab.kas(
      "task",
      "rescue",
      "restore",
      branch?.ref ?? "",
      "--branch",
      "old",
    );
    assert.equal(restored.code, 0, restored.err);
    assert.equal(await lab.git("show", "old:one.txt"), "one\n");
    assert.equal(await lab.git("show", `${loose?.commit}:loose.txt`), "loose\n");
  });
  await t.step("from planning, where it has to be forced", async () => {
    const before = await lab.running("again", "planner");
    assert.equal((await lab.kas("task", "start-over", "again")).code, 0);
    await lab.until(
      "another planner",
      async () => (await lab.running("again", "planner")).id !== before.id,
    );
    assert.equal(await head(lab, "plan/again"), main);
  });
});

Deno.test("start_over of a merged task starts from the base as it is now", async () => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await lab.buildTask("again", ONE, null);
  await lab.untilMerged("again");
  await lab.git("commit", "-q", "--allow-empty", "-m", "Meanwhile");
  const main = await head(lab, "main");
  const plan = planText([{ "two.txt": "two" }]);
  await lab.home.store.setContent((await lab.task("again")).id, plan, { actor: "test" });
  await lab.event("again", "start_over");
  await lab.untilMerged("again");
  assert.equal((await lab.task("again")).baseCommit, main);
  assert.equal(await head(lab, "main^1"), main);
  assert.equal((await lab.git("merge-base", main, "main^2")).trim(), main);
  assert.equal(await lab.git("show", "main:two.txt"), "two\n");
});

Deno.test("cancel saves uncommitted work, and reopen goes on with the branch", async () => {
  await using lab = await Lab.open({
    agents: { coder: HALF_DONE },
    policy: { auto_merge: false, auto_advance: false },
  });
  lab.startDaemon();
  await lab.buildTask("given-up", ONE);
  await untilFile(lab, "given-up", "w1-t1", "half.txt");
  await lab.event("given-up", "cancel");
  await untilGone(lab, "given-up");
  await using tmux = lab.tmux;
  assert.deepEqual(await tmux.list(), []);
  const [saved] = await lab.workspace.repo.listRescue("given-up");
  assert.equal(await lab.git("show", `${saved?.commit}:half.txt`), "half\n");
  assert.equal((await lab.git("branch", "--list", "plan/given-up--*")).trim(), "");

  await lab.git("commit", "-q", "--allow-empty", "-m", "Meanwhile");
  const tip = await head(lab, "plan/given-up");
  await lab.event("given-up", "reopen");
  await lab.untilStatus("given-up", "ready", "planned");
  assert.equal(await head(lab, "plan/given-up"), tip);
  await lab.event("given-up", "implement_start", { wave: 1 });
  await untilFile(lab, "given-up", "w1-t1", "half.txt");
});

Deno.test("reimplement and request_review of a merged task are merged again", async (t) => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await lab.buildTask("more", ONE, null);
  await lab.untilMerged("more");
  const first = await lab.task("more");

  await t.step("reimplement", async () => {
    const plan = planText([{ "one.txt": "one" }, { "two.txt": "two" }]);
    await lab.home.store.setContent(first.id, plan, { actor: "test" });
    await lab.event("more", "reimplement");
    await lab.until(
      "the second merge",
      async () => ![null, first.mergedSha].includes((await lab.task("more")).mergedSha),
    );
    await lab.untilMerged("more");
    assert.equal(await lab.git("show", "main:two.txt"), "two\n");
  });
  await t.step("request_review", async () => {
    const { mergedSha, doneAt } = await lab.task("more");
    await lab.event("more", "request_review");
    await lab.until("a new end", async () => (await lab.task("more")).doneAt !== doneAt);
    await lab.untilMerged("more");
    assert.equal((await lab.task("more")).mergedSha, mergedSha, "there was nothing new to merge");
  });
});

Deno.test("what kas did not make is left alone", async (t) => {
  await using lab = await Lab.open({ agents: { coder: HALF_DONE } });
  const { repo, paths } = lab.sandbox;
  await Deno.mkdir(`${repo}/.worktrees/folder`, { recursive: true });
  await Deno.writeTextFile(`${repo}/.worktrees/folder/mine.txt`, "mine\n");
  await lab.git("worktree", "add", "-q", "-b", "plan/foreign", `${repo}/.worktrees/foreign`);
  await Deno.writeTextFile(`${repo}/.worktrees/foreign/mine.txt`, "mine\n");
  await lab.git("branch", "plan/theirs");
  await lab.git("branch", "plan/next--w1-t1");
  lab.startDaemon();

  await t.step("a branch that was there before is not deleted", async () => {
    await lab.buildTask("theirs", ONE);
    await untilFile(lab, "theirs", "w1-t1", "half.txt");
    await lab.event("theirs", "cancel");
    await untilGone(lab, "theirs");
    assert.equal(await head(lab, "plan/theirs"), await head(lab, "main"));
    await lab.buildTask("next", ONE);
    await untilFile(lab, "next", "w1-t1", "half.txt");
    await lab.event("next", "cancel");
    await untilGone(lab, "next");
    assert.equal(await head(lab, "plan/next--w1-t1"), await head(lab, "main"));
    assert.equal((await lab.git("branch", "--list", "plan/theirs--*")).trim(), "");
  });
  await t.step("a folder in the way is an error in the log, until it is moved", async () => {
    await lab.buildTask("folder", ONE);
    const error = await lab.untilEvent("engine_error", "folder");
    assert.match(error.message, /folder.*is not a worktree/);
    assert.equal(await Deno.readTextFile(`${repo}/.worktrees/folder/mine.txt`), "mine\n");
    await Deno.rename(`${repo}/.worktrees/folder`, `${lab.sandbox.root}/moved`);
    await untilFile(lab, "folder", "w1-t1", "half.txt");
    await lab.event("folder", "cancel");
    await untilGone(lab, "folder");
  });
  await t.step("a worktree of the user's with a task's branch", async () => {
    await lab.buildTask("foreign", ONE);
    const error = await lab.untilEvent("engine_error", "foreign");
    assert.match(error.message, /kas did not make that worktree/);
    await lab.event("foreign", "cancel");
    await lab.until("its end", async () =>
      (await lab.task("foreign")).status === "cancelled" &&
      (await lab.sessions("foreign")).every((s) => s.status === "exited"));
    assert.equal(await Deno.readTextFile(`${repo}/.worktrees/foreign/mine.txt`), "mine\n");
  });
  await t.step("a terminal session of the user's on the server of kas", async () => {
    await lab.buildTask("last", ONE);
    const coder = await lab.running("last", "coder");
    const name = `${coder.tmuxName}0`;
    const tmux = (...args: string[]) =>
      new Deno.Command("tmux", { args: ["-S", paths.tmuxSocket, ...args] }).output();
    await tmux("new-session", "-d", "-s", name, "sleep 600");
    await lab.event("last", "cancel");
    await untilGone(lab, "last");
    const { stdout } = await tmux("list-sessions", "-F", "#{session_name}");
    const left = new TextDecoder().decode(stdout).trim().split("\n");
    assert.ok(left.includes(name), "W11: no match by prefix");
    assert.ok(!left.includes(coder.tmuxName));
  });
});
