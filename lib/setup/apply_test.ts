import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { inRepo } from "./_testing.ts";

Deno.test("applyPlan() takes everything back when a step fails", () =>
  inRepo(async (repo) => {
    await repo.write("AGENTS.md", "# Mine\n");
    const before = await repo.tree();
    const plan = await repo.plan();
    const last = plan.changes.at(-1);
    assert.ok(last !== undefined);
    // A folder that cannot be made, since its name is longer than a file system takes.
    const path = `.kasmos/${"x".repeat(300)}/y`;
    const bad = { ...last, path, kind: "create" as const, before: null, after: "z" };
    const broken = { ...plan, changes: [...plan.changes, bad] };
    await assert.rejects(repo.apply(broken), (error) => {
      assert.ok(error instanceof KasError);
      assert.match(error.hint ?? "", /Nothing was changed/);
      return true;
    });
    assert.deepEqual(await repo.tree(), before);
  }));

Deno.test("applyPlan() refuses when a file has changed since the plan was made", () =>
  inRepo(async (repo) => {
    const plan = await repo.plan();
    await repo.write("AGENTS.md", "# Just now\n");
    const before = await repo.tree();
    await assert.rejects(repo.apply(plan), /it has just changed/);
    assert.deepEqual(await repo.tree(), before);
  }));

Deno.test("applyPlan() lets one at a time write: the others change nothing of its files", () =>
  inRepo(async (repo) => {
    await repo.write("AGENTS.md", "# Mine\n");
    const plan = await repo.plan();
    const ends = await Promise.allSettled([1, 2, 3, 4].map(() => repo.apply(plan)));
    const refusals = ends.flatMap((end) => end.status === "rejected" ? [String(end.reason)] : []);
    assert.equal(refusals.length, 3);
    for (const refusal of refusals) assert.match(refusal, /it has just changed/);
    const open = (await repo.plan()).changes.filter(({ kind }) => kind !== "keep");
    assert.deepEqual(open.map(({ path, kind }) => [path, kind]), []);
  }));

Deno.test("applyPlan() keeps old texts apart, also twice in a second", () =>
  inRepo(async (repo) => {
    await repo.write("AGENTS.md", "# Mine\n");
    const { backup: first } = await repo.setup();
    assert.equal(await repo.read(`${first}/AGENTS.md`), "# Mine\n");
    await repo.write(".claude/agents/kas-coder.md", "edited\n");
    const { backup: second } = await repo.setup({ force: true });
    assert.notEqual(first, second);
    assert.equal(await repo.read(`${second}/.claude/agents/kas-coder.md`), "edited\n");
  }));

Deno.test("applyPlan() removes the drafts of a setup that was killed, and no other file", () =>
  inRepo(async (repo) => {
    const id = crypto.randomUUID();
    const own = [
      `AGENTS.md.${id}.tmp`,
      `.claude/settings.json.${id}.tmp`,
      `.kasmos/setup.json.${id}.tmp`,
    ];
    const others = [`notes.md.${id}.tmp`, "AGENTS.md.tmp", `.claude/mine.${id}.tmp`];
    for (const path of [...own, ...others]) await repo.write(path, "half");
    await Deno.symlink("nowhere", `${repo.root}/CLAUDE.md.${id}.tmp`);
    const { drafts } = await repo.setup();
    assert.deepEqual(drafts.toSorted(), own.toSorted());
    await repo.write(own[0] ?? "", "half");
    await repo.uninstall();
    const tree = Object.keys(await repo.tree());
    for (const path of own) assert.ok(!tree.includes(path), path);
    for (const path of others) assert.ok(tree.includes(path), path);
    assert.ok(tree.includes(`CLAUDE.md.${id}.tmp`));
  }));

Deno.test("applyPlan() writes its record first: what a crash cut off can be finished and taken back", () =>
  inRepo(async (repo) => {
    const before = { "AGENTS.md": "# Mine", ".mcp.json": "{ }" };
    for (const [path, text] of Object.entries(before)) await repo.write(path, text);
    const start = await repo.tree();
    const plan = await repo.plan();
    // Killed after the record and the first files.
    const { manifestText } = await import("./manifest.ts");
    assert.ok(plan.manifest !== null);
    await repo.write(".kasmos/setup.json", manifestText(plan.manifest));
    for (const { path, after, isLink } of plan.changes.slice(0, -3)) {
      if (!isLink) await repo.write(path, after ?? "");
    }
    await repo.setup();
    await repo.uninstall();
    const left = Object.entries(await repo.tree()).filter(([path]) => !path.startsWith(".kasmos/"));
    assert.deepEqual(Object.fromEntries(left), start);
  }));
