/**
 * The turns of the real agent CLIs, offline: each is started with what its harness renders, driven by
 * the mock model, and its own transcript is read. Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { harnessFor } from "../lib/harness/mod.ts";
import type { Turn, TurnsQuery, TurnsReading } from "../lib/harness/turns.ts";
import { agentTest } from "./support/agent_case.ts";
import {
  AGENT_CLIS,
  type AgentCli,
  isMissing,
  PINNED_CLIS,
  type PinnedCli,
} from "./support/agent_clis.ts";
import { sleep, Stage } from "./support/agent_stage.ts";
import { settleUser } from "./support/agent_user.ts";
import type { MockStep } from "./support/mock_model.ts";
import { userVariables } from "./support/other_clis.ts";

const STEPS: readonly MockStep[] = [
  { say: "On it.", shell: "echo hello-out" },
  { shell: "echo broken >&2; exit 3" },
  { text: "All done." },
];
const KINDS = ["system", "prose", "tool", "result", "tool", "result", "response"];

async function userOf(name: PinnedCli, stage: Stage): Promise<Record<string, string>> {
  const cli = AGENT_CLIS.find((one): one is AgentCli => one === name);
  return cli !== undefined
    ? await settleUser(cli, stage.home, stage.model.url)
    : await userVariables(name === "copilot" ? "copilot" : "gemini", stage.model.url);
}

/** Turns once they are as `wanted`; the transcript is written behind the screen. */
async function until(
  name: PinnedCli,
  query: TurnsQuery,
  wanted: (turns: readonly Turn[]) => boolean,
): Promise<TurnsReading> {
  let seen: TurnsReading | null = null;
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    seen = await harnessFor(name).turns?.(query) ?? null;
    if (seen !== null && wanted(seen.turns)) return seen;
  }
  throw new Error(`${name} has no such turns: ${JSON.stringify(seen)}`);
}

function isAnswered(turns: readonly Turn[]): boolean {
  return turns.at(-1)?.rows.at(-1)?.kind === "response";
}

async function pidOf(stage: Stage): Promise<number> {
  return Number(await stage.tmux("list-panes", "-t", "=agent:", "-F", "#{pane_pid}"));
}

function check({ turns, isCut }: TurnsReading, prompt: string): void {
  assert.deepEqual([turns.length, isCut], [1, false], JSON.stringify(turns));
  const [turn] = turns;
  assert.ok(turn);
  assert.deepEqual(turn.rows.map(({ kind }) => kind), KINDS, JSON.stringify(turn.rows));
  assert.deepEqual([turn.interrupted, turn.toolCount], [false, 2]);
  assert.ok(turn.startedAt !== null && turn.completedAt !== null);
  const [asked, says, call, result, , failure, answer] = turn.rows;
  assert.ok(asked?.text.includes(prompt), asked?.text);
  assert.deepEqual([says?.text, answer?.text], ["On it.", "All done."]);
  assert.match(call?.text ?? "", /echo hello-out/);
  assert.match(result?.text ?? "", /hello-out/);
  assert.deepEqual([result?.toolName, result?.isError], [call?.toolName, false]);
  assert.match(failure?.text ?? "", /broken/);
  assert.equal(failure?.isError, true);
}

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? PINNED_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);
  const harness = harnessFor(name);
  // gemini would ask the model which model to take
  const model = name === "gemini" ? { model: "mock-model" } : {};

  agentTest(name, ignore, "the turns of a chat are seen while it runs and after", async () => {
    await using stage = await Stage.open(name, STEPS);
    const hostEnv = await userOf(name, stage);
    const { launchDir, cwd } = stage;
    const query = { launchDir, cwd };
    assert.equal(await harness.turns?.({ ...query, pid: null }), null);
    const task = `Work in ${cwd}`;
    const request = stage.request({ task, permission: "yolo", hostEnv, ...model });
    await stage.start(await stage.prepare(harness, request));
    await stage.answered("Work in");
    check(await until(name, { ...query, pid: await pidOf(stage) }, isAnswered), task);
    await stage.killPane();
    const after = await harness.turns?.({ ...query, pid: null }) ?? null;
    // opencode's server ended with it
    if (name === "opencode") assert.equal(after, null);
    else if (after === null) assert.fail("the transcript is gone");
    else check(after, task);
  });

  agentTest(name, ignore || name === "opencode", "the turns of a run are seen", async () => {
    await using stage = await Stage.open(name, STEPS);
    const hostEnv = await userOf(name, stage);
    const { launchDir, cwd } = stage;
    const task = `Work in ${cwd}`;
    // a run that is an instance
    const env = { KASMOS_SESSION: "1" };
    const more = { mode: "run", permission: "yolo", hostEnv, env, ...model } as const;
    const request = stage.request({ task, ...more });
    const { code, stderr } = await stage.run(await stage.prepare(harness, request));
    assert.equal(code, 0, stderr);
    check(await until(name, { launchDir, cwd, pid: null }, isAnswered), task);
  });

  agentTest(name, ignore, "a turn that was interrupted says so", async () => {
    await using stage = await Stage.open(name, [{ shell: "true" }, { hang: true }]);
    const hostEnv = await userOf(name, stage);
    const { launchDir, cwd } = stage;
    const task = `Work in ${cwd}`;
    const request = stage.request({ task, permission: "yolo", hostEnv, ...model });
    await stage.start(await stage.prepare(harness, request));
    await stage.until("busy", harness, hostEnv);
    const query = { launchDir, cwd, pid: await pidOf(stage) };
    // it asks once more with the result, and gets no answer
    const ran = (turns: readonly Turn[]) =>
      turns[0]?.rows.at(-1)?.kind === "result" && turns[0].completedAt === null &&
      stage.model.requests().some(({ answer }) => answer.step === 1);
    await until(name, query, ran);
    for (const key of harness.interruptKeys) {
      await stage.tmux("send-keys", "-t", "=agent:", key);
      await sleep(150);
    }
    const { turns } = await until(name, query, (all) => all[0]?.interrupted === true);
    assert.ok(turns[0]?.rows.some(({ kind }) => kind === "status"), JSON.stringify(turns));
  });
}
