import assert from "node:assert/strict";
import { inRepo } from "./_fixture.ts";
import { fallbackIdentity } from "./identity.ts";
import { runGit } from "./run.ts";

Deno.test("fallbackIdentity() lets an agent commit where git has no name, and only there", async () => {
  await inRepo(async ({ root, git }) => {
    // whatever the machine's own settings say
    await git(["config", "user.name", ""]);
    const env = await fallbackIdentity(root, "coder");
    const commit = ["commit", "--quiet", "--allow-empty", "-m", "x"];
    await assert.rejects(runGit(commit, { cwd: root }));
    await runGit(commit, { cwd: root, env });
    const who = await git(["log", "-1", "--format=%an <%ae> %cn <%ce>"]);
    assert.equal(who, "coder (kas) <kas@localhost> coder (kas) <kas@localhost>");
    await git(["config", "user.name", "Née"]);
    await git(["config", "user.email", "n@x"]);
    assert.deepEqual(await fallbackIdentity(root, "coder"), {});
  });
});
