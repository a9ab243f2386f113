import assert from "node:assert/strict";
import { IDLE, Lab, planText, REPORT_TASK } from "./support/lab.ts";

/**
 * The user's checkout is never switched, stashed, reset or committed, and nobody's work is lost:
 * each of the ways in which that once went wrong has a test here, by its number.
 */

const ONE = planText([{ "one.txt": "one" }]);

/** Everything of a checkout that a person would miss, byte for byte. */
async function fingerprint(lab: Lab): Promise<Record<string, string>> {
  const { repo } = lab.sandbox;
  const seen: Record<string, string> = {};
  await addFiles(repo, "", seen);
  for (const name of ["HEAD", "index", "config", "refs/stash", "logs/HEAD"]) {
    seen[`.git/${name}`] = await digest(`${repo}/.git/${name}`);
  }
  seen.status = await lab.git("status", "--porcelain=v2", "--branch", "--ignored");
  seen.stash = await lab.git("stash", "list");
  seen.staged = await lab.git("diff", "--cached");
  return seen;
}

async function addFiles(root: string, folder: string, into: Record<string, string>): Promise<void> {
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}${entry.name}`;
    if ([".git", ".worktrees", ".kasmos"].includes(path)) continue;
    const { mode, mtime } = await Deno.lstat(`${root}/${path}`);
    const content = entry.isSymlink
      ? await Deno.readLink(`${root}/${path}`)
      : entry.isFile
      ? await digest(`${root}/${path}`)
      : "";
    into[path] = `${mode} ${entry.isFile ? mtime?.getTime() : ""} ${content}`;
    if (entry.isDirectory) await addFiles(root, `${path}/`, into);
  }
}

async function digest(path: string): Promise<string> {
  try {
    const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
    return new Uint8Array(hash).toHex();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
}

/** Fills the checkout with every kind of change: staged, both, unstaged, untracked, ignored, stashed. */
async function makeDirty(lab: Lab): Promise<void> {
  const { repo } = lab.sandbox;
  const write = (name: string, text: string) => Deno.writeTextFile(`${repo}/${name}`, text);
  await write("stashed.txt", "stashed\n");
  await lab.git("stash", "push", "-q", "--include-untracked", "--", "stashed.txt");
  await write("README.md", "staged\n");
  await lab.git("add", "README.md");
  await write("README.md", "staged, then changed\n");
  await write("new.txt", "new\n");
  await lab.git("add", "--intent-to-add", "new.txt");
  await write("untracked.sh", "#!/bin/sh\n");
  await Deno.chmod(`${repo}/untracked.sh`, 0o750);
  await Deno.mkdir(`${repo}/folder`);
  await write("folder/ignored.env", "SECRET=1\n");
  await write(".git/info/exclude", "*.env\n");
  await Deno.symlink("folder/ignored.env", `${repo}/link`);
  await lab.git("status"); // git refreshes what it caches of the files, not kas
}

Deno.test("a dirty checkout of another branch stays as it is, and main is merged (W5, W7)", async () => {
  await using lab = await Lab.open();
  await lab.git("branch", "other");
  await lab.git("switch", "-q", "other");
  await makeDirty(lab);
  await lab.workspace.repo.ensureExcluded(["/.worktrees/", ".kasmos/"]);
  const before = await fingerprint(lab);
  const other = await lab.git("rev-parse", "other");
  const { home, workspace } = lab;
  const { createTask } = await import("../lib/engine/operations.ts");
  await createTask(home, workspace, { name: "quiet", base: "main", description: "d" }, "test");
  await lab.event("quiet", "plan_start");
  lab.startDaemon();
  await lab.untilMerged("quiet");
  assert.deepEqual(await fingerprint(lab), before);
  assert.equal(await lab.git("rev-parse", "other"), other);
  assert.match(await lab.git("show", "main:bin/hello"), /set -eu/);
});

Deno.test("a checkout of main with changes refuses the merge; a clean one follows it", async (t) => {
  await using lab = await Lab.open();
  await lab.buildTask("merge", ONE, null);
  await makeDirty(lab);
  lab.startDaemon();
  const failed = await lab.untilEvent("merge_failed", "merge");
  const before = await fingerprint(lab);

  await t.step("refused", async () => {
    assert.match(failed.message, /main.*README\.md.* has uncommitted changes/);
    const refused = await lab.kas("task", "merge", "merge");
    assert.equal(refused.code, 3, refused.err);
    assert.match(refused.err, /has uncommitted changes/);
    const { status, mergedSha } = await lab.task("merge");
    assert.deepEqual([status, mergedSha], ["done", null]);
    assert.deepEqual(await fingerprint(lab), before);
  });
  await t.step("an untracked file in the way is not overwritten", async () => {
    await lab.git("reset", "-q");
    await lab.git("checkout", "-q", "--", "README.md");
    await Deno.writeTextFile(`${lab.sandbox.repo}/one.txt`, "mine\n");
    const inTheWay = await fingerprint(lab);
    const refused = await lab.kas("task", "merge", "merge");
    assert.equal(refused.code, 3, refused.err);
    assert.deepEqual(await fingerprint(lab), inTheWay);
    await Deno.remove(`${lab.sandbox.repo}/one.txt`);
  });
  await t.step("clean, it is moved forward", async () => {
    const merged = await lab.kas("task", "merge", "merge");
    assert.equal(merged.code, 0, merged.err);
    assert.equal(await Deno.readTextFile(`${lab.sandbox.repo}/one.txt`), "one\n");
    assert.equal((await lab.git("symbolic-ref", "HEAD")).trim(), "refs/heads/main");
    assert.equal(await lab.git("status", "--porcelain", "--untracked-files=no"), "");
    assert.equal(await Deno.readTextFile(`${lab.sandbox.repo}/folder/ignored.env`), "SECRET=1\n");
    await lab.untilMerged("merge");
  });
});

Deno.test("a merge that conflicts changes nothing and keeps the worktree (W7)", async () => {
  await using lab = await Lab.open({ policy: { auto_merge: false } });
  await lab.buildTask("late", ONE, null);
  lab.startDaemon();
  await lab.untilStatus("late", "done");
  await Deno.writeTextFile(`${lab.sandbox.repo}/one.txt`, "another\n");
  await lab.git("add", "one.txt");
  await lab.git("commit", "-q", "-m", "In the way");
  await lab.kas("task", "merge", "late"); // stale: it is verified on the new base
  const main = (await lab.git("rev-parse", "main")).trim();
  await lab.until("the new verification", async () => {
    const { status, verifiedBaseSha } = await lab.task("late");
    return status === "done" && verifiedBaseSha === main;
  });
  const before = await fingerprint(lab);
  const refused = await lab.kas("task", "merge", "late");
  assert.equal(refused.code, 1, refused.err);
  assert.match(refused.err, /one\.txt.* is in conflict/);
  assert.deepEqual(await fingerprint(lab), before);
  assert.equal(await lab.git("show", "plan/late:one.txt"), "one\n");
  assert.equal(await lab.openWorktrees(await lab.task("late")), 1);
});

Deno.test("an agent's replacement finds what was left uncommitted (W2)", async () => {
  const coder = `if [ -e half.txt ]; then
  echo whole >> half.txt && git add half.txt && git commit -qm "Add half.txt"
  ${REPORT_TASK}
else
  echo half > half.txt; exit 1
fi`;
  await using lab = await Lab.open({ agents: { coder } });
  await lab.buildTask("halves", planText([{}]));
  lab.startDaemon();
  await lab.untilMerged("halves");
  assert.equal(await lab.git("show", "main:half.txt"), "half\nwhole\n");
  assert.deepEqual((await lab.sessions("halves")).slice(0, 2).map((s) => s.exitReason), [
    "died",
    "reported",
  ]);
});

Deno.test("after a restart an agent that is replaced leaves worktree and branch (W3)", async () => {
  const coder = `git commit -q --allow-empty -m "So far"; echo loose > loose.txt; ${IDLE}`;
  await using lab = await Lab.open({ agents: { coder } });
  await lab.buildTask("kept", ONE);
  lab.startDaemon();
  const first = await lab.running("kept", "coder");
  await lab.until("its work", async () => await digest(`${first.cwd}/loose.txt`) !== "none");
  await lab.killDaemon();
  lab.startDaemon();
  const tip = (await lab.git("rev-parse", "plan/kept--w1-t1")).trim();
  assert.equal((await lab.kas("instance", "restart", first.title)).code, 0);
  await lab.until(
    "the next coder",
    async () => (await lab.running("kept", "coder")).id !== first.id,
  );
  const second = await lab.running("kept", "coder");
  assert.equal((await lab.kas("instance", "kill", second.title)).code, 0);
  await lab.decision("kept", "wave_failed");
  await lab.git("merge-base", "--is-ancestor", tip, "plan/kept--w1-t1");
  assert.equal(await Deno.readTextFile(`${first.cwd}/loose.txt`), "loose\n");
});

Deno.test("agents without files of their own never touch the user's checkout (W6)", async () => {
  await using lab = await Lab.open({ agents: { planner: IDLE } });
  await makeDirty(lab);
  await lab.workspace.repo.ensureExcluded(["/.worktrees/", ".kasmos/"]);
  const before = await fingerprint(lab);
  await lab.beginTask("plan");
  lab.startDaemon();
  const planner = await lab.running("plan", "planner");
  assert.ok(planner.cwd.startsWith(`${lab.sandbox.repo}/.worktrees/`), planner.cwd);
  assert.equal((await lab.kas("instance", "pause", planner.title)).code, 0);
  await using tmux = lab.tmux;
  await lab.until("its end", async () => !(await tmux.has(planner.tmuxName)));
  assert.equal((await lab.kas("instance", "resume", planner.title)).code, 0);
  const next = await lab.running("plan", "planner");
  assert.equal((await lab.kas("instance", "kill", next.title)).code, 0);
  await lab.answer("plan", "agent_failed", "abort");
  await lab.until("the end", async () => await lab.openWorktrees(await lab.task("plan")) === 0);
  assert.deepEqual(await fingerprint(lab), before);
});

Deno.test("what an agent leaves is committed without the files of kas, and pushed without gh (W8)", async () => {
  await using lab = await Lab.open({
    policy: { auto_merge: false },
    env: { KAS_DEMO_UNTIDY: "1" },
  });
  const origin = `${lab.sandbox.root}/origin.git`;
  await lab.git("init", "-q", "--bare", origin);
  await lab.git("remote", "add", "origin", origin);
  await lab.buildTask("untidy", planText([{ "one.txt": "one" }, { "two.txt": "two" }]));
  lab.startDaemon();
  await lab.untilStatus("untidy", "done");
  const tree = async (ref: string) =>
    (await lab.git("ls-tree", "-r", "--name-only", ref)).trim().split("\n");
  const expected = ["README.md", "notes/1.txt", "notes/2.txt", "one.txt", "two.txt"];
  assert.deepEqual(await tree("plan/untidy"), expected);
  await Deno.writeTextFile(`${lab.sandbox.repo}/.worktrees/untidy/late.txt`, "late\n");
  const pushed = await lab.kas("task", "push", "untidy");
  assert.equal(pushed.code, 0, pushed.err);
  await lab.git("fetch", "-q", "origin");
  assert.deepEqual(await tree("origin/plan/untidy"), [
    "README.md",
    "late.txt",
    "notes/1.txt",
    "notes/2.txt",
    "one.txt",
    "two.txt",
  ]);
});
