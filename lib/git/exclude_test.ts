import assert from "node:assert/strict";
import { inRepo, rejects } from "./_fixture.ts";

Deno.test("GitRepo.ensureExcluded() adds each pattern once and keeps what is there", async () => {
  await inRepo(async ({ repo, root }) => {
    const file = `${root}/.git/info/exclude`;
    await Deno.writeTextFile(file, "# mine\n*.log\n/.worktrees/x");
    assert.deepEqual(await repo.ensureExcluded([".kasmos/", "*.log", ".kasmos/"]), [".kasmos/"]);
    assert.deepEqual(await repo.ensureExcluded([".kasmos/"]), []);
    assert.equal(await Deno.readTextFile(file), "# mine\n*.log\n/.worktrees/x\n.kasmos/\n");
    await Deno.remove(`${root}/.git/info`, { recursive: true });
    await Promise.all([repo.ensureExcluded([".worktrees/"]), repo.ensureExcluded([".worktrees/"])]);
    assert.equal(await Deno.readTextFile(file), ".worktrees/\n");
    await rejects(repo.ensureExcluded(["a\n*"]), "invalid", /not one line/);
  });
});
