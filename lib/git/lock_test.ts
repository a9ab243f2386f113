import assert from "node:assert/strict";
import { inRepo, rejects, there } from "./_fixture.ts";

Deno.test("clearStaleLock() removes only an old lock that nobody holds, in kas's worktrees", async () => {
  await inRepo(async ({ repo, root, base, tree, write }) => {
    await repo.ensureWorktree({ path: tree("t"), branch: "b", base });
    const lock = `${root}/.git/worktrees/t/index.lock`;
    assert.equal(await repo.clearStaleLock(tree("t"), 5000), "absent");
    await write(lock, "");
    assert.equal(await repo.clearStaleLock(tree("t"), 5000), "young");
    await Deno.utime(lock, new Date(0), new Date(0));
    if (Deno.build.os === "linux") {
      using _held = await Deno.open(lock);
      assert.equal(await repo.clearStaleLock(tree("t"), 5000), "held");
    }
    assert.equal(await repo.clearStaleLock(tree("t"), 5000), "removed");
    assert.equal(await there(lock), false);
    await rejects(repo.clearStaleLock(root, 0), "guard", /main checkout/);
  });
});
