import assert from "node:assert/strict";
import { CRASH_POINTS } from "../lib/faults.ts";
import { Lab } from "./support/lab.ts";

/**
 * Kills the daemon at every boundary between two side effects of a whole lifecycle, and then at
 * random ones. Whatever was hit: the task ends merged, with the same tree, nothing started twice,
 * nothing lost, nothing left over.
 */

const TASK = "greet";
/** Everything a lifecycle can meet: an agent that dies, files left uncommitted, a planner replaced. */
const EVENTFUL = { KAS_DEMO_DIE: "reviewer", KAS_DEMO_UNTIDY: "1", KAS_DEMO_PAUSE_MS: "40" };
const RANDOM_KILLS = Number(Deno.env.get("KAS_RANDOM_KILLS") ?? 200);
const KILLS_PER_RUN = 10;

/** Begins the task, and has its planner replaced by another once it runs. */
async function begin(lab: Lab): Promise<void> {
  await lab.beginTask(TASK);
}

async function replacePlanner(lab: Lab): Promise<void> {
  const planners = async (): Promise<number> =>
    (await lab.home.store.sessions({ taskId: (await lab.task(TASK)).id }))
      .filter((session) => session.role === "planner" && session.status === "running").length;
  await lab.until("a planner", async () => await planners() > 0, 2);
  if ((await lab.task(TASK)).status === "planning") await lab.event(TASK, "plan_start");
}

/** What must hold in the end. @returns the tree of main */
async function check(lab: Lab): Promise<string> {
  const task = await lab.task(TASK);
  assert.equal(task.status, "done");
  const { store } = lab.home;
  const waiting = await store.signals({ statuses: ["pending", "processing"], limit: 10 });
  assert.deepEqual(waiting, [], "no signal waits for ever");
  const starts = await lab.starts();
  assert.equal(new Set(starts).size, starts.length, "no session was started twice");
  const sessions = await store.sessions({ taskId: task.id });
  assert.equal(new Set(sessions.map((s) => s.key)).size, sessions.length);
  assert.deepEqual(sessions.filter((s) => s.status !== "exited"), []);
  await using tmux = lab.tmux;
  await lab.until("the end of every agent", async () => (await tmux.list()).length === 0);
  const trees = (await lab.git("worktree", "list", "--porcelain")).match(/^worktree /gm) ?? [];
  assert.equal(trees.length, 1, "only the user's own checkout is left");
  assert.deepEqual([...Deno.readDirSync(`${lab.sandbox.repo}/.worktrees`)], []);
  const branches = await lab.git("branch", "--format=%(refname:short)");
  assert.deepEqual(branches.trim().split("\n").sort(), ["main", `plan/${TASK}`]);
  return (await lab.git("rev-parse", "main^{tree}")).trim();
}

async function undisturbed(env: Record<string, string>): Promise<string> {
  await using lab = await Lab.open({ env });
  await begin(lab);
  lab.startDaemon();
  await lab.untilMerged(TASK);
  return await check(lab);
}

Deno.test("a lifecycle survives SIGKILL at every crash point", async (t) => {
  const expected = await undisturbed(EVENTFUL);
  for (const point of CRASH_POINTS) {
    await t.step(point, async () => {
      await using lab = await Lab.open({ env: EVENTFUL });
      await begin(lab);
      lab.startDaemon(point);
      const replaced = replacePlanner(lab);
      const status = await Promise.race([
        lab.daemonEnd(),
        lab.untilMerged(TASK).then(() => null),
      ]);
      assert.equal(status?.signal, "SIGKILL", `"${point}" was never reached`);
      lab.startDaemon();
      await replaced;
      await lab.untilMerged(TASK);
      assert.equal(await check(lab), expected);
    });
  }
});

Deno.test(`a lifecycle survives ${RANDOM_KILLS} kills at random moments`, async (t) => {
  const expected = await undisturbed({});
  let kills = 0;
  for (let run = 1; kills < RANDOM_KILLS; run++) {
    await t.step(`run ${run}`, async () => {
      await using lab = await Lab.open({ env: { KAS_DEMO_PAUSE_MS: "100" } });
      await begin(lab);
      for (let here = 0; here < KILLS_PER_RUN && !(await isOver(lab)); here++, kills++) {
        lab.startDaemon();
        await new Promise((resolve) => setTimeout(resolve, 80 + Math.random() * 300));
        await lab.killDaemon();
      }
      lab.startDaemon();
      await lab.untilMerged(TASK);
      assert.equal(await check(lab), expected);
    });
  }
});

async function isOver(lab: Lab): Promise<boolean> {
  const task = await lab.task(TASK);
  return task.mergedSha !== null && await lab.openWorktrees(task) === 0;
}

/** Waits until the task is at work in a wave. */
async function inWave(lab: Lab): Promise<void> {
  await lab.until(
    "a running coder",
    async () =>
      (await lab.home.store.sessions({ statuses: ["running"] })).some((s) => s.role === "coder"),
    5,
  );
}

Deno.test("a lifecycle survives the end of the tmux server", async () => {
  const expected = await undisturbed({});
  await using lab = await Lab.open({ env: { KAS_DEMO_PAUSE_MS: "300" } });
  await begin(lab);
  lab.startDaemon();
  await inWave(lab);
  const socket = lab.sandbox.paths.tmuxSocket;
  await new Deno.Command("tmux", { args: ["-S", socket, "kill-server"] }).output();
  await lab.untilMerged(TASK);
  assert.equal(await check(lab), expected);
});

Deno.test("a lifecycle survives a worktree folder deleted by hand", async () => {
  const expected = await undisturbed({});
  await using lab = await Lab.open({ env: { KAS_DEMO_PAUSE_MS: "300" } });
  await begin(lab);
  lab.startDaemon();
  await inWave(lab);
  for (const entry of Deno.readDirSync(`${lab.sandbox.repo}/.worktrees`)) {
    await Deno.remove(`${lab.sandbox.repo}/.worktrees/${entry.name}`, { recursive: true });
  }
  await lab.untilMerged(TASK);
  assert.equal(await check(lab), expected);
});

Deno.test("a lifecycle survives a restart of the machine", async () => {
  const expected = await undisturbed({});
  await using lab = await Lab.open({ env: { KAS_DEMO_PAUSE_MS: "300" } });
  await begin(lab);
  lab.startDaemon();
  await inWave(lab);
  await using tmux = lab.tmux;
  const pids = (await tmux.list()).map((pane) => pane.pid);
  await lab.killDaemon();
  for (const pid of pids) Deno.kill(pid, "SIGKILL");
  const socket = lab.sandbox.paths.tmuxSocket;
  const server = await new Deno.Command("tmux", {
    args: ["-S", socket, "display-message", "-p", "#{pid}"],
    stdout: "piped",
  }).output();
  Deno.kill(Number(new TextDecoder().decode(server.stdout).trim()), "SIGKILL");
  lab.startDaemon();
  await lab.untilMerged(TASK);
  assert.equal(await check(lab), expected);
});
