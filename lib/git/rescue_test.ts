import assert from "node:assert/strict";
import { checkoutState, cleanEnv, inRepo, makeDirty, rejects } from "./_fixture.ts";
import { GitRepo } from "./repo.ts";

const AT = 1_700_000_000_123;

Deno.test("rescue() saves staged, unstaged and untracked work and changes nothing (W2)", async () => {
  await inRepo(async (f) => {
    const path = f.tree("t");
    await f.repo.ensureWorktree({ path, branch: "plan/t", base: f.base });
    await makeDirty(f, path);
    await f.write(`${path}/debug.log`, "ignored\n");
    await f.write(`${f.root}/.git/info/exclude`, ".worktrees/\n*.log\n");
    const before = await checkoutState(f, path);
    const saved = await f.repo.rescue(path, { task: "t", at: AT, reason: "agent\nkilled" });
    assert.deepEqual(await checkoutState(f, path), before);
    assert.equal(saved?.ref, `refs/kasmos/rescue/t/${AT}`);
    const show = (rev: string) => f.git(["show", rev]);
    assert.equal(await show(`${saved?.ref}:a.txt`), "edited");
    assert.equal(await show(`${saved?.ref}:staged.txt`), "staged, then edited");
    assert.equal(await show(`${saved?.ref}^2:staged.txt`), "staged"); // the index had its own version
    assert.equal(await show(`${saved?.ref}:un tracked\n.txt`), "untracked");
    assert.equal(await f.git(["rev-parse", `${saved?.ref}^1`]), f.base);
    assert.deepEqual((await f.repo.changedFiles(f.base, saved?.commit ?? "")).sort(), [
      "a.txt",
      "dir/b.txt",
      "staged.txt",
      "un tracked\n.txt",
    ]);
    const list = await f.repo.listRescue("t");
    assert.deepEqual(list, [{
      ref: saved?.ref,
      commit: saved?.commit,
      task: "t",
      at: AT,
      reason: "agent killed",
      subject: "Rescued work of t: agent killed",
    }]);
    assert.equal(await f.git(["fsck", "--strict"]), "");
  });
});

Deno.test("rescue() done again gives the same ref, other work at the same time another one", async () => {
  await inRepo(async ({ repo, root, base, tree, write }) => {
    await repo.ensureWorktree({ path: tree("t"), branch: "b", base });
    const options = { task: "t", at: AT, reason: "r" };
    assert.equal(await repo.rescue(tree("t"), options), null);
    assert.equal(await repo.rescue(root, options), null);
    await write(`${tree("t")}/n.txt`, "1");
    const first = await repo.rescue(tree("t"), options);
    assert.deepEqual(await repo.rescue(tree("t"), options), first);
    await write(`${tree("t")}/n.txt`, "2");
    const second = await repo.rescue(tree("t"), options);
    assert.equal(second?.ref, `refs/kasmos/rescue/t/${AT}-2`);
    await repo.rescue(tree("t"), { ...options, at: AT + 1, task: "über" });
    assert.deepEqual((await repo.listRescue()).map((item) => [item.task, item.at]), [
      ["über", AT + 1],
      ["t", AT],
      ["t", AT],
    ]);
    assert.equal((await repo.listRescue("t")).length, 2);
    await rejects(repo.rescue(tree("t"), { ...options, task: "../x" }), "invalid", /task name/);
    await rejects(repo.rescue(tree("t"), { ...options, at: 1.5 }), "invalid", /as a time/);
  });
});

Deno.test("rescue() sees a change of equal size made as the index was written", async () => {
  await inRepo(async ({ repo, root, git, write }) => {
    // All in one instant, as on a file system with coarse times: only the content tells.
    const instant = new Date(1_600_000_000_000);
    await git(["config", "core.trustctime", "false"]);
    const put = async (text: string) => {
      await write(`${root}/a.txt`, text);
      await Deno.utime(`${root}/a.txt`, instant, instant);
    };
    await put("1\n");
    await git(["add", "a.txt"]);
    await Deno.utime(`${root}/.git/index`, instant, instant);
    await put("2\n");
    const saved = await repo.rescue(root, { task: "t", at: AT, reason: "r" });
    assert.equal(await git(["show", `${saved?.ref}:a.txt`]), "2");
    assert.equal(await git(["show", `${saved?.ref}^2:a.txt`]), "1");
  });
});

Deno.test("rescue() works without an identity and uses the configured one", async () => {
  await inRepo(async ({ repo, root, git, write, tmp }) => {
    const who = (rev = "") => git(["log", "-1", "--format=%an <%ae> %cn <%ce> %at", rev]);
    await write(`${root}/n.txt`, "1");
    const anonymous = await repo.rescue(root, { task: "t", at: AT, reason: "r" });
    const kas = "kas <kas@localhost>";
    assert.equal(await who(anonymous?.commit), `${kas} ${kas} 1700000000`);
    await git(["config", "user.name", "Née"]);
    await git(["config", "user.email", "n@x"]);
    const named = await repo.rescue(root, { task: "t", at: AT + 1, reason: "r" });
    assert.equal(await who(named?.commit), "Née <n@x> Née <n@x> 1700000000");
    const env = { ...cleanEnv(tmp), GIT_AUTHOR_NAME: "Env", GIT_AUTHOR_EMAIL: "e@x" };
    const other = GitRepo.open(repo.info, { env });
    const mixed = await other.rescue(root, { task: "t", at: AT + 2, reason: "r" });
    assert.equal(await who(mixed?.commit), "Env <e@x> Née <n@x> 1700000000");
  });
});

Deno.test("rescue() keeps a detached HEAD that no ref holds, and unresolved conflicts", async () => {
  await inRepo(async (f) => {
    const { repo, base, tree, git, commit } = f;
    await repo.ensureWorktree({ path: tree("t"), branch: "b", base });
    await git(["switch", "--quiet", "--detach"], tree("t"));
    assert.equal(await repo.rescue(tree("t"), { task: "t", at: AT, reason: "r" }), null);
    const lost = await commit(tree("t"), { "a.txt": "lost\n" }, "lost one");
    const saved = await repo.rescue(tree("t"), { task: "t", at: AT, reason: "detached" });
    assert.equal(saved?.commit, lost);
    const [entry] = await repo.listRescue("t");
    assert.deepEqual([entry?.reason, entry?.subject], ["detached", "lost one"]);
    await commit(f.root, { "a.txt": "main\n" });
    await assert.rejects(git(["merge", "--quiet", "main"], tree("t")));
    const before = await checkoutState(f, tree("t"));
    const conflict = await repo.rescue(tree("t"), { task: "t", at: AT, reason: "conflict" });
    assert.match(await git(["show", `${conflict?.ref}:a.txt`]), /<<<<<<< HEAD\nlost\n=====/);
    assert.deepEqual(await checkoutState(f, tree("t")), before);
  });
});

Deno.test("rescue() leaves nested repositories out and takes links, modes and empty files", async () => {
  await inRepo(async ({ repo, root, git, write }) => {
    await git(["init", "--quiet", 'in"ner']); // without a commit: `git add` alone would fail
    await write(`${root}/in"ner/x.txt`, "x");
    await write(`${root}/empty`, "");
    await git(["config", "core.autocrlf", "input"]);
    await git(["config", "core.safecrlf", "true"]); // `git add` alone would refuse the next file
    await write(`${root}/crlf.txt`, "1\r\n2\n");
    await write(`${root}/run.sh`, "#!/bin/sh\n");
    await Deno.chmod(`${root}/run.sh`, 0o755);
    await Deno.symlink("/etc/passwd", `${root}/link`);
    const saved = await repo.rescue(root, { task: "t", at: AT, reason: "r" });
    const files = await git(["ls-tree", "--format=%(objectmode) %(path)", saved?.commit ?? ""]);
    assert.equal(
      files,
      "100644 a.txt\n100644 crlf.txt\n040000 dir\n100644 empty\n120000 link\n100755 run.sh",
    );
  });
});

Deno.test("rescueCommit() keeps a bare commit", async () => {
  await inRepo(async ({ repo, base, git }) => {
    const saved = await repo.rescueCommit("t", "main", { at: AT, reason: "branch deleted" });
    assert.deepEqual(saved, { ref: `refs/kasmos/rescue/t/${AT}`, commit: base });
    assert.equal(await git(["cat-file", "-t", saved.ref]), "tag");
    await rejects(repo.rescueCommit("t", "nope", { at: AT, reason: "r" }), "not_found", /"nope"/);
  });
});

Deno.test("restoreRescue() makes a branch and refuses one that exists", async () => {
  await inRepo(async ({ repo, root, git, write }) => {
    await write(`${root}/n.txt`, "new\n");
    const saved = await repo.rescue(root, { task: "t", at: AT, reason: "r" });
    const ref = saved?.ref ?? "";
    const restored = await repo.restoreRescue(ref, { branch: "back" });
    assert.deepEqual(restored, { branch: "back", commit: saved?.commit });
    assert.equal(await git(["show", "back:n.txt"]), "new");
    await rejects(repo.restoreRescue(ref, { branch: "main" }), "exists", /"main"/);
    await rejects(repo.restoreRescue("main", { branch: "x" }), "invalid", /not a rescue ref/);
    await rejects(repo.restoreRescue(`${ref}9`, { branch: "x" }), "not_found", /9"/);
    await rejects(repo.restoreRescue(ref, { branch: "-d" }), "invalid", /"-d"/);
  });
});
