import assert from "node:assert/strict";
import { inRepo } from "./_fixture.ts";
import { fallbackIdentity } from "./identity.ts";
import { runGit } from "./run.ts";

Deno.test("fallbackIdentity() lets an agent commit where git has no name, and only there", async () => {
  await inRepo(async ({ root, git }) => {
    // whatever the machine's own settings say
    await git(["config", "user.name", ""]);
    const env = await fallbackIdentity(root, "coder", {});
    const commit = ["commit", "--quiet", "--allow-empty", "-m", "x"];
    await assert.rejects(runGit(commit, { cwd: root }));
    await runGit(commit, { cwd: root, env });
    const who = await git(["log", "-1", "--format=%an <%ae> %cn <%ce>"]);
    assert.equal(who, "coder (kas) <kas@localhost> coder (kas) <kas@localhost>");
    await git(["config", "user.name", "Née"]);
    await git(["config", "user.email", "n@x"]);
    assert.deepEqual(await fallbackIdentity(root, "coder", {}), {});
  });
});

Deno.test("fallbackIdentity() hands on a name that stands in variables, but no agent's", async () => {
  await inRepo(async ({ root, git }) => {
    await git(["config", "user.name", ""]);
    const whole = (name: string, email: string) => ({
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    });
    const ann = whole("Ann B", "ann@x");
    assert.deepEqual(await fallbackIdentity(root, "coder", ann), ann);
    const coder = whole("coder (kas)", "kas@localhost");
    assert.deepEqual(
      await fallbackIdentity(root, "coder", whole("fixer (kas)", "kas@localhost")),
      coder,
    );
    // git would commit for an author alone no more than for nobody
    const { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL } = ann;
    const half = { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL };
    assert.deepEqual(await fallbackIdentity(root, "coder", half), coder);
    const file = `${root}/elsewhere`;
    await git(["config", "--unset", "user.name"]);
    await Deno.writeTextFile(file, "[user]\n\tname = Eve\n\temail = eve@x\n");
    const env = { GIT_CONFIG_GLOBAL: file };
    assert.deepEqual(await fallbackIdentity(root, "coder", env), whole("Eve", "eve@x"));
  });
});
