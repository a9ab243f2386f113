import assert from "node:assert/strict";
import { type Answer, type ApiServer, askServer, startApiServer } from "./support/api_server.ts";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** Start-over, recover and merge over HTTP, with a daemon, agents and real branches behind them. */

const ONE = planText([{ "one.txt": "one" }]);
/** A coder that does its work and never reports it. */
const SILENT = `echo one > one.txt; git add one.txt; git commit -q -m "Add one"; ${IDLE}`;

/** One task of a lab over HTTP. */
class Remote {
  readonly #base: string;

  constructor(readonly lab: Lab, readonly server: ApiServer, readonly task: string) {
    this.#base = `/v1/projects/${lab.workspace.project.key}`;
  }

  /** `T` stands for the task, `P` for the project. */
  async ask(key: string, body?: unknown): Promise<Answer> {
    const path = key.replace(/ T/, ` P/tasks/${this.task}`).replace(/ P/, ` ${this.#base}`);
    return await askServer(this.server, path, body);
  }

  /** The same with the status it must have. @returns the fields of the answer */
  async told(status: number, key: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.ask(key, body);
    assert.equal(answer.status, status, `${key}: ${JSON.stringify(answer.body)}`);
    assert.ok(typeof answer.body === "object" && answer.body !== null);
    return { ...answer.body };
  }

  /** The rows of a list. */
  async list(key: string): Promise<Record<string, unknown>[]> {
    const { items } = await this.told(200, key);
    assert.ok(Array.isArray(items));
    return items;
  }

  async head(ref: string): Promise<string> {
    return (await this.lab.git("rev-parse", ref)).trim();
  }
}

async function there(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("start-over saves what an agent has done and plans on a fresh branch", async () => {
  const coder = `echo one > one.txt; git add one.txt; git commit -q -m "Add one"
echo half > half.txt; ${IDLE}`;
  await using lab = await Lab.open({ agents: { coder, planner: IDLE } });
  lab.startDaemon();
  await using server = await startApiServer(lab);
  const api = new Remote(lab, server, "again");
  assert.equal((await api.ask("POST T/start-over")).status, 404);
  await lab.buildTask("again", ONE, null);
  const worker = await lab.running("again", "coder");
  await lab.until("half a work", () => there(`${lab.sandbox.repo}/.worktrees/again/half.txt`));
  const worked = await api.head("plan/again");
  assert.notEqual(worked, await api.head("main"));

  const over = await api.told(200, "POST T/start-over");
  assert.deepEqual(
    [over.status, over.phase, over.wave, over.review_cycle, over.merged_sha],
    ["planning", "", 0, 0, null],
  );
  await lab.running("again", "planner");
  assert.equal((await lab.home.store.session(worker.id))?.status, "exited");
  assert.equal(await api.head("plan/again"), await api.head("main"));
  assert.deepEqual(await api.list("GET T/commits"), []);
  assert.deepEqual(await api.list("GET T/subtasks"), []);
  assert.equal(await there(`${lab.sandbox.repo}/.worktrees/again/half.txt`), false);

  const saved = await api.list("GET P/rescue?task=again");
  const texts = await Promise.all(
    saved.map(({ commit }) => lab.git("ls-tree", "--name-only", String(commit))),
  );
  assert.ok(texts.some((names) => names.includes("half.txt")), texts.join());
  const ids = await Promise.all(
    saved.map(({ commit }) => lab.git("merge-base", worked, String(commit))),
  );
  assert.ok(ids.some((id) => id.trim() === worked), "the commit is kept");
  const [forced] = await api.list("GET P/audit-events?kind=task_status_forced&task=again");
  assert.deepEqual([forced?.actor, forced?.session_id], ["token:local", null]);
});

Deno.test("recover reports for agents that do not, and merge takes what was verified", async (t) => {
  await using lab = await Lab.open({
    policy: { auto_merge: false },
    agents: { coder: SILENT, reviewer: IDLE, master: IDLE },
  });
  lab.startDaemon();
  await using server = await startApiServer(lab);
  const api = new Remote(lab, server, "quiet");
  await lab.buildTask("quiet", ONE, null);
  await lab.running("quiet", "coder");
  await lab.until("its commit", async () => (await api.list("GET T/commits")).length === 1);
  const main = await api.head("main");
  const recover = (action: string, feedback?: string) =>
    api.told(202, "POST T/recover", { action, ...(feedback === undefined ? {} : { feedback }) });

  await t.step("bad requests change nothing", async () => {
    const odd = await api.told(422, "POST T/recover", { action: "dance" });
    assert.match(String(odd.hint), /^Actions: planner-finished, /);
    const bare = await api.told(400, "POST T/recover", { action: "review-changes" });
    assert.equal(bare.code, "usage");
    const early = await api.told(403, "POST T/merge");
    assert.match(String(early.detail), /it is implementing and not verified/);
    assert.equal((await lab.task("quiet")).status, "implementing");
    assert.equal(await api.head("main"), main);
  });
  await t.step("each report moves the task on and ends the agent it stands for", async () => {
    const sent = await recover("implement-finished");
    assert.deepEqual([sent.type, sent.task, sent.source], [
      "implement_finished",
      "quiet",
      "token:local",
    ]);
    await lab.running("quiet", "reviewer");
    assert.equal((await lab.sessions("quiet"))[0]?.status, "exited");
    await recover("review-approved");
    await lab.running("quiet", "master");
    await recover("verify-approved");
    const done = await lab.untilStatus("quiet", "done");
    assert.deepEqual([done.verifiedSha, done.verifiedBaseSha], [
      await api.head("plan/quiet"),
      main,
    ]);
  });
  await t.step("a base that moved is verified anew, not merged", async () => {
    await lab.git("commit", "-q", "--allow-empty", "-m", "Meanwhile");
    const moved = await api.head("main");
    const stale = await api.told(409, "POST T/merge");
    assert.match(String(stale.detail), /main moved to [0-9a-f]{12} after it was verified/);
    assert.equal(await api.head("main"), moved);
    await lab.running("quiet", "master");
    await recover("verify-approved");
    await lab.untilStatus("quiet", "done");
  });
  await t.step("the merge is one commit of both, and is made once", async () => {
    const before = await api.head("main");
    const merged = await api.told(200, "POST T/merge");
    assert.deepEqual([merged.task, merged.base], ["quiet", "main"]);
    assert.equal(merged.commit, await api.head("main"));
    assert.deepEqual(
      [await api.head("main^1"), await api.head("main^2")],
      [before, await api.head("plan/quiet")],
    );
    assert.equal(await lab.git("show", "main:one.txt"), "one\n");
    const again = await api.told(200, "POST T/merge");
    assert.equal(again.commit, merged.commit);
    assert.equal(await api.head("main"), merged.commit);
    const [event, ...others] = await api.list("GET P/audit-events?kind=task_merged&task=quiet");
    assert.deepEqual([event?.actor, others], ["token:local", []]);
  });
});

Deno.test("what an agent moves is told of with its session", async () => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await using server = await startApiServer(lab);
  const api = new Remote(lab, server, "small");
  await lab.buildTask("small", ONE, null);
  await lab.untilMerged("small");
  const moves = await api.list("GET P/audit-events?kind=task_status_changed&task=small&order=asc");
  const sessions = await lab.sessions("small");
  const seen = moves.filter(({ actor }) => String(actor).startsWith("session:"))
    .map(({ actor, session_id, instance }) => {
      const session = sessions.find(({ id }) => id === session_id);
      assert.deepEqual([actor, instance], [`session:${session_id}`, session?.title]);
      return session?.role;
    });
  assert.deepEqual(seen, ["coder", "reviewer", "master"]);
  assert.deepEqual(
    moves.filter(({ actor }) => actor === "test").map(({ session_id }) => session_id),
    [null, null, null],
  );
});
