import assert from "node:assert/strict";
import { checkoutState, inRepo, makeDirty, rejects } from "./_fixture.ts";

const AT = 1_700_000_000_000;

Deno.test("commitAll() commits everything but ignored files and nested repositories, with hooks (W8)", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    await f.repo.ensureWorktree({ path, branch: "b", base: f.base });
    assert.equal(await f.repo.commitAll(path, "nothing"), null);
    await makeDirty(f, path);
    await f.repo.ensureExcluded([".kasmos/"]);
    await f.write(`${path}/.kasmos/signal`, "x");
    await f.git(["init", "--quiet", `${path}/inner`]);
    const sha = await f.repo.commitAll(path, "# done: é", { at: AT });
    assert.deepEqual((await f.repo.changedFiles(f.base, sha ?? "")).sort(), [
      "a.txt",
      "dir/b.txt",
      "staged.txt",
      "un tracked\n.txt",
    ]);
    assert.equal(
      await f.git(["log", "-1", "--format=%s|%an|%ct", "b"]),
      "# done: é|kas|1700000000",
    );
    await Deno.mkdir(`${f.root}/.git/hooks`, { recursive: true });
    const hook = "#!/bin/sh\necho no such luck >&2\nexit 1\n";
    await Deno.writeTextFile(`${f.root}/.git/hooks/pre-commit`, hook, { mode: 0o755 });
    await f.write(`${path}/a.txt`, "again\n");
    await rejects(f.repo.commitAll(path, "x"), "git_failed", /no such luck/);
    assert.equal(await Deno.readTextFile(`${path}/a.txt`), "again\n");
    await rejects(f.repo.commitAll(path, " "), "invalid", /no message/);
  });
});

Deno.test("commitAll() never commits in the user's checkout, on a detached HEAD or over conflicts (W6)", async () => {
  await inRepo(async (f) => {
    await makeDirty(f);
    const user = await checkoutState(f);
    await rejects(f.repo.commitAll(f.root, "x"), "guard", /main checkout/);
    await rejects(f.repo.commitAll(`${f.root}/dir`, "x"), "guard", /not a worktree/);
    assert.deepEqual(await checkoutState(f), user);
    const path = f.tree("t");
    await f.repo.ensureWorktree({ path, branch: "b", base: f.base });
    await f.commit(path, { "a.txt": "task\n" });
    await f.git(["commit", "--quiet", "--all", "-m", "user"]);
    await assert.rejects(f.git(["merge", "--quiet", "main"], path));
    const error = await rejects(f.repo.commitAll(path, "x"), "conflict", /"a\.txt" has conflicts/);
    assert.deepEqual(error.context.files, ["a.txt"]);
    await f.write(`${path}/a.txt`, "both\n");
    await f.git(["add", "a.txt"], path);
    const sha = await f.repo.commitAll(path, "resolved");
    assert.equal((await f.git(["rev-list", "--parents", "-1", sha ?? ""])).split(" ").length, 3);
    await f.git(["switch", "--quiet", "--detach"], path);
    await f.write(`${path}/a.txt`, "x\n");
    await rejects(f.repo.commitAll(path, "x"), "guard", /HEAD is detached/);
  });
});
