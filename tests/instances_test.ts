import assert from "node:assert/strict";
import type { Session } from "../lib/store/types.ts";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** What a person does to running agents, and agents that cannot start. */

const PAIR = planText([{ "one.txt": "one" }, { "two.txt": "two" }]);
/** A coder that leaves a mark of having been there, then sits there. */
const MARKED = `echo "$KASMOS_SESSION" >> marks.txt; ${IDLE}`;

async function instance(lab: Lab, verb: string, title: string): Promise<void> {
  const { code, err } = await lab.kas("instance", verb, title);
  assert.equal(code, 0, err);
}

/** The coder of a subtask that runs now, other than this one. */
async function coderOf(lab: Lab, name: string, subtask: number, not = 0): Promise<Session> {
  let found: Session | undefined;
  await lab.until(`a coder of task ${subtask}`, async () => {
    found = (await lab.sessions(name)).find((s) =>
      s.subtask === subtask && s.status === "running" && s.id !== not
    );
    return found !== undefined && await marked(found);
  });
  if (found === undefined) throw new Error("unreachable");
  return found;
}

async function marked(session: Session): Promise<boolean> {
  try {
    const text = await Deno.readTextFile(`${session.cwd}/marks.txt`);
    return text.split("\n").includes(String(session.id));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("one agent of a wave is paused, resumed, restarted and killed", async (t) => {
  await using lab = await Lab.open({ agents: { coder: MARKED } });
  await lab.buildTask("w", PAIR);
  lab.startDaemon();
  const first = await coderOf(lab, "w", 1);
  const second = await coderOf(lab, "w", 2);
  await using tmux = lab.tmux;

  await t.step(
    "pause ends its process, keeps its worktree and starts nothing instead",
    async () => {
      await instance(lab, "pause", "w-W1-T1");
      await lab.until("its end", async () => !(await tmux.has(first.tmuxName)));
      await lab.signalEnd("advance_wave", "w"); // refused, but by then everything was looked at
      const [one] = (await lab.sessions("w")).filter((s) => s.subtask === 1);
      assert.equal(one?.status, "paused");
      assert.equal((await lab.sessions("w")).length, 2);
      assert.equal(await Deno.readTextFile(`${first.cwd}/marks.txt`), `${first.id}\n`);
      const again = await lab.kas("instance", "pause", "w-W1-T1");
      assert.equal(again.code, 3);
      assert.match(again.err, /instance is already paused/);
    },
  );
  await t.step("a restart of the daemon does not resume it", async () => {
    await lab.killDaemon();
    lab.startDaemon();
    await lab.signalEnd("advance_wave", "w");
    assert.equal((await lab.sessions("w")).length, 2);
  });
  await t.step("resume starts another on what it left", async () => {
    await instance(lab, "resume", "w-W1-T1");
    const next = await coderOf(lab, "w", 1, first.id);
    assert.equal(next.cwd, first.cwd);
    assert.equal(await Deno.readTextFile(`${first.cwd}/marks.txt`), `${first.id}\n${next.id}\n`);
  });
  await t.step("restart replaces it and leaves its neighbour alone", async () => {
    const before = await coderOf(lab, "w", 1);
    await instance(lab, "restart", before.title);
    await coderOf(lab, "w", 1, before.id);
    const neighbour = (await tmux.list()).find((pane) => pane.name === second.tmuxName);
    assert.equal(neighbour?.pid, second.pid);
  });
  await t.step("kill fails its task; the wave asks once the rest is resolved", async () => {
    const one = await coderOf(lab, "w", 1);
    await instance(lab, "kill", one.title);
    await lab.until("its end", async () => !(await tmux.has(one.tmuxName)));
    assert.equal((await lab.task("w")).phase, "wave_running");
    await instance(lab, "kill", second.title);
    const { detail } = await lab.decision("w", "wave_failed");
    assert.match(detail, /task 1 .*was killed/);
    assert.match(detail, /task 2 .*was killed/);
    await lab.until("the end of both", async () => (await tmux.list()).length === 0);
    assert.equal((await lab.kas("instance", "kill", one.title)).code, 3, "it has ended");
  });
});

Deno.test("an agent that cannot start leaves nothing, and is a question (W18)", async () => {
  await using lab = await Lab.open();
  const config = `${lab.sandbox.repo}/.kasmos/config.toml`;
  const good = await Deno.readTextFile(config);
  const program = `${lab.sandbox.root}/agents/absent`;
  await Deno.writeTextFile(config, `${good}[agents.coder]\nprogram = "${program}"\n`);
  await lab.buildTask("absent", planText([{ "one.txt": "one" }]), null);
  lab.startDaemon();
  const { detail } = await lab.decision("absent", "agent_failed");
  assert.match(detail, /absent-implement\.2 .*without reporting/);
  await using tmux = lab.tmux;
  await lab.until("the end of both", async () => (await tmux.list()).length === 0);
  await Deno.writeTextFile(config, good);
  await lab.answer("absent", "agent_failed", "retry");
  await lab.untilMerged("absent");
});

Deno.test("waves go on with nobody looking, over restarts of the daemon (W23)", async () => {
  await using lab = await Lab.open({
    policy: { max_parallel_wave_tasks: 1 },
    env: { KAS_DEMO_PAUSE_MS: "100" },
  });
  await lab.buildTask("alone", planText([{ f1: "1" }, { f2: "2" }], [{ f3: "3" }]));
  for (
    let restarts = 0;
    (await lab.task("alone")).mergedSha === null && restarts < 40;
    restarts++
  ) {
    lab.startDaemon();
    const { version } = await lab.task("alone");
    await lab.until("some progress", async () => (await lab.task("alone")).version > version);
    await lab.killDaemon("SIGTERM");
  }
  lab.startDaemon();
  await lab.untilMerged("alone");
  const sessions = await lab.sessions("alone");
  assert.equal(sessions.length, 5, "no piece of work was done twice");
  assert.deepEqual(sessions.filter((s) => s.exitReason !== "reported"), []);
});
