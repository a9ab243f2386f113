/**
 * A whole lifecycle with the real agent CLIs in every role, offline: kas's own commands and daemon,
 * real tmux, real git, the model scripted. Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { AGENT_CLIS, type AgentCli, isMissing, pinnedVersion } from "./support/agent_clis.ts";
import { processesWith } from "./support/agent_processes.ts";
import { FIXED, TEAM } from "./support/agent_script.ts";
import { agentTest } from "./support/agent_case.ts";
import { Team } from "./support/agent_team.ts";
import { changedSettings, CLAUDE_ANSWERS, claudeAnswers } from "./support/agent_user.ts";

const TASK = "greet-the-world";

/** Best source of each CLI's state, as kas names it. */
const SOURCE: Readonly<Record<AgentCli, RegExp>> = {
  claude: /^session file: busy/,
  codex: /^title: [\u2800-\u28ff] /,
  opencode: /^server on port \d+: busy/,
};

/** Who works, in the order of their reports; the tasks of a wave report in any order. */
const CAST = [
  ["planner", "planner_finished"],
  ["architect", "elaborator_finished"],
  ["coder", "implement_task_finished"],
  ["coder", "implement_task_finished"],
  ["coder", "implement_task_finished"],
  ["coder", "implement_task_finished"],
  ["reviewer", "review_changes_requested"],
  ["fixer", "implement_finished"],
  ["reviewer", "review_approved"],
  ["master", "verify_approved"],
];

async function checkTree(team: Team): Promise<void> {
  const paths = (await team.git("ls-tree", "-r", "--name-only", "main")).trim().split("\n");
  assert.deepEqual(paths.sort(), ["README.md", ...Object.keys(FIXED)].sort());
  for (const [path, text] of Object.entries(FIXED)) {
    assert.equal(await team.git("show", `main:${path}`), text, path);
    assert.equal(await Deno.readTextFile(`${team.places.repo}/${path}`), text, path);
  }
  assert.equal(await team.git("status", "--porcelain"), "");
  const authors = await team.git("log", "--no-merges", "--format=%an: %s", "main");
  assert.deepEqual(authors.trim().split("\n").sort(), [
    "Tester: Add bin/hello",
    "Tester: Add lib/greet.sh",
    "Tester: Add lib/shout.sh",
    "Tester: Add tests/run.sh",
    "Tester: Begin",
    "Tester: Stop at the first error",
  ]);
}

async function checkCast(name: AgentCli, team: Team): Promise<void> {
  const { store } = team.kasHome;
  const task = await team.task(TASK);
  const sessions = await store.sessions({ taskId: task.id });
  const byId = new Map(sessions.map((session) => [String(session.id), session]));
  const signals = (await store.signals({ limit: 100 })).sort((a, b) => a.id - b.id);
  assert.deepEqual(
    signals.map(({ source, type }) => [
      byId.get(/^session:(\d+)$/.exec(source)?.[1] ?? "")?.role ?? source,
      type,
    ]),
    CAST,
  );
  assert.deepEqual([...new Set(signals.map((signal) => signal.status))], ["done"]);
  assert.equal(new Set(signals.map((signal) => signal.source)).size, CAST.length);
  assert.deepEqual(
    sessions.map(({ role, status, exitReason, harness }) => [role, status, exitReason, harness]),
    CAST.map(([role]) => [role, "exited", "reported", name]),
  );
  const spawned = await store.events({ kinds: ["agent_spawned"], limit: 100 });
  assert.deepEqual(
    spawned.map(({ detail }) => [detail.role, detail.harness]),
    CAST.map(([role]) => [role, name]),
  );
  const waves = await store.events({ kinds: ["wave_started"], limit: 100 });
  assert.deepEqual(waves.map(({ detail }) => detail.tasks), [[1, 2], [3, 4]]);
  assert.deepEqual(await store.decisions({}), []);
  const odd = ["engine_error", "plan_warning", "leftovers_committed", "agent_ended"];
  assert.deepEqual(await store.events({ kinds: odd, limit: 10 }), []);

  // all but the master report with the tool
  const tools = team.model.requests().flatMap(({ answer }) => answer.tools);
  const reports = tools.filter((tool) => tool.endsWith("signal_create"));
  assert.equal(reports.length, CAST.length - 1);
}

function checkSightings(name: AgentCli, team: Team): void {
  assert.deepEqual(team.unseen, []);
  assert.equal(new Set(team.sightings.map(({ session }) => session)).size, CAST.length);
  for (const { evidence } of team.sightings) assert.match(evidence, SOURCE[name]);
}

/** kas and the agents leave the user's settings and other worktrees as they were. */
async function checkPlaces(name: AgentCli, team: Team): Promise<void> {
  assert.deepEqual(await changedSettings(team.places.home, team.settings), []);
  if (name === "claude") assert.deepEqual(await claudeAnswers(team.places.home), CLAUDE_ANSWERS);
  const trees = await team.git("worktree", "list", "--porcelain");
  assert.deepEqual(trees.match(/^worktree .+/gm), [`worktree ${team.places.repo}`]);
  assert.deepEqual([...Deno.readDirSync(`${team.places.repo}/.worktrees`)], []);
}

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? AGENT_CLIS : [];
for (const name of wanted) {
  agentTest(name, await isMissing(name), "does a whole task in every role", async () => {
    await using team = await Team.open(name, TEAM);
    const began = Date.now();
    await team.kas("task", "create", TASK, "--description", "Greet the world, loudly");
    await team.kas("task", "start", TASK);
    await team.untilStatus(TASK, "done");
    await team.kas("task", "merge", TASK);
    const seconds = Math.round((Date.now() - began) / 1000);

    await checkTree(team);
    await checkCast(name, team);
    checkSightings(name, team);
    await team.untilCleared(TASK);
    await checkPlaces(name, team);
    if (Deno.build.os === "linux") {
      assert.notDeepEqual(await processesWith(team.places.root), [], "the daemon is not seen");
    }
    assert.deepEqual(await team.stop(), []);
    const who = `${name} ${pinnedVersion(name)}`;
    console.log(`ran ${who}: ${CAST.length} agents, 2 waves, merged in ${seconds} s`);
  });
}
