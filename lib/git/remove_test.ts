import assert from "node:assert/strict";
import { checkoutState, type Fixture, inRepo, makeDirty, rejects, there } from "./_fixture.ts";
import { GitRepo } from "./repo.ts";

const AT = 1_700_000_000_000;

Deno.test("removeWorktree() saves unsaved work first and leaves a dirty user checkout alone (W2, W3)", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    await f.repo.ensureWorktree({ path, branch: "b", base: f.base });
    await makeDirty(f, path);
    await makeDirty(f);
    const user = await checkoutState(f);
    const gone = await f.repo.removeWorktree({ path, task: "t", at: AT });
    assert.equal(gone.removed, true);
    assert.equal(await there(path), false);
    assert.equal((await f.repo.worktrees()).length, 1);
    assert.equal(await f.git(["show", `${gone.rescue?.ref}:un tracked\n.txt`]), "untracked");
    assert.equal(await f.repo.resolve("refs/heads/b"), f.base); // the branch stays
    assert.deepEqual(await checkoutState(f), user);
    const again = await f.repo.removeWorktree({ path, task: "t", at: AT });
    assert.deepEqual(again, { removed: false, rescue: null });
  });
});

Deno.test("removeWorktree() makes no rescue ref for a clean worktree", async () => {
  await inRepo(async ({ repo, base, tree, write }) => {
    await repo.ensureWorktree({ path: tree("t"), branch: "b", base });
    await repo.ensureExcluded(["*.log"]);
    await write(`${tree("t")}/x.log`, "ignored files go");
    const gone = await repo.removeWorktree({ path: tree("t"), task: "t", at: AT });
    assert.deepEqual(gone, { removed: true, rescue: null });
  });
});

Deno.test("removeWorktree() refuses the main checkout, foreign folders and locked worktrees (W6)", async () => {
  await inRepo(async ({ repo, root, base, tree, git, write }) => {
    const own = { task: "t", at: AT };
    await rejects(repo.removeWorktree({ ...own, path: root }), "guard", /main checkout/);
    await rejects(repo.removeWorktree({ ...own, path: `${root}/dir` }), "guard", /not a worktree/);
    await repo.ensureWorktree({ path: tree("t"), branch: "b", base });
    await git(["worktree", "lock", "--reason", "on a stick", tree("t")]);
    const locked = await rejects(
      repo.removeWorktree({ ...own, path: tree("t") }),
      "guard",
      /it is locked \("on a stick"\)/,
    );
    assert.match(locked.hint ?? "", /worktree unlock/);
    await git(["worktree", "unlock", tree("t")]);
    await Deno.remove(`${tree("t")}/.git`);
    await git(["init", "--quiet", tree("t")]);
    await write(`${tree("t")}/mine.txt`, "mine");
    await rejects(repo.removeWorktree({ ...own, path: tree("t") }), "guard", /another repository/);
    assert.equal(await Deno.readTextFile(`${tree("t")}/mine.txt`), "mine");
    assert.equal(await Deno.readTextFile(`${root}/dir/b.txt`), "b\n");
  });
});

/** The repository with a git that dies when it is to remove a worktree. */
async function withDyingGit({ tmp, repo, options }: Fixture): Promise<GitRepo> {
  const script = `#!/bin/sh
case " $* " in *" worktree remove "*) kill -9 $$;; esac
PATH=\${PATH#*:} exec git "$@"
`;
  await Deno.mkdir(`${tmp}/bin`);
  await Deno.writeTextFile(`${tmp}/bin/git`, script, { mode: 0o755 });
  const PATH = `${tmp}/bin:${Deno.env.get("PATH")}`;
  return GitRepo.open(repo.info, { ...options, env: { ...options.env, PATH } });
}

Deno.test("removeWorktree() ends a removal that was killed, and ensureWorktree() does not revive it", async () => {
  await inRepo(async (f) => {
    const { repo, base, tree } = f;
    const options = { path: tree("t"), branch: "b", base, task: "t", at: AT + 1 };
    const removal = { path: tree("t"), task: "t", at: AT };
    const dying = await withDyingGit(f);
    const killed = async () => {
      await repo.ensureWorktree(options);
      await f.write(`${tree("t")}/a.txt`, "edited\n");
      await rejects(dying.removeWorktree(removal), "git_failed", /worktree remove/);
      await Deno.remove(`${tree("t")}/.git`);
      await Deno.remove(`${tree("t")}/dir`, { recursive: true });
    };
    const user = await checkoutState(f);
    await killed();
    const gone = await repo.removeWorktree(removal);
    assert.equal(gone.removed, true);
    assert.deepEqual(await repo.changedFiles(base, gone.rescue?.commit ?? ""), ["a.txt"]);
    assert.equal((await repo.listRescue("t")).length, 1); // the redo is the same rescue
    await killed();
    assert.equal((await repo.ensureWorktree(options)).created, true);
    assert.equal((await repo.status(tree("t"))).clean, true);
    assert.equal(await Deno.readTextFile(`${tree("t")}/a.txt`), "a\n");
    assert.equal((await repo.listRescue("t")).length, 2);
    assert.deepEqual(await checkoutState(f), user);
  });
});

Deno.test("removeWorktree() drops the entry of a deleted folder", async () => {
  await inRepo(async ({ repo, base, tree }) => {
    await repo.ensureWorktree({ path: tree("t"), branch: "b", base });
    await Deno.remove(tree("t"), { recursive: true });
    const gone = await repo.removeWorktree({ path: tree("t"), task: "t", at: AT });
    assert.deepEqual(gone, { removed: true, rescue: null });
    assert.equal((await repo.worktrees()).length, 1);
  });
});

Deno.test("removeWorktree() refuses nested repositories and submodule work that is nowhere else", async () => {
  await inRepo(async ({ repo, root, base, tree, git, tmp, commit, write }) => {
    await repo.ensureWorktree({ path: tree("n"), branch: "n", base });
    await git(["init", "--quiet", `${tree("n")}/inner`]);
    const own = { task: "t", at: AT };
    await rejects(repo.removeWorktree({ ...own, path: tree("n") }), "guard", /"inner"/);
    await git(["clone", "--quiet", root, `${tmp}/lib`]);
    await git(["submodule", "--quiet", "add", `${tmp}/lib`, "sub"]);
    const tip = await commit(root, {}, "with submodule");
    await repo.ensureWorktree({ path: tree("s"), branch: "s", base: tip });
    await git(["submodule", "--quiet", "update", "--init"], tree("s"));
    await write(`${tree("s")}/sub/new.txt`, "unsaved");
    await rejects(repo.removeWorktree({ ...own, path: tree("s") }), "guard", /submodule "sub"/);
    await commit(`${tree("s")}/sub`, {}, "unpushed");
    await rejects(repo.removeWorktree({ ...own, path: tree("s") }), "guard", /submodule "sub"/);
    await git(["push", "--quiet", "origin", "HEAD:refs/heads/kept"], `${tree("s")}/sub`);
    const gone = await repo.removeWorktree({ ...own, path: tree("s") });
    assert.equal(gone.removed, true);
    assert.notEqual(gone.rescue, null); // the moved submodule pointer
  });
});

Deno.test("deleteBranch() keeps an unmerged tip in a rescue ref (W3)", async () => {
  await inRepo(async ({ repo, root, base, git, commit }) => {
    const options = { branch: 'plan/"é"', task: "t", at: AT, mergedInto: "main" };
    assert.deepEqual(await repo.deleteBranch(options), { deleted: false, rescue: null });
    await git(["branch", options.branch]);
    await git(["config", `branch.${options.branch}.remote`, "origin"]);
    assert.deepEqual(await repo.deleteBranch(options), { deleted: true, rescue: null });
    assert.doesNotMatch(await Deno.readTextFile(`${root}/.git/config`), /plan/);
    await git(["checkout", "--quiet", "-b", options.branch]);
    const tip = await commit(root, { "a.txt": "2\n" });
    await rejects(repo.deleteBranch(options), "guard", /checked out in/);
    await git(["checkout", "--quiet", "main"]);
    const { rescue } = await repo.deleteBranch(options);
    assert.equal(rescue?.commit, tip);
    assert.equal(await repo.resolve(`refs/heads/${options.branch}`), null);
    await git(["branch", options.branch, base]);
    // Without mergedInto nothing is assumed to be safe.
    const kept = await repo.deleteBranch({ branch: options.branch, task: "t", at: AT });
    assert.equal(kept.rescue?.ref, `refs/kasmos/rescue/t/${AT}-2`);
  });
});
