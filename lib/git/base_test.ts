import assert from "node:assert/strict";
import { checkoutState, type Fixture, inRepo, makeDirty, rejects, there } from "./_fixture.ts";

const AT = 1_700_000_000_000;

/** Branch plan/t with one commit; the user has `checkout` out in the main work tree. */
async function finishedTask(f: Fixture, checkout: string) {
  await f.repo.ensureWorktree({ path: f.tree("t"), branch: "plan/t", base: f.base });
  const tip = await f.commit(f.tree("t"), { "a.txt": "task\n", "new/c.txt": "c\n" });
  if (checkout !== "main") await f.git(["checkout", "--quiet", "-b", checkout]);
  return {
    base: "main",
    branch: "plan/t",
    expectBase: f.base,
    expectBranch: tip,
    message: "Merge task t",
    at: AT,
  };
}

Deno.test("mergeToBase() merges by plumbing while the user is on another branch with dirty files (W5, W7)", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "feature");
    await makeDirty(f);
    const user = await checkoutState(f);
    const merged = await f.repo.mergeToBase(options);
    const commit = await f.repo.resolve("refs/heads/main");
    assert.deepEqual(merged, { kind: "merged", commit, checkout: null });
    assert.equal(
      await f.git(["log", "-1", "--format=%P %s %ct", "main"]),
      `${f.base} ${options.expectBranch} Merge task t 1700000000`,
    );
    assert.equal(await f.git(["show", "main:new/c.txt"]), "c");
    assert.deepEqual(await checkoutState(f), user);
    // The redo after a crash expects the old base and finds its own merge.
    const again = await f.repo.mergeToBase(options);
    assert.deepEqual(again, { kind: "already", commit, checkout: null });
    assert.deepEqual(await checkoutState(f), user);
  });
});

Deno.test("mergeToBase() fast-forwards an unchanged checkout of the base and keeps untracked files", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "main");
    await f.write(`${f.root}/note.txt`, "untracked\n");
    const merged = await f.repo.mergeToBase(options);
    assert.equal(merged.checkout, f.root);
    assert.equal(await f.repo.resolve("HEAD"), merged.commit);
    assert.equal(await Deno.readTextFile(`${f.root}/a.txt`), "task\n");
    assert.deepEqual((await f.repo.status(f.root)).entries, [{ code: "??", path: "note.txt" }]);
  });
});

Deno.test("mergeToBase() fast-forwards a linked worktree of the user that has the base", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "feature");
    await f.git(["worktree", "add", "--quiet", `${f.tmp}/user's`, "main"]);
    const user = await checkoutState(f);
    const merged = await f.repo.mergeToBase(options);
    assert.equal(merged.checkout, `${f.tmp}/user's`);
    assert.equal(await Deno.readTextFile(`${f.tmp}/user's/new/c.txt`), "c\n");
    assert.equal((await f.repo.status(`${f.tmp}/user's`)).clean, true);
    assert.deepEqual(await checkoutState(f), user);
  });
});

Deno.test("mergeToBase() changes nothing when the checkout of the base has changes (W7)", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "main");
    const refused = async (message: RegExp) => {
      const user = await checkoutState(f);
      const error = await rejects(f.repo.mergeToBase(options), "guard", message);
      assert.deepEqual(await checkoutState(f), user);
      assert.equal(await f.repo.resolve("refs/heads/main"), f.base);
      return error;
    };
    await makeDirty(f); // staged, unstaged, deleted and untracked
    const dirty = await refused(/"(a|staged)\.txt" has uncommitted changes/);
    assert.match(dirty.hint ?? "", /merge --no-ff plan\/t/);
    await f.git(["reset", "--quiet", "--hard"]);
    await f.write(`${f.root}/a.txt`, "unstaged only\n");
    await refused(/"a\.txt" has uncommitted changes/);
    await f.git(["reset", "--quiet", "--hard"]);
    await f.write(`${f.root}/new/c.txt`, "untracked, mine\n");
    await refused(/git refused and nothing was changed/);
    await f.repo.ensureExcluded(["new/"]);
    await refused(/git refused and nothing was changed/); // ignored files are no less the user's
  });
});

Deno.test("mergeToBase() does not stash, whatever merge.autoStash says", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "main");
    await f.git(["config", "merge.autoStash", "true"]);
    await f.git(["config", "merge.ff", "false"]);
    await makeDirty(f);
    const user = await checkoutState(f);
    await rejects(f.repo.mergeToBase(options), "guard", /uncommitted changes/);
    assert.deepEqual(await checkoutState(f), user);
    await f.git(["reset", "--quiet", "--hard"]);
    assert.equal((await f.repo.mergeToBase(options)).checkout, f.root);
  });
});

Deno.test("mergeToBase() refuses a base that is being rebased, merged or lost", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "main");
    await f.git(["branch", "up"]);
    await f.repo.ensureWorktree({ path: f.tree("up"), branch: "up", base: f.base });
    await f.commit(f.tree("up"), { "dir/b.txt": "up\n" });
    const expectBase = await f.commit(f.root, { "dir/b.txt": "main\n" });
    await assert.rejects(f.git(["rebase", "--quiet", "up"]));
    const user = await checkoutState(f);
    await rejects(f.repo.mergeToBase({ ...options, expectBase }), "guard", /being rebased/);
    assert.deepEqual(await checkoutState(f), user);
    await f.git(["rebase", "--abort"]);
    await assert.rejects(f.git(["merge", "--quiet", "up"]));
    await f.git(["checkout", "--quiet", "HEAD", "--", "."]);
    const merging = await checkoutState(f);
    await rejects(f.repo.mergeToBase({ ...options, expectBase }), "guard", /nothing was changed/);
    assert.deepEqual(await checkoutState(f), merging);
    await f.git(["merge", "--abort"]);
    await f.git(["switch", "--quiet", "-c", "feature"]);
    await f.git(["worktree", "add", "--quiet", `${f.tmp}/stick`, "main"]);
    await Deno.remove(`${f.tmp}/stick`, { recursive: true });
    await rejects(f.repo.mergeToBase({ ...options, expectBase }), "guard", /folder is missing/);
    assert.equal(await f.repo.resolve("refs/heads/main"), expectBase);
  });
});

Deno.test("mergeToBase() refuses branches that moved and names both commits", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "feature");
    const other = "1".repeat(40);
    const branch = await rejects(
      f.repo.mergeToBase({ ...options, expectBranch: other }),
      "conflict",
      /"plan\/t" is at/,
    );
    assert.ok(branch.message.includes(options.expectBranch) && branch.message.includes(other));
    const base = await rejects(
      f.repo.mergeToBase({ ...options, expectBase: other }),
      "conflict",
      /"main" is at/,
    );
    assert.ok(base.message.includes(f.base) && base.message.includes(other));
    assert.equal(await f.repo.resolve("refs/heads/main"), f.base);
    await rejects(f.repo.mergeToBase({ ...options, branch: "nope" }), "not_found", /nope/);
  });
});

Deno.test("mergeToBase() reports conflicts with their files and changes nothing (W7)", async () => {
  await inRepo(async (f) => {
    const options = await finishedTask(f, "main");
    const expectBase = await f.commit(f.root, { "a.txt": "user\n" });
    const user = await checkoutState(f);
    const error = await rejects(
      f.repo.mergeToBase({ ...options, expectBase }),
      "conflict",
      /"a\.txt" is in conflict/,
    );
    assert.deepEqual(error.context.files, ["a.txt"]);
    assert.deepEqual(await checkoutState(f), user);
    assert.equal(await there(`${f.root}/.git/MERGE_HEAD`), false);
  });
});
