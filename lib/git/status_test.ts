import assert from "node:assert/strict";
import { inRepo, rejects } from "./_fixture.ts";

Deno.test("GitRepo.status() lists staged, unstaged and untracked paths", async () => {
  await inRepo(async ({ repo, root, write, git }) => {
    assert.deepEqual(await repo.status(root), { clean: true, entries: [] });
    await write(`${root}/a.txt`, "edited\n");
    await write(`${root}/new/é "x\n.txt`, "x");
    await git(["mv", "dir/b.txt", "c.txt"]);
    const { clean, entries } = await repo.status(root);
    assert.equal(clean, false);
    assert.deepEqual(entries.map(({ code, path }) => `${code} ${path}`).sort(), [
      " M a.txt",
      '?? new/é "x\n.txt',
      "A  c.txt",
      "D  dir/b.txt",
    ]);
    await rejects(repo.status(`${root}/dir`), "guard", /is not a worktree of/);
  });
});
