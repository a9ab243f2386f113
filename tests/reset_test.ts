import assert from "node:assert/strict";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** kas reset against a daemon and agents at work: what goes, what is kept, what is left alone. */

const ONE = planText([{ "one.txt": "one" }]);
const HALF_DONE = `echo half > half.txt; ${IDLE}`;

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function refs(lab: Lab): Promise<string[]> {
  const { out } = await lab.kas("task", "rescue", "list", "--json");
  return JSON.parse(out).map((entry: { ref: string }) => entry.ref);
}

Deno.test("kas reset ends what runs, saves what is unsaved, and touches nothing else", async (t) => {
  await using lab = await Lab.open({ agents: { coder: HALF_DONE } });
  const { repo, paths } = lab.sandbox;
  lab.startDaemon();
  await lab.buildTask("half", ONE, null);
  const session = await lab.running("half", "coder");
  const tree = `${repo}/.worktrees/half`;
  await lab.until("half.txt", () => exists(`${tree}/half.txt`));
  await lab.git("worktree", "add", "-q", "-b", "mine", `${repo}/.worktrees/mine`);
  await using tmux = lab.tmux;
  const stray = { cwd: repo, argv: ["sleep", "600"], env: {} };
  await tmux.start({ ...stray, name: "kas-4242", marker: `${lab.sandbox.root}/m1` });
  await tmux.start({ ...stray, name: "mine", marker: `${lab.sandbox.root}/m2` });

  await t.step("--dry-run changes nothing", async () => {
    const { code, out } = await lab.kas("reset", "--dry-run");
    assert.equal(code, 0);
    for (const part of ["daemon (pid", session.title, "kas-4242", tree]) {
      assert.ok(out.includes(part), `${part} in ${out}`);
    }
    assert.ok(!out.includes("mine"), out);
    assert.equal((await lab.home.store.session(session.id))?.status, "running");
  });

  await t.step("without a terminal it wants --yes", async () => {
    const { code, err } = await lab.kas("reset");
    assert.equal(code, 2);
    assert.match(err, /--yes/);
    assert.equal(await exists(`${tree}/half.txt`), true);
  });

  await t.step("--yes does it", async () => {
    const { code, out, err } = await lab.kas("reset", "--yes");
    assert.equal(code, 0, err + out);
    await lab.daemonEnd();
    assert.equal(await exists(tree), false);
    const row = await lab.home.store.session(session.id);
    assert.deepEqual([row?.status, row?.exitReason], ["exited", "reset"]);
    const names = (await tmux.list()).map(({ name }) => name);
    assert.deepEqual(names, ["mine"]);
    assert.equal(await exists(`${repo}/.worktrees/mine`), true);
    const [ref = ""] = await refs(lab);
    assert.equal(await lab.git("show", `${ref}:half.txt`), "half\n");
    assert.equal((await lab.task("half")).status, "implementing");
  });

  await t.step("a second one finds nothing", async () => {
    const { code, out } = await lab.kas("reset", "--yes");
    assert.deepEqual([code, out], [0, "nothing to reset\n"]);
  });

  await t.step("the next daemon goes on with the task", async () => {
    lab.startDaemon();
    await lab.until("a new coder", async () => {
      const live = (await lab.sessions("half")).filter((row) => row.status === "running");
      return live.length === 1 && live[0]?.id !== session.id;
    });
    await lab.until("half.txt", () => exists(`${tree}/half.txt`));
  });

  await t.step("--all puts the database aside; branches stay", async () => {
    const { code, out, err } = await lab.kas("reset", "--all", "--yes", "--json");
    assert.equal(code, 0, err + out);
    await lab.daemonEnd();
    assert.equal(await exists(paths.database), false);
    const aside = (await Array.fromAsync(Deno.readDir(paths.configDir))).map(({ name }) => name)
      .filter((name) => /^taskstore\.db\.reset-[^.]+Z$/.test(name));
    assert.equal(aside.length, 1);
    assert.notEqual((await lab.git("branch", "--list", "plan/half")).trim(), "");
    assert.deepEqual(JSON.parse((await lab.kas("task", "list", "--all", "--json")).out), []);
  });
});

Deno.test("kas reset goes on when a worktree refuses, and says so", async () => {
  await using lab = await Lab.open({ agents: { coder: HALF_DONE } });
  lab.startDaemon();
  await lab.buildTask("locked", ONE, null);
  const session = await lab.running("locked", "coder");
  const tree = `${lab.sandbox.repo}/.worktrees/locked`;
  await lab.until("half.txt", () => exists(`${tree}/half.txt`));
  await lab.git("worktree", "lock", "--reason", "not yet", tree);
  const { code, out } = await lab.kas("reset", "--all", "--yes");
  assert.equal(code, 1, out);
  await lab.daemonEnd();
  assert.match(out, /✗ worktree .*it is locked/);
  assert.equal((await lab.home.store.session(session.id))?.status, "exited");
  assert.equal(await exists(`${tree}/half.txt`), true);
  assert.equal(await exists(lab.sandbox.paths.database), true);
  await lab.git("worktree", "unlock", tree);
  assert.equal((await lab.kas("reset", "--yes")).code, 0);
  assert.equal(await exists(tree), false);
});
