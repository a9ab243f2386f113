import assert from "node:assert/strict";
import { inRepo, rejects } from "./_fixture.ts";

Deno.test("push() pushes one branch, says when nothing was new, and never forces (W8)", async () => {
  await inRepo(async (f) => {
    const none = await rejects(f.repo.push("main"), "guard", /no remote "origin"/);
    assert.equal(none.hint, "Add it with git remote add origin <url>");
    await f.git(["init", "--quiet", "--bare", `${f.tmp}/hub.git`]);
    await f.git(["remote", "add", "hub", `${f.tmp}/hub.git`]);
    await f.git(["config", "remote.hub.push", "+refs/heads/*:refs/heads/*"]);
    const config = await Deno.readTextFile(`${f.root}/.git/config`);
    const hub = { remote: "hub", branch: "main" };
    const first = await f.repo.push("main", { remote: "hub" });
    assert.deepEqual(first, { ...hub, commit: f.base, upToDate: false });
    assert.equal((await f.repo.push("main", { remote: "hub" })).upToDate, true);
    assert.equal(await f.git(["ls-remote", "hub"]), `${f.base}\trefs/heads/main`);
    await f.git(["commit", "--quiet", "--amend", "-m", "rewritten"]);
    await rejects(f.repo.push("main", { remote: "hub" }), "conflict", /\[rejected\]/);
    assert.equal(await f.git(["ls-remote", "hub"]), `${f.base}\trefs/heads/main`);
    assert.equal(await Deno.readTextFile(`${f.root}/.git/config`), config);
    await rejects(f.repo.push("nope", { remote: "hub" }), "not_found", /nope/);
    await rejects(f.repo.push("main", { remote: "--mirror" }), "guard", /no remote/);
    await Deno.remove(`${f.tmp}/hub.git`, { recursive: true });
    await rejects(
      f.repo.push("main", { remote: "hub" }),
      "git_failed",
      /hub\.git|read from remote/,
    );
  });
});
