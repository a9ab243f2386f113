import assert from "node:assert/strict";
import { checkoutState, type Fixture, inRepo, makeDirty, rejects, there } from "./_fixture.ts";

Deno.test("ensureWorktree() creates branch and worktree and leaves a dirty user checkout alone (W5, W7)", async () => {
  await inRepo(async (f) => {
    await makeDirty(f);
    const before = await checkoutState(f);
    const path = f.tree('né "1"');
    const made = await f.repo.ensureWorktree({ path, branch: "plan/login", base: f.base });
    assert.deepEqual(made, { path, branch: "plan/login", head: f.base, created: true });
    assert.equal(await Deno.readTextFile(`${path}/dir/b.txt`), "b\n");
    assert.equal((await f.repo.status(path)).clean, true);
    assert.deepEqual(await checkoutState(f), before);
    const config = await Deno.readTextFile(`${f.root}/.git/config`);
    assert.doesNotMatch(config, /branch "plan/); // no upstream is set up
  });
});

Deno.test("ensureWorktree() keeps uncommitted work of an existing worktree (W2)", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    const options = { path, branch: "plan/t", base: f.base };
    await f.repo.ensureWorktree(options);
    await makeDirty(f, path);
    const before = await checkoutState(f, path);
    for (let i = 0; i < 2; i++) {
      const again = await f.repo.ensureWorktree(options);
      assert.deepEqual(again, { path, branch: "plan/t", head: f.base, created: false });
    }
    assert.deepEqual(await checkoutState(f, path), before);
    assert.deepEqual(await f.repo.listRescue(), []);
  });
});

Deno.test("ensureWorktree() attaches an existing branch with its commits, odd names included", async () => {
  await inRepo(async (f) => {
    const branch = "né/日本'\"$";
    await f.git(["tag", branch]); // a tag of the same name must not win
    await f.git(["checkout", "--quiet", "-b", branch]);
    const tip = await f.commit(f.root, { "c.txt": "c\n" });
    await f.git(["checkout", "--quiet", "main"]);
    const made = await f.repo.ensureWorktree({ path: f.tree("t"), branch, base: f.base });
    assert.deepEqual([made.head, made.created], [tip, true]);
    assert.equal(await Deno.readTextFile(`${f.tree("t")}/c.txt`), "c\n");
  });
});

Deno.test("ensureWorktree() refuses bad names, an unknown base and the main checkout", async () => {
  await inRepo(async ({ repo, tree, base, root, git }) => {
    const path = tree("t");
    for (const branch of ["-x", "HEAD", "a..b", "a b", "", "x.lock", "@{-1}"]) {
      await rejects(repo.ensureWorktree({ path, branch, base }), "invalid", /branch name/);
    }
    await rejects(
      repo.ensureWorktree({ path, branch: "b", base: "f".repeat(40) }),
      "not_found",
      /f/,
    );
    await rejects(repo.ensureWorktree({ path: "t", branch: "b", base }), "invalid", /not absolute/);
    await rejects(repo.ensureWorktree({ path: root, branch: "b", base }), "guard", /main checkout/);
    assert.equal(await git(["branch", "--list", "--format=%(refname)"]), "refs/heads/main");
    assert.equal(await there(path), false);
  });
});

Deno.test("ensureWorktree() refuses a foreign folder and leaves it alone", async () => {
  await inRepo(async ({ repo, tree, base, git, write, tmp }) => {
    const own = { branch: "b", base };
    await write(`${tree("plain")}/note.txt`, "mine");
    await git(["init", "--quiet", tree("repo")]);
    await Deno.symlink(tmp, tree("link"));
    await write(tree("file"), "mine");
    for (const name of ["plain", "repo", "link", "file"]) {
      await rejects(repo.ensureWorktree({ ...own, path: tree(name) }), "guard", /not a worktree/);
      assert.equal(await there(tree(name)), true);
    }
    assert.equal(await repo.resolve("refs/heads/b"), null);
    await Deno.mkdir(tree("empty"));
    assert.equal((await repo.ensureWorktree({ ...own, path: tree("empty") })).created, true);
  });
});

Deno.test("ensureWorktree() refuses a registered worktree whose place another repository took", async () => {
  await inRepo(async ({ repo, tree, base, git, write }) => {
    const path = tree("t");
    await repo.ensureWorktree({ path, branch: "b", base });
    await Deno.remove(path, { recursive: true });
    await git(["init", "--quiet", path]);
    await write(`${path}/mine.txt`, "mine");
    await rejects(repo.ensureWorktree({ path, branch: "b", base }), "guard", /another repository/);
    assert.equal(await Deno.readTextFile(`${path}/mine.txt`), "mine");
  });
});

Deno.test("ensureWorktree() names where a branch is in use, also in the middle of a rebase", async () => {
  await inRepo(async (f) => {
    const { repo, tree, base, root, git } = f;
    const user = await rejects(
      repo.ensureWorktree({ path: tree("t"), branch: "main", base }),
      "guard",
      /"main".*is checked out in/,
    );
    assert.equal(user.context.path, root);
    await repo.ensureWorktree({ path: tree("one"), branch: "b", base });
    await f.commit(tree("one"), { "a.txt": "theirs\n" });
    await f.commit(root, { "a.txt": "ours\n" });
    await assert.rejects(git(["rebase", "--quiet", "main"], tree("one")));
    assert.equal((await repo.worktrees())[1]?.branch, null);
    const busy = await rejects(
      repo.ensureWorktree({ path: tree("two"), branch: "b", base }),
      "guard",
      /is checked out in/,
    );
    assert.equal(busy.context.path, tree("one"));
    const before = await checkoutState(f, tree("one"));
    assert.equal(
      (await repo.ensureWorktree({ path: tree("one"), branch: "b", base })).created,
      false,
    );
    assert.deepEqual(await checkoutState(f, tree("one")), before);
  });
});

Deno.test("ensureWorktree() refuses a worktree that was switched to another branch or detached", async () => {
  await inRepo(async ({ repo, tree, base, git }) => {
    const options = { path: tree("t"), branch: "b", base };
    await repo.ensureWorktree(options);
    await git(["switch", "--quiet", "-c", "other"], tree("t"));
    const error = await rejects(repo.ensureWorktree(options), "guard", /"other" checked out/);
    assert.match(error.hint ?? "", /switch b$/);
    await git(["switch", "--quiet", "--detach"], tree("t"));
    await rejects(repo.ensureWorktree(options), "guard", /HEAD is detached/);
  });
});

Deno.test("ensureWorktree() makes a deleted folder anew and saves what was staged in it (W3)", async () => {
  await inRepo(async ({ repo, tree, base, git, write, commit }) => {
    const options = { path: tree("t"), branch: "b", base, task: "login", at: 1_700_000_000_000 };
    await repo.ensureWorktree(options);
    const tip = await commit(tree("t"), { "c.txt": "c\n" });
    await write(`${tree("t")}/staged.txt`, "staged\n");
    await git(["add", "staged.txt"], tree("t"));
    await Deno.remove(tree("t"), { recursive: true });
    const again = await repo.ensureWorktree(options);
    assert.deepEqual([again.created, again.head], [true, tip]);
    assert.equal((await repo.status(tree("t"))).clean, true);
    const [saved] = await repo.listRescue("login");
    assert.equal(await git(["show", `${saved?.ref}:staged.txt`]), "staged");
    await git(["worktree", "lock", tree("t")]);
    await Deno.remove(tree("t"), { recursive: true });
    await rejects(repo.ensureWorktree(options), "guard", /it is locked/);
  });
});

Deno.test("ensureWorktree() writes a lost .git file anew and never acts on the repository around it (W6)", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    const options = { path, branch: "b", base: f.base };
    await f.repo.ensureWorktree(options);
    await f.write(`${path}/a.txt`, "edited\n");
    const user = await checkoutState(f);
    const before = await checkoutState(f, path);
    for (const broken of [null, "gitdir: /nowhere/at/all\n", "nonsense"]) {
      await Deno.remove(`${path}/.git`);
      if (broken !== null) await Deno.writeTextFile(`${path}/.git`, broken);
      await rejects(f.repo.status(path), "guard", /not a worktree/);
      await rejects(f.repo.commitAll(path, "x"), "guard", /not a worktree/);
      assert.equal((await f.repo.ensureWorktree(options)).created, false);
      assert.deepEqual(await checkoutState(f, path), before);
    }
    assert.deepEqual(await checkoutState(f), user);
  });
});

/** Starts a real `git worktree add` and kills it while it writes files. */
async function killDuringCheckout(f: Fixture, path: string): Promise<string> {
  const sleeper = `${f.tmp}/sleeper`;
  await Deno.writeTextFile(`${f.root}/.git/info/attributes`, "slow.txt filter=slow\n");
  await f.commit(f.root, { "slow.txt": "slow\n", "z.txt": "z\n" });
  await f.git(["config", "filter.slow.smudge", `echo > '${sleeper}'; exec sleep 60`]);
  const child = new Deno.Command("git", {
    args: ["worktree", "add", "--quiet", "-b", "b", path],
    cwd: f.root,
    env: { ...f.options.env, LC_ALL: "C" },
    detached: true,
    stdout: "null",
    stderr: "null",
  }).spawn();
  while (!(await there(sleeper))) await new Promise((resolve) => setTimeout(resolve, 5));
  Deno.kill(-child.pid, "SIGKILL");
  await child.status;
  await f.git(["config", "--remove-section", "filter.slow"]);
  const gitDir = `${f.root}/.git/worktrees/t`;
  assert.equal(await there(`${gitDir}/index.lock`), true);
  assert.equal(await there(`${gitDir}/index`), false);
  return gitDir;
}

/** Makes files look as old as after a restart. */
async function age(...paths: string[]): Promise<void> {
  for (const path of paths) await Deno.utime(path, new Date(0), new Date(0));
}

Deno.test("ensureWorktree() finishes a checkout that was killed", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    const gitDir = await killDuringCheckout(f, path);
    assert.equal(await there(`${path}/a.txt`), true);
    assert.equal(await there(`${path}/z.txt`), false);
    await age(`${gitDir}/index.lock`, `${gitDir}/locked`);
    const done = await f.repo.ensureWorktree({ path, branch: "b", base: f.base });
    assert.equal(done.created, false);
    assert.equal(await Deno.readTextFile(`${path}/slow.txt`), "slow\n");
    assert.equal((await f.repo.status(path)).clean, true);
    assert.equal((await f.repo.worktrees())[1]?.locked, false);
    assert.deepEqual(await f.repo.listRescue(), []);
  });
});

Deno.test("ensureWorktree() saves what it finds in a killed checkout before it finishes it (W2)", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    const gitDir = await killDuringCheckout(f, path);
    await f.write(`${path}/a.txt`, "somebody was here\n");
    await f.write(`${path}/note.txt`, "note\n");
    await age(`${gitDir}/index.lock`, `${gitDir}/locked`);
    await f.repo.ensureWorktree({ path, branch: "b", base: f.base, task: "t", at: 7000 });
    const [saved, ...more] = await f.repo.listRescue("t");
    assert.deepEqual(more, []);
    assert.equal(await f.git(["show", `${saved?.ref}:a.txt`]), "somebody was here");
    assert.equal(await f.git(["show", `${saved?.ref}:z.txt`]), "z"); // unwritten, not deleted
    assert.deepEqual((await f.repo.status(path)).entries, [{ code: "??", path: "note.txt" }]);
    assert.equal(await Deno.readTextFile(`${path}/a.txt`), "a\n");
  });
});

Deno.test("ensureWorktree() restores a worktree that lost every file, but keeps a partial deletion", async () => {
  await inRepo(async ({ repo, tree, base, git }) => {
    const options = { path: tree("t"), branch: "b", base };
    await git(["worktree", "add", "--quiet", "--no-checkout", "-b", "b", tree("t")]);
    await repo.ensureWorktree(options);
    assert.equal((await repo.status(tree("t"))).clean, true);
    await git(["rm", "--quiet", "-r", "."], tree("t"));
    await repo.ensureWorktree(options);
    assert.equal((await repo.status(tree("t"))).clean, true);
    await git(["rm", "--quiet", "-r", "dir"], tree("t"));
    await repo.ensureWorktree(options);
    assert.deepEqual((await repo.status(tree("t"))).entries, [{ code: "D ", path: "dir/b.txt" }]);
  });
});

Deno.test("ensureWorktree() replaces an entry that git left before it stood on a commit", async () => {
  await inRepo(async ({ repo, root, tree, base, git, write }) => {
    const options = { path: tree("t"), branch: "b", base };
    await git(["worktree", "add", "--quiet", "-b", "b", tree("t")]);
    const gitDir = `${root}/.git/worktrees/t`;
    for (
      const broken of [
        () => Deno.remove(`${gitDir}/commondir`),
        () => Deno.remove(gitDir, { recursive: true }),
      ]
    ) {
      for (const name of ["a.txt", "dir/b.txt", "dir"]) await Deno.remove(`${tree("t")}/${name}`);
      await broken();
      if (await there(gitDir)) {
        assert.equal((await repo.ensureWorktree(options)).created, true);
      } else {
        await rejects(repo.ensureWorktree(options), "guard", /not a worktree/);
      }
    }
    await Deno.remove(tree("t"), { recursive: true });
    await repo.ensureWorktree(options);
    await Deno.writeTextFile(`${gitDir}/HEAD`, `${"0".repeat(40)}\n`);
    await write(`${tree("t")}/note.txt`, "mine");
    await rejects(repo.ensureWorktree(options), "guard", /holds files/);
    assert.equal(await Deno.readTextFile(`${tree("t")}/note.txt`), "mine");
  });
});

Deno.test("ensureWorktree() rolls back branch and folder when the checkout fails", async () => {
  await inRepo(async ({ repo, root, tree, base, git, write }) => {
    await write(`${root}/.git/info/attributes`, "a.txt filter=bad\n");
    await git(["config", "filter.bad.smudge", "false"]);
    await git(["config", "filter.bad.required", "true"]);
    await rejects(
      repo.ensureWorktree({ path: tree("t"), branch: "b", base }),
      "git_failed",
      /a\.txt/,
    );
    await git(["branch", "kept"]);
    await rejects(
      repo.ensureWorktree({ path: tree("t"), branch: "kept", base }),
      "git_failed",
      /a/,
    );
    assert.equal(await there(tree("t")), false);
    assert.equal((await repo.worktrees()).length, 1);
    assert.equal(await repo.resolve("refs/heads/b"), null);
    assert.equal(await repo.resolve("refs/heads/kept"), base);
  });
});

Deno.test("ensureWorktree() takes back a worktree that a hook spoiled", async () => {
  await inRepo(async ({ repo, root, tree, base }) => {
    const hook = `${root}/.git/hooks/post-checkout`;
    await Deno.mkdir(`${root}/.git/hooks`, { recursive: true });
    await Deno.writeTextFile(hook, "#!/bin/sh\nrm a.txt\n", { mode: 0o755 });
    await rejects(
      repo.ensureWorktree({ path: tree("t"), branch: "b", base }),
      "git_failed",
      /git left out "a\.txt"/,
    );
    assert.equal(await there(tree("t")), false);
    assert.equal(await repo.resolve("refs/heads/b"), null);
  });
});

Deno.test("ensureWorktree() queues parallel calls on one repository", async () => {
  await inRepo(async ({ repo, tree, base }) => {
    const names = ["1", "2", "3", "4", "5", "6"];
    const made = await Promise.all(
      [...names, "1"].map((n) => repo.ensureWorktree({ path: tree(n), branch: `b${n}`, base })),
    );
    assert.deepEqual(made.map((item) => item.created), [...names.map(() => true), false]);
    assert.equal((await repo.worktrees()).length, 7);
  });
});

Deno.test("ensureWorktree() stops when the signal of the repository fires", async () => {
  await inRepo(async ({ repo, tree, base }) => {
    const stopped = repo.withSignal(AbortSignal.abort(new Error("shutdown")));
    await assert.rejects(
      stopped.ensureWorktree({ path: tree("t"), branch: "b", base }),
      /shutdown/,
    );
    assert.equal((await repo.ensureWorktree({ path: tree("t"), branch: "b", base })).created, true);
  });
});

Deno.test("ensureWorktree() works in a repository with submodules, shallow or detached", async () => {
  await inRepo(async ({ repo, root, tree, git, tmp, commit }) => {
    await git(["clone", "--quiet", root, `${tmp}/lib`]);
    await git(["submodule", "--quiet", "add", `${tmp}/lib`, "sub"]);
    const base = await commit(root, {}, "with submodule");
    await git(["checkout", "--quiet", "--detach"]);
    await repo.ensureWorktree({ path: tree("t"), branch: "b", base });
    assert.equal((await repo.status(tree("t"))).clean, true);
    await git(["submodule", "--quiet", "update", "--init"], tree("t"));
    await Deno.writeTextFile(`${tree("t")}/sub/a.txt`, "dirty inside\n");
    assert.equal((await repo.status(tree("t"))).clean, true);
    assert.equal(
      (await repo.ensureWorktree({ path: tree("t"), branch: "b", base })).created,
      false,
    );
  });
});

Deno.test("isStanding() tells a whole worktree from every kind of broken one", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    const options = { path, branch: "plan/t" };
    assert.equal(await f.repo.isStanding(options), false);
    await f.repo.ensureWorktree({ ...options, base: f.base });
    assert.equal(await f.repo.isStanding(options), true);
    assert.equal(await f.repo.isStanding({ path, branch: "plan/other" }), false);
    assert.equal(await f.repo.isStanding({ path: f.root, branch: "main" }), false);
    const link = await Deno.readTextFile(`${path}/.git`);
    const gitDir = link.trim().slice("gitdir: ".length);
    await Deno.writeTextFile(`${gitDir}/index.lock`, "");
    assert.equal(await f.repo.isStanding(options), false);
    await Deno.remove(`${gitDir}/index.lock`);
    await Deno.remove(`${path}/.git`);
    assert.equal(await f.repo.isStanding(options), false);
    await Deno.writeTextFile(`${path}/.git`, link);
    assert.equal(await f.repo.isStanding(options), true);
    await Deno.remove(path, { recursive: true });
    assert.equal(await f.repo.isStanding(options), false);
  });
});
