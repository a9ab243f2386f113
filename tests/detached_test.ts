import assert from "node:assert/strict";
import type { Session } from "../lib/store/types.ts";
import { Lab, type Ran } from "./support/lab.ts";

/** Agents a person leaves to the daemon: `kas run --detach` and `kas chat --detach`. */

/** A lab with an agent `worker` that is a shell script. */
async function labWith(script: string): Promise<Lab> {
  // as bash exports a function: a name that no tmux session can be given
  const lab = await Lab.open({ env: { "BASH_FUNC_hi%%": "() { :; }" } });
  const folder = `${lab.sandbox.paths.configDir}/agents/worker`;
  const program = `${lab.sandbox.root}/worker.sh`;
  await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/soul.md`, "You work.\n");
  await Deno.writeTextFile(
    `${folder}/agent.toml`,
    `[runtime]\ndefault = "command"\n[runtime.command]\nprogram = [${JSON.stringify(program)}]\n`,
  );
  return lab;
}

async function kas(lab: Lab, ...args: string[]): Promise<Ran> {
  const ran = await lab.kas(...args);
  assert.equal(ran.code, 0, `kas ${args.join(" ")}: ${ran.err}`);
  return ran;
}

async function sessions(lab: Lab, title: string): Promise<Session[]> {
  const all = await lab.home.store.sessions({ projectId: lab.workspace.project.id });
  return all.filter((row) => row.title === title);
}

/** Waits until the last instance of that title has this status. */
async function untilStatus(lab: Lab, title: string, status: string): Promise<Session> {
  let last: Session | undefined;
  await lab.until(`${title} ${status}`, async () => {
    last = (await sessions(lab, title)).at(-1);
    return last?.status === status;
  });
  if (last === undefined) throw new Error("unreachable");
  return last;
}

Deno.test("a run that is left to the daemon is an instance, ends by itself and says how", async () => {
  await using lab = await labWith(`cat; echo "as $KASMOS_AGENT in $KASMOS_SESSION"; exit 3`);
  lab.startDaemon();
  const { out } = await kas(lab, "run", "-a", "worker", "--detach", "--task", "- say hi", "--json");
  assert.equal(JSON.parse(out).title, "worker-1");
  const ended = await untilStatus(lab, "worker-1", "exited");
  assert.deepEqual([ended.exitReason, ended.exitCode, ended.agent, ended.harness], [
    "died",
    1,
    "worker",
    "command",
  ]);
  const shown = await kas(lab, "instance", "capture", "worker-1");
  assert.match(shown.out, /- say hi/);
  assert.match(shown.out, new RegExp(`as worker in ${ended.id}`));
  await kas(lab, "run", "-a", "worker", "--detach", "--title", "again", "--task", "x");
  await untilStatus(lab, "again", "exited");
});

Deno.test("an instance without a task is paused, resumed, restarted and killed", async () => {
  await using lab = await labWith(`echo "$$" >> "$PWD/../pids"; exec sleep 600`);
  lab.startDaemon();
  await using tmux = lab.tmux;
  await kas(lab, "run", "-a", "worker", "--detach", "--task", "wait");
  const first = await untilStatus(lab, "worker-1", "running");
  await kas(lab, "instance", "pause", "worker-1");
  await lab.until("its end", async () => !(await tmux.has(first.tmuxName)));
  await kas(lab, "instance", "resume", "worker-1");
  const second = await untilStatus(lab, "worker-1", "running");
  assert.equal(second.attempt, 2);
  await kas(lab, "instance", "restart", "worker-1");
  await lab.until("the third", async () => (await sessions(lab, "worker-1")).length === 3);
  const third = await untilStatus(lab, "worker-1", "running");
  await lab.until("the end of the second", async () => !(await tmux.has(second.tmuxName)));
  const events = await lab.home.store.events({ instance: "worker-1", limit: 100 });
  for (const kind of ["agent_requested", "agent_paused", "agent_resumed", "agent_restarted"]) {
    assert.ok(events.some((row) => row.kind === kind), kind);
  }
  await kas(lab, "instance", "kill", "worker-1");
  await lab.until("the end", async () => !(await tmux.has(third.tmuxName)));
  const tokens = await lab.home.store.tokens({ live: Date.now(), sessionId: third.id });
  assert.deepEqual(tokens, []);
});

Deno.test("a daemon that was killed finds its instances, and starts what was asked for meanwhile", async () => {
  await using lab = await labWith("exec sleep 600");
  lab.startDaemon();
  await kas(lab, "run", "-a", "worker", "--detach", "--task", "one");
  const one = await untilStatus(lab, "worker-1", "running");
  await lab.killDaemon();
  const { requestLoose } = await import("../lib/engine/loose.ts");
  await requestLoose(lab.home, lab.workspace, {
    words: ["run", "-a", "worker"],
    task: "two",
    agent: "worker",
    harness: "command",
    model: null,
    title: null,
    worktree: null,
    cwd: lab.sandbox.repo,
  }, "test");
  lab.startDaemon();
  await untilStatus(lab, "worker-2", "running");
  const again = await untilStatus(lab, "worker-1", "running");
  assert.deepEqual([again.id, again.pid], [one.id, one.pid]);
});

Deno.test("a run in a worktree of its own keeps work and leaves nothing where there is none", async () => {
  await using lab = await labWith(
    `case "$(cat)" in work) echo done > new.txt; git add new.txt; git commit -qm work;; esac`,
  );
  lab.startDaemon();
  await kas(lab, "run", "-a", "worker", "--detach", "--worktree", "idle", "--task", "rest");
  const idle = await untilStatus(lab, "worker-1", "exited");
  assert.equal(idle.branch, "run/idle");
  const branches = () => lab.git("branch", "--list", "run/idle");
  await lab.until("its branch gone", async () => await branches() === "");
  assert.ok(!(await lab.git("worktree", "list")).includes("idle"));
  await kas(lab, "run", "-a", "worker", "--detach", "--worktree", "busy", "--task", "work");
  await untilStatus(lab, "worker-1", "exited");
  assert.match(await lab.git("log", "--format=%s", "-1", "run/busy"), /^work/);
  const taken = await lab.kas(
    ...["run", "-a", "worker", "--detach", "--worktree", "busy", "--task", "work"],
  );
  assert.equal(taken.code, 1);
  assert.match(taken.err, /is there already/);
});
