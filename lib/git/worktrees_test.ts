import assert from "node:assert/strict";
import { inRepo } from "./_fixture.ts";
import { parseWorktrees } from "./worktrees.ts";

Deno.test("parseWorktrees() reads every attribute", () => {
  const text = [
    ["worktree /r", "HEAD 1", "branch refs/heads/main"],
    ["worktree /r w\n2", "HEAD 2", "detached", "locked why\nnot"],
    ["worktree /3", "HEAD 3", "branch refs/heads/a/b", "locked", "prunable gitdir file points"],
    ["worktree /b", "bare"],
  ].map((lines) => lines.map((line) => `${line}\0`).join("") + "\0").join("");
  const [main, locked, gone, bare, ...rest] = parseWorktrees(text);
  assert.deepEqual(rest, []);
  assert.deepEqual(main, {
    path: "/r",
    branch: "main",
    head: "1",
    bare: false,
    detached: false,
    locked: false,
    lockReason: null,
    prunable: false,
  });
  assert.deepEqual([locked?.path, locked?.detached, locked?.lockReason], [
    "/r w\n2",
    true,
    "why\nnot",
  ]);
  assert.deepEqual([gone?.branch, gone?.locked, gone?.lockReason, gone?.prunable], [
    "a/b",
    true,
    null,
    true,
  ]);
  assert.equal(bare?.bare, true);
});

Deno.test("GitRepo.worktrees() lists real worktrees with hostile names", async () => {
  await inRepo(async ({ repo, root, base, git, tmp }) => {
    const path = `${tmp}/tree with\nnewline "é"`;
    await git(["worktree", "add", "--quiet", "-b", 'bränch/"q"$', path]);
    await git(["worktree", "lock", "--reason", "on a stick", path]);
    const [main, linked] = await repo.worktrees();
    assert.equal(main?.path, root);
    assert.deepEqual([linked?.path, linked?.branch, linked?.head, linked?.locked], [
      path,
      'bränch/"q"$',
      base,
      true,
    ]);
    assert.equal(linked?.lockReason, "on a stick");
  });
});
