/**
 * One process of the signal stress test.
 *   emit <store> <project> <name> <count>   emits that many signals, some of them twice
 *   claim <store> <project> <name> <abandon> handles signals until the file <store>.emitted is there
 *                                            and none is left; drops the first <abandon> claims
 * Prints the ids it made or handled as JSON.
 */
import { openStore } from "../../lib/store/mod.ts";
import type { Store } from "../../lib/store/types.ts";

const [mode = "", path = "", project = "", name = "", count = "0"] = Deno.args;
const projectId = Number(project);

async function emit(store: Store): Promise<number[]> {
  const ids: number[] = [];
  for (let n = 0; n < Number(count); n++) {
    const signal = {
      projectId,
      taskName: `task-${n % 7}`,
      type: "planner_finished",
      payload: { from: name, n },
      source: `test:${name}`,
      dedupeKey: n % 4 === 0 ? `${name}/${n}` : null,
    } as const;
    ids.push((await store.emitSignal(signal)).signal.id);
    if (signal.dedupeKey !== null) await store.emitSignal(signal);
  }
  return ids;
}

async function claim(store: Store): Promise<number[]> {
  const ids: number[] = [];
  let abandon = Number(count);
  for (;;) {
    const finished = await exists(`${path}.emitted`);
    const signal = await store.claimSignal(name, ids.length % 2 === 0 ? [projectId] : null);
    if (signal === null && finished) return ids;
    if (signal === null) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    } else if (abandon > 0) {
      abandon--;
    } else {
      await store.commit([{ kind: "signal_end", id: signal.id, status: "done", result: name }]);
      ids.push(signal.id);
    }
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await Deno.stat(file);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

await using store = await openStore(path);
console.log(JSON.stringify(mode === "emit" ? await emit(store) : await claim(store)));
