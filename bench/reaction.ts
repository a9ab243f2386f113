import { wakeDaemon } from "../lib/daemon/client.ts";
import { git } from "../lib/demo/sandbox.ts";
import { applyEvent, createTask, emitSignal } from "../lib/engine/operations.ts";
import { startMarker } from "../lib/engine/sessions.ts";
import type { Session } from "../lib/store/types.ts";
import { limited, percentile, type Row } from "./stats.ts";
import { type Binary, until, World } from "./world.ts";

const ROUNDS = 25;
const TASK = "react";

const PLAN = `# Reaction

**Goal:** Measure

## Wave 1

### Task 1: One

Do it.
`;

/**
 * From the emit of a signal to the start of the next agent's process in a real daemon: the launcher
 * in the pane makes a folder right before it becomes the agent, and that folder's time is taken.
 */
export async function reaction(binary: Binary): Promise<Row[]> {
  await using world = await World.open(
    binary,
    `default_program = "/bin/sh -c 'exec sleep 3600'"
[ui]
max_review_fix_cycles = 0
[orchestration]
blueprint_skip_threshold = 2
`,
  );
  await world.startDaemon();
  await createTask(world.home, world.workspace, { name: TASK, content: PLAN }, "bench");
  await applyEvent(world.home, world.workspace, TASK, "plan_start", "bench");
  await wakeDaemon(world.sandbox.paths, { start: false });
  let agent = await nextAgent(world, 0);
  const samples: number[] = [];
  const react = async (type: string, payload?: string): Promise<void> => {
    const began = Date.now();
    const input = payload === undefined ? {} : { payload };
    await emitSignal(world.home, world.workspace, { type, task: TASK, source: "bench", ...input });
    await wakeDaemon(world.sandbox.paths, { start: false });
    agent = await nextAgent(world, agent.id);
    samples.push(await startedAt(world, agent) - began);
  };
  await react("planner_finished");
  for (let round = 0; round < ROUNDS; round++) {
    await git(agent.cwd, "commit", "-q", "--allow-empty", "-m", `Round ${round}`);
    await react("implement_finished");
    await react("review_changes_requested", "Once more");
  }
  return [
    limited("signal → next agent's process, p50", percentile(samples, 0.5), 50, "ms"),
    { what: "signal → next agent's process, p99", value: `${percentile(samples, 0.99)} ms` },
  ];
}

/** The running session after one with this id. */
async function nextAgent(world: World, after: number): Promise<Session> {
  let found: Session | undefined;
  await until("the next agent", async () => {
    found = (await world.home.store.sessions({ statuses: ["running"] })).find((s) => s.id > after);
    return found !== undefined;
  });
  if (found === undefined) throw new Error("No agent was started");
  return found;
}

/** Time of the launcher's folder, which it makes while the row is being written. */
async function startedAt(world: World, session: Session): Promise<number> {
  let time: number | undefined;
  await until("the agent's process", async () => {
    try {
      time = (await Deno.stat(startMarker(world.home, session))).mtime?.getTime();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  if (time === undefined) throw new Error("The file system keeps no times");
  return time;
}
