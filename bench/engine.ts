import { applyInput } from "../lib/engine/apply.ts";
import { createTask, emitSignal, forceStatus } from "../lib/engine/operations.ts";
import { number, percentile, type Row } from "./stats.ts";
import { type Binary, World } from "./world.ts";

const SIZES = [100, 10_000, 100_000];
const ROUNDS = 200;
const WORKER = "bench";

const PLAN = `# Engine

**Goal:** Measure

## Wave 1

### Task 1: One

Do it.
`;

/**
 * What one transition costs the engine with a growing store: signal in, claim, decide, commit. The
 * stores are measured in turns, so that a machine that drifts does not look like growth.
 */
export async function engine(binary: Binary): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const worlds: World[] = [];
  for (const size of SIZES) {
    const world = stack.use(await World.open(binary, "[ui]\nauto_advance = false\n"));
    for (let n = 0; n < size; n++) {
      const task = { name: `task-${n}`, content: n < 100 ? PLAN : "" };
      await createTask(world.home, world.workspace, task, "bench");
    }
    worlds.push(world);
  }
  const samples = worlds.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    const name = `task-${round % 100}`;
    for (const [index, world] of worlds.entries()) {
      await forceStatus(world.home, world.workspace, name, "planning", "bench");
      samples[index]?.push(await transition(world, name));
    }
  }
  const medians = samples.map((times) => percentile(times, 0.5));
  return SIZES.map((size, index) => {
    const median = medians[index] ?? NaN;
    const what = `engine: a transition, ${number(size)} tasks stored`;
    const value = `${number(median)} ms`;
    const flat = median <= (medians[0] ?? NaN) * 1.5;
    return index === 0 ? { what, value } : { what, value, target: "flat", met: flat };
  });
}

/** One report of a planner, from emit to the committed change; in ms. */
async function transition(world: World, task: string): Promise<number> {
  const { home, workspace } = world;
  const began = performance.now();
  await emitSignal(home, workspace, { type: "planner_finished", task, source: WORKER });
  const signal = await home.store.claimSignal(WORKER, [workspace.project.id]);
  const row = signal === null ? null : await home.store.task(signal.projectId, signal.taskName);
  if (signal === null || row === null) throw new Error("There was no signal to claim");
  const step = await applyInput(home, workspace, row.id, () => ({
    type: "signal",
    signal: signal.type,
    payload: signal.payload,
    session: null,
    actor: signal.source,
  }), {
    also: ({ result }) => [{ kind: "signal_end", id: signal.id, status: "done", result }],
  });
  const took = performance.now() - began;
  if (!step.accepted) throw new Error(`The signal was refused: ${step.result}`);
  return took;
}
