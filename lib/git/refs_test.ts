import assert from "node:assert/strict";
import { inRepo, rejects } from "./_fixture.ts";

Deno.test("GitRepo.resolve() gives commits, null for nothing, and refuses options", async () => {
  await inRepo(async ({ repo, base, git }) => {
    await git(["tag", "-a", "v1", "-m", "one"]);
    await git(["branch", "né/日本'\"$"]);
    for (const ref of ["main", "HEAD", "v1", base, "né/日本'\"$"]) {
      assert.equal(await repo.resolve(ref), base, ref);
    }
    for (const ref of ["", "nope", "0".repeat(40), "a..b", "HEAD:a.txt", "HEAD~7", "x y"]) {
      assert.equal(await repo.resolve(ref), null, ref);
    }
    await rejects(repo.resolve("--all"), "invalid", /"--all" as a revision/);
  });
});

Deno.test("GitRepo.log(), changedFiles() and diffStat() describe commits", async () => {
  await inRepo(async ({ repo, root, base, git, commit }) => {
    const odd = 'new\n"é.txt';
    const two = await commit(root, { "a.txt": "a\nmore\n", [odd]: "1\n2\n" }, "sécond | \x1f one");
    assert.deepEqual(await repo.changedFiles(base, two), ["a.txt", odd]);
    assert.deepEqual(await repo.diffStat(base, two), { files: 2, insertions: 3, deletions: 0 });
    const [entry, ...none] = await repo.log(`${base}..main`, 10);
    assert.deepEqual(none, []);
    assert.equal(entry?.sha, two);
    assert.equal(entry?.subject, "sécond | \x1f one");
    assert.equal(entry?.author, "U");
    assert.equal(entry?.at, Number(await git(["log", "-1", "--format=%ct"])) * 1000);
    assert.equal((await repo.log("main", 1)).length, 1);
    assert.deepEqual(await repo.log("main..main", 5), []);
    await Deno.writeFile(`${root}/bin`, new Uint8Array([0, 1, 2, 0]));
    const three = await commit(root, {});
    assert.deepEqual(await repo.diffStat(two, three), { files: 1, insertions: 0, deletions: 0 });
  });
});

Deno.test("GitRepo.isAncestor() and mergeBase() answer, and fail for unknown commits", async () => {
  await inRepo(async ({ repo, root, base, git, commit }) => {
    const two = await commit(root, { "a.txt": "2\n" });
    assert.equal(await repo.isAncestor(base, "main"), true);
    assert.equal(await repo.isAncestor(two, base), false);
    assert.equal(await repo.mergeBase(two, base), base);
    await git(["checkout", "--quiet", "--orphan", "island"]);
    await commit(root, { "x.txt": "x" });
    assert.equal(await repo.mergeBase("island", "main"), null);
    await rejects(repo.isAncestor("nope", base), "git_failed", /nope/);
  });
});
