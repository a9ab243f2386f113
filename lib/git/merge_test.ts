import assert from "node:assert/strict";
import { checkoutState, type Fixture, inRepo, makeDirty, rejects, there } from "./_fixture.ts";

const AT = 1_700_000_000_000;

/** Worktree "t" on plan/t and worktree "c" on plan/t--c with one commit that changes and adds files. */
async function taskAndCoder(f: Fixture) {
  await f.repo.ensureWorktree({ path: f.tree("t"), branch: "plan/t", base: f.base });
  await f.repo.ensureWorktree({ path: f.tree("c"), branch: "plan/t--c", base: f.base });
  const tip = await f.commit(f.tree("c"), { "a.txt": "coder\n", "new/c.txt": "c\n" });
  const options = {
    worktree: f.tree("t"),
    into: "plan/t",
    from: "plan/t--c",
    message: "Merge subtask 1",
    at: AT,
  };
  return { tip, options };
}

Deno.test("integrate() makes a merge commit in kas's worktree and leaves a dirty user checkout alone (W5, W7)", async () => {
  await inRepo(async (f) => {
    const { tip, options } = await taskAndCoder(f);
    await makeDirty(f);
    const user = await checkoutState(f);
    const merged = await f.repo.integrate(options);
    assert.equal(merged.kind, "merged");
    const commit = await f.repo.resolve("refs/heads/plan/t");
    assert.deepEqual(merged, { kind: "merged", commit });
    assert.equal(
      await f.git(["log", "-1", "--format=%P %s", "plan/t"]),
      `${f.base} ${tip} ` +
        "Merge subtask 1",
    );
    assert.equal(await Deno.readTextFile(`${f.tree("t")}/new/c.txt`), "c\n");
    assert.equal((await f.repo.status(f.tree("t"))).clean, true);
    assert.deepEqual(await f.repo.integrate(options), { kind: "already", commit });
    assert.deepEqual(await checkoutState(f), user);
  });
});

Deno.test("integrate() makes the very same commit when it is done again after a crash", async () => {
  await inRepo(async (f) => {
    const { options } = await taskAndCoder(f);
    const first = await f.repo.integrate(options);
    await f.git(["reset", "--quiet", "--hard", f.base], f.tree("t"));
    assert.deepEqual(await f.repo.integrate(options), first);
  });
});

Deno.test("integrate() finishes a fast-forward that was killed half-way", async () => {
  await inRepo(async (f) => {
    const { options } = await taskAndCoder(f);
    const first = await f.repo.integrate(options);
    const halfDone = [
      // Files written, index and ref not yet.
      ["read-tree", f.base],
      // Files and index written, the ref not yet.
      ["rev-parse", "HEAD"],
    ];
    for (const step of halfDone) {
      await f.git(step, f.tree("t"));
      await f.git(["update-ref", "refs/heads/plan/t", f.base]);
      await f.write(`${f.tree("t")}/note.txt`, "untracked\n");
      assert.equal((await f.repo.status(f.tree("t"))).entries.length, 3);
      assert.deepEqual(await f.repo.integrate(options), first);
      assert.deepEqual((await f.repo.status(f.tree("t"))).entries, [
        { code: "??", path: "note.txt" },
      ]);
    }
  });
});

Deno.test("integrate() refuses uncommitted work in its way and keeps it (W2)", async () => {
  await inRepo(async (f) => {
    const { options } = await taskAndCoder(f);
    const works: Record<string, string>[] = [
      { "a.txt": "mine\n" },
      { "dir/b.txt": "mine\n" },
      { "new/c.txt": "mine\n" },
    ];
    for (const files of works) {
      for (const [name, text] of Object.entries(files)) {
        await f.write(`${f.tree("t")}/${name}`, text);
      }
      const before = await checkoutState(f, f.tree("t"));
      const error = await rejects(f.repo.integrate(options), "guard", /uncommitted changes/);
      assert.deepEqual(error.context.files, Object.keys(files));
      assert.deepEqual(await checkoutState(f, f.tree("t")), before);
      await f.git(["checkout", "--quiet", "."], f.tree("t"));
      await f.git(["clean", "--quiet", "-fd"], f.tree("t"));
    }
    await f.repo.ensureExcluded(["new/"]);
    await f.write(`${f.tree("t")}/new/c.txt`, "ignored, still mine\n");
    await rejects(f.repo.integrate(options), "guard", /git refused and nothing was changed/);
    assert.equal(await Deno.readTextFile(`${f.tree("t")}/new/c.txt`), "ignored, still mine\n");
    assert.equal(await f.repo.resolve("refs/heads/plan/t"), f.base);
  });
});

Deno.test("integrate() reports conflicts and leaves none behind (W7)", async () => {
  await inRepo(async (f) => {
    const { options } = await taskAndCoder(f);
    const tip = await f.commit(f.tree("t"), { "a.txt": "task\n" });
    const before = await checkoutState(f, f.tree("t"));
    assert.deepEqual(await f.repo.integrate(options), { kind: "conflict", files: ["a.txt"] });
    assert.deepEqual(await checkoutState(f, f.tree("t")), before);
    assert.equal(await f.repo.resolve("refs/heads/plan/t"), tip);
  });
});

Deno.test("integrate() refuses the user's checkout and a worktree on another branch (W5, W6)", async () => {
  await inRepo(async (f) => {
    const { options } = await taskAndCoder(f);
    await rejects(
      f.repo.integrate({ ...options, worktree: f.root, into: "main" }),
      "guard",
      /main checkout/,
    );
    await rejects(
      f.repo.integrate({ ...options, into: "main" }),
      "guard",
      /has "plan\/t" checked out/,
    );
    await rejects(f.repo.integrate({ ...options, from: "nope" }), "not_found", /"nope"/);
  });
});

Deno.test("integrate() merges in order when called in parallel", async () => {
  await inRepo(async (f) => {
    await f.repo.ensureWorktree({ path: f.tree("t"), branch: "t", base: f.base });
    const coders = ["1", "2", "3"];
    for (const n of coders) {
      await f.repo.ensureWorktree({ path: f.tree(n), branch: `t-${n}`, base: f.base });
      await f.commit(f.tree(n), { [`${n}.txt`]: n });
    }
    const merged = await Promise.all(
      coders.map((n) =>
        f.repo.integrate({ worktree: f.tree("t"), into: "t", from: `t-${n}`, message: n, at: AT })
      ),
    );
    assert.deepEqual(merged.map((item) => item.kind), ["merged", "merged", "merged"]);
    assert.equal(await f.git(["log", "--first-parent", "--format=%s", "t"]), "3\n2\n1\nfirst");
    for (const n of coders) assert.equal(await there(`${f.tree("t")}/${n}.txt`), true);
  });
});

Deno.test("mergePreview() gives a tree or every file in conflict", async () => {
  await inRepo(async (f) => {
    const odd = 'né\n"x".txt';
    await f.git(["branch", "other"]);
    await f.git(["tag", "other"]); // the branch is meant, not a tag of its name
    await f.commit(f.root, { "a.txt": "main\n", [odd]: "main\n", "m.txt": "m\n" });
    const tree = f.tree("o");
    await f.repo.ensureWorktree({ path: tree, branch: "other", base: f.base });
    await f.commit(tree, { "o.txt": "o\n" });
    const clean = await f.repo.mergePreview("main", "other");
    assert.equal(clean.clean, true);
    if (clean.clean) {
      const names = await f.git(["ls-tree", "-z", "--name-only", clean.tree]);
      assert.deepEqual(
        names.split("\0").sort(),
        ["", "a.txt", "dir", "m.txt", odd, "o.txt"].sort(),
      );
    }
    await f.commit(tree, { "a.txt": "other\n", [odd]: "other\n" });
    const found = await f.repo.mergePreview("main", "other");
    assert.deepEqual(found, { clean: false, conflicts: ["a.txt", odd] });
    await rejects(f.repo.mergePreview("main", "nope"), "not_found", /"nope"/);
  });
});
