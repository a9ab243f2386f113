import assert from "node:assert/strict";
import { openStore } from "../lib/store/mod.ts";

const WORKER = new URL("./support/signal_worker.ts", import.meta.url).pathname;
const EMITTERS = 8;
const CLAIMERS = 4;
const EACH = 2500;
const TOTAL = EMITTERS * EACH;
const ABANDONED = 5;

function spawn(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", WORKER, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function idsOf(process: Deno.ChildProcess): Promise<number[]> {
  const { code, stdout, stderr } = await process.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as number[];
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

Deno.test("12 processes emit and handle 20,000 signals, each exactly once", async () => {
  const folder = await Deno.makeTempDir();
  const running = new Set<Deno.ChildProcess>();
  const results: Promise<number[]>[] = [];
  try {
    const path = `${folder}/store.db`;
    await using store = await openStore(path);
    const project = await store.ensureProject({ root: "/nowhere/app", rootCommit: "r" });
    const start = (mode: string, name: string, count: number) => {
      const child = spawn(mode, path, `${project.id}`, name, `${count}`);
      running.add(child);
      const result = idsOf(child).finally(() => running.delete(child));
      results.push(result);
      return result;
    };
    const claiming = range(CLAIMERS).map((n) => start("claim", `c${n}`, n === 0 ? ABANDONED : 0));
    const emitting = range(EMITTERS).map((n) => start("emit", `e${n}`, EACH));
    const emitted = (await Promise.all(emitting)).flat();
    await Deno.writeTextFile(`${path}.emitted`, "");
    const handled = (await Promise.all(claiming)).flat();

    assert.equal(new Set(emitted).size, TOTAL, "every emit made a row of its own");
    assert.equal(new Set(handled).size, handled.length, "none was handled twice");
    assert.equal(handled.length, TOTAL - ABANDONED);
    const stuck = await store.reapSignals({ before: 0, workers: ["c0"], maxAttempts: 3 });
    assert.deepEqual(stuck, { requeued: ABANDONED, dead: 0 });
    for (let n = 0; n < ABANDONED; n++) {
      const signal = await store.claimSignal("last", [project.id]);
      assert.equal(signal?.attempts, 2);
      handled.push(signal.id);
      await store.commit([{ kind: "signal_end", id: signal.id, status: "done", result: "last" }]);
    }
    assert.equal(await store.claimSignal("last", null), null);
    assert.deepEqual(new Set(handled), new Set(emitted));
    await checkLog(path, emitted);
  } finally {
    for (const child of running) child.kill("SIGKILL");
    await Promise.allSettled(results);
    await Deno.remove(folder, { recursive: true });
  }
});

/** The log tells each signal's story in order, once. */
async function checkLog(path: string, ids: readonly number[]): Promise<void> {
  await using store = await openStore(path, { readOnly: true });
  const stories = new Map<unknown, string>();
  let afterId = 0;
  for (;;) {
    const page = await store.events({ afterId, limit: 5000 });
    const last = page.at(-1);
    if (last === undefined) break;
    for (const { id, kind, detail } of page) {
      assert.ok(id > afterId);
      afterId = id;
      stories.set(detail.signal, `${stories.get(detail.signal) ?? ""} ${kind}`.trim());
    }
  }
  assert.equal(stories.size, ids.length);
  const told = Map.groupBy(stories.values(), (story) => story);
  assert.deepEqual(
    [...told].map(([story, all]) => [story, all.length]).sort(),
    [
      ["signal_emitted signal_processed", TOTAL - ABANDONED],
      ["signal_emitted signal_requeued signal_processed", ABANDONED],
    ],
  );
}
