import assert from "node:assert/strict";
import { knownProject, likelyRoot } from "./_place.ts";
import { inWorld } from "./_testing.ts";

Deno.test("likelyRoot() finds the main work tree from below it and from a worktree", () =>
  inWorld(async (world) => {
    const { dir, repo } = world;
    await Deno.mkdir(`${repo}/a/b`, { recursive: true });
    await world.git(["worktree", "add", "-q", `${dir}/my tree`, "-b", "x"]);
    await Deno.mkdir(`${dir}/my tree/sub`);
    await Deno.symlink(`${repo}/a`, `${dir}/link`);
    for (const folder of [repo, `${repo}/a/b`, `${dir}/my tree/sub`, `${dir}/link/b`]) {
      assert.equal(await likelyRoot(folder), repo, folder);
    }
    assert.equal(await likelyRoot(dir), null);
    assert.equal(await likelyRoot(`${dir}/missing`), null);
  }));

Deno.test("likelyRoot() leaves git directories that are elsewhere to git", () =>
  inWorld(async (world) => {
    const { dir } = world;
    await world.git(["init", "-q", "--separate-git-dir", `${dir}/store.git`, `${dir}/apart`], dir);
    assert.equal(await likelyRoot(`${dir}/apart`), null);
    await Deno.mkdir(`${dir}/odd`);
    await Deno.writeTextFile(`${dir}/odd/.git`, "gitdir: ../repo/.git/worktrees/x\n");
    assert.equal(await likelyRoot(`${dir}/odd`), null);
  }));

Deno.test("knownProject() knows only rows of that very root", () =>
  inWorld(async ({ store, repo, projectId }) => {
    assert.equal((await knownProject(store, repo))?.id, projectId);
    assert.equal(await knownProject(store, `${repo}/x`), null);
    assert.equal(await knownProject(store, null), null);
  }));
