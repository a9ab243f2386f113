import assert from "node:assert/strict";
import type { Session } from "../lib/store/types.ts";
import { inWorld, type World } from "./_testing.ts";

/** A running agent: a row, and a shell script in its tmux session. */
async function running(
  world: World,
  title: string,
  script: string,
  taskId: number | null = null,
): Promise<Session> {
  const row = await world.session({ key: `t1:${title}`, title, taskId });
  const { pid } = await world.tmux().start({
    name: row.tmuxName,
    cwd: world.repo,
    argv: ["sh", "-c", script],
    env: {},
    marker: `${world.dir}/started-${row.id}`,
  });
  await world.store.commit([{
    kind: "session",
    id: row.id,
    patch: { status: "running", pid, startedAt: Date.now(), activity: "idle", evidence: "quiet" },
  }]);
  await Deno.mkdir(`${world.paths.sessionsDir}/${row.id}`, { recursive: true });
  return row;
}

async function screen(world: World, title: string, wanted: RegExp): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const text = await world.ok("instance", "capture", title);
    if (wanted.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`the screen of ${title} never showed ${wanted}`);
}

Deno.test("kas instance list shows what lives, and more when asked", () =>
  inWorld(async (world) => {
    assert.equal(await world.ok("instance", "list"), "no instances found\n");
    const patch = async (title: string, fields: Record<string, unknown>) => {
      const row = await world.session({ key: title, title, branch: "plan/x" });
      await world.store.commit([{ kind: "session", id: row.id, patch: fields }]);
    };
    await patch("a", { status: "running", activity: "busy", evidence: "title \u001b[31m" });
    await patch("b", { status: "running", activity: "idle" });
    await patch("c", { status: "paused" });
    await patch("d", { status: "exited", exitReason: "died", endedAt: Date.now() });
    await patch("e", {});
    const titles = async (...argv: string[]) =>
      (await world.json<{ title: string }[]>("i", "list", ...argv)).map((row) => row.title).join(
        "",
      );
    assert.equal(await titles(), "abce");
    assert.equal(await titles("--all"), "abcde");
    assert.equal(await titles("--status", "exited,paused"), "cd");
    assert.equal(await titles("--status", "ready"), "b");
    assert.equal(await titles("--status", "loading"), "e");
    assert.equal((await world.kas("instance", "list", "--status", "odd")).code, 2);
    assert.equal((await world.kas("instance", "list", "--status", "paused", "--all")).code, 2);
    const table = await world.ok("instance", "list", "--all");
    assert.match(table, /^TITLE +STATUS +ROLE +HARNESS +ACTIVITY +BRANCH +AGE\na +running +coder/);
    assert.match(table, /^d +exited \(died\)/m);
    assert.ok(!table.includes("\u001b"));
    const [first] = JSON.parse(await world.ok("instance", "list", "--format", "json"));
    assert.deepEqual([first.title, first.tmux_name, first.task], ["a", "kas-1", null]);
    assert.match(await world.ok("instance", "status"), /^running +2$/m);
    assert.match(await world.ok("instance", "show", "d"), /^ended because: +died$/m);
  }));

Deno.test("kas instance capture, send and interrupt reach the agent", () =>
  inWorld(async (world) => {
    const script =
      "trap 'echo STOPPED' INT; echo ready; while :; do read -r x && echo \"got $x\"; done";
    await running(world, "one-implement", script);
    await screen(world, "one", /^ready$/m);
    assert.match(
      await world.ok("instance", "send", "one", "hello $(date)"),
      /^sent: 13 characters to one-implement\n$/,
    );
    await screen(world, "one", /^got hello \$\(date\)$/m);
    const piped = await world.run(["instance", "send", "one", "-"], { stdin: "from a pipe\n" });
    assert.equal(piped.code, 0, piped.err);
    await screen(world, "one", /^got from a pipe$/m);
    assert.equal(
      await world.ok("instance", "interrupt", "one"),
      "interrupted: one-implement (C-c)\n",
    );
    await screen(world, "one", /STOPPED/);
    const part = await world.ok("instance", "capture", "one", "--start", "0", "--end", "0");
    assert.equal(part, "ready\n");
    assert.equal((await world.kas("instance", "capture", "one", "--start", "x")).code, 2);
    assert.equal((await world.kas("instance", "send", "one", " ")).code, 2);
    const kinds = (await world.store.events({ limit: 9 })).map((row) => row.kind);
    assert.deepEqual(kinds, ["agent_prompted", "agent_prompted", "agent_interrupted"]);
    const agent = await world.run(["instance", "send", "one", "hi"], { session: "9" });
    assert.equal(agent.code, 3);
    const attach = await world.kas("instance", "attach", "one");
    assert.equal(attach.code, 2);
    assert.match(attach.err, /Cannot attach: this is not a terminal/);
  }));

Deno.test("kas instance kill ends the agent also without a daemon and keeps its screen", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    await world.ok("task", "set-status", "one", "planning", "--force");
    const task = await world.task("one");
    const row = await running(world, "one-plan", "echo last words; exec sleep 1000", task.id);
    await screen(world, "one-plan", /last words/);
    assert.equal(await world.ok("instance", "kill", "one-plan"), "killed: one-plan\n");
    assert.equal(await world.tmux().has(row.tmuxName), false);
    assert.deepEqual(
      [
        (await world.store.session(row.id))?.status,
        (await world.store.session(row.id))?.exitReason,
      ],
      ["exited", "killed"],
    );
    assert.match(await world.ok("instance", "capture", "one-plan"), /^last words\n/);
    const [decision] = await world.store.decisions({ taskId: task.id, status: "open" });
    assert.equal(decision?.kind, "agent_failed");
    for (const verb of ["kill", "pause", "restart", "interrupt"]) {
      assert.equal((await world.kas("instance", verb, "one-plan")).code, 3, verb);
    }
  }));

Deno.test("kas instance pause and resume keep the place of the work", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    const task = await world.task("one");
    const row = await running(world, "one-plan", "exec sleep 1000", task.id);
    const early = await world.kas("instance", "resume", "one-plan");
    assert.equal(early.code, 3);
    assert.match(early.err, /can only resume paused instances \(current status: running\)/);
    assert.equal(await world.ok("instance", "pause", "one-plan"), "paused: one-plan\n");
    assert.equal(await world.tmux().has(row.tmuxName), false);
    assert.match(
      (await world.kas("instance", "pause", "one-plan")).err,
      /instance is already paused/,
    );
    const sent = await world.kas("instance", "send", "one-plan", "hi");
    assert.equal(sent.code, 3);
    assert.match(sent.err, /cannot send prompt to a paused instance/);
    world.serve();
    assert.equal(await world.ok("instance", "resume", "one-plan"), "resumed: one-plan\n");
    assert.equal((await world.store.session(row.id))?.exitReason, "resumed");
    assert.equal(world.pokes.at(-1), "POST /v1/wake");
  }));

Deno.test("kas instance restart leaves the process to the daemon", () =>
  inWorld(async (world) => {
    world.serve();
    await world.ok("task", "create", "one");
    const task = await world.task("one");
    await world.store.setRegistered(task.projectId, true);
    const row = await running(world, "one-plan", "exec sleep 1000", task.id);
    assert.equal(await world.ok("instance", "restart", "one-plan"), "restarted: one-plan\n");
    assert.equal((await world.store.session(row.id))?.exitReason, "restarted");
    assert.equal(await world.tmux().has(row.tmuxName), true);
  }));

Deno.test("kas instance finds titles by a unique part and says what is ambiguous", () =>
  inWorld(async (world) => {
    for (const title of ["one-W1-T1", "one-W1-T2"]) await world.session({ key: title, title });
    assert.match(await world.ok("instance", "show", "T2"), /^title: +one-W1-T2$/m);
    const both = await world.kas("instance", "show", "W1");
    assert.equal(both.code, 2);
    assert.match(both.err, /Cannot tell which instance "W1" means\nhint: It fits one-W1-T/);
    assert.equal((await world.kas("instance", "show", "two")).code, 1);
    const none = await world.kas("instance", "capture", "T1");
    assert.equal(none.code, 1);
    assert.match(none.err, /no screen was kept/);
  }));
