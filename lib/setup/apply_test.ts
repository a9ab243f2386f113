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
