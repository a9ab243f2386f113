/**
 * One process of the signal benchmark: `emit|claim <database> <project> <name> <count> <start>`.
 * Waits until `start` (ms since 1970), then emits `count` signals, or claims and ends signals until
 * none is left. Prints when it was done, and how many it did, as JSON.
 */
import { openStore } from "../lib/store/mod.ts";

const [mode = "", path = "", project = "", name = "", count = "", start = ""] = Deno.args;

await using store = await openStore(path);
await new Promise((resolve) => setTimeout(resolve, Number(start) - Date.now()));
let handled = 0;
if (mode === "emit") {
  for (; handled < Number(count); handled++) {
    await store.emitSignal({
      projectId: Number(project),
      taskName: `task-${handled % 10}`,
      type: "planner_finished",
      payload: {},
      source: name,
    });
  }
} else {
  for (;;) {
    const signal = await store.claimSignal(name, null);
    if (signal === null) break;
    await store.commit([{ kind: "signal_end", id: signal.id, status: "done", result: "" }]);
    handled++;
  }
}
console.log(JSON.stringify({ end: Date.now(), handled }));
