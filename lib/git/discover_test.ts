import assert from "node:assert/strict";
import { cleanEnv, inRepo, inTemp, rawGit, rejects } from "./_fixture.ts";
import { discoverRepo } from "./discover.ts";

Deno.test("discoverRepo() finds the main work tree from every place inside it", async () => {
  await inRepo(async ({ root, base, git, options, tmp }) => {
    const linked = `${tmp}/linked "tree"`;
    await git(["worktree", "add", "--quiet", "-b", "other", linked]);
    await Deno.symlink(root, `${tmp}/link`);
    for (
      const path of [root, `${root}/dir`, `${root}/.git`, linked, `${linked}/dir`, `${tmp}/link`]
    ) {
      assert.deepEqual(await discoverRepo(path, options), {
        root,
        commonDir: `${root}/.git`,
        rootCommit: base,
        head: { branch: "main", commit: base },
        shallow: false,
      }, path);
    }
  });
});

Deno.test("discoverRepo() reads a detached HEAD and keeps the oldest root on an orphan branch", async () => {
  await inRepo(async ({ root, base, git, options, commit }) => {
    await git(["checkout", "--quiet", "--detach"]);
    const info = await discoverRepo(root, options);
    assert.deepEqual(info.head, { branch: null, commit: base });
    await git(["checkout", "--quiet", "--orphan", "pages"]);
    await rejects(discoverRepo(root, options), "guard", /"pages" has no commit yet/);
    const page = await commit(root, { "index.html": "x" });
    const orphan = await discoverRepo(root, options);
    assert.deepEqual(orphan.head, { branch: "pages", commit: page });
    assert.ok([base, page].includes(orphan.rootCommit));
    await git(["checkout", "--quiet", "main"]);
    assert.equal((await discoverRepo(root, options)).rootCommit, orphan.rootCommit);
  });
});

Deno.test("discoverRepo() takes the boundary commit of a shallow clone", async () => {
  await inRepo(async ({ root, git, options, commit, tmp }) => {
    const tip = await commit(root, { "a.txt": "2\n" });
    await git(["clone", "--quiet", "--depth=1", `file://${root}`, `${tmp}/shallow`]);
    const info = await discoverRepo(`${tmp}/shallow`, options);
    assert.equal(info.shallow, true);
    assert.equal(info.rootCommit, tip);
  });
});

Deno.test("discoverRepo() finds a submodule and a repository with its git directory apart", async () => {
  await inRepo(async ({ root, git, options, tmp, commit }) => {
    await git(["clone", "--quiet", root, `${tmp}/lib`]);
    await git(["submodule", "--quiet", "add", `${tmp}/lib`, "sub"]);
    const sub = await discoverRepo(`${root}/sub/dir`, options);
    assert.equal(sub.root, `${root}/sub`);
    assert.equal(sub.commonDir, `${root}/.git/modules/sub`);
    await git(["init", "--quiet", `--separate-git-dir=${tmp}/apart`, `${tmp}/sep`]);
    await commit(`${tmp}/sep`, { "x": "x" });
    assert.equal((await discoverRepo(`${tmp}/sep`, options)).root, `${tmp}/sep`);
    await git(["worktree", "add", "--quiet", `${tmp}/sep2`], `${tmp}/sep`);
    await rejects(discoverRepo(`${tmp}/sep2`, options), "guard", /main work tree/);
  });
});

Deno.test("discoverRepo() refuses what is no usable repository", async () => {
  await inTemp(async (tmp) => {
    const options = { env: { ...cleanEnv(tmp), GIT_CEILING_DIRECTORIES: tmp } };
    await Deno.mkdir(`${tmp}/plain`);
    for (const path of [`${tmp}/plain`, `${tmp}/missing`]) {
      const error = await rejects(
        discoverRepo(path, options),
        "not_a_repository",
        /^kas must be run from within a git repository$/,
      );
      assert.equal(error.context.path, path);
      assert.ok(error.hint?.includes(JSON.stringify(path)));
    }
    await rawGit(["init", "--quiet", "empty"], tmp, tmp);
    const empty = await rejects(discoverRepo(`${tmp}/empty`, options), "guard", /no commit yet/);
    assert.equal(empty.hint, "git commit --allow-empty -m init");
    await rawGit(["init", "--quiet", "--bare", "bare.git"], tmp, tmp);
    await rejects(discoverRepo(`${tmp}/bare.git`, options), "guard", /bare repository/);
  });
});
