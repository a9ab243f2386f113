import { openStore } from "../lib/store/mod.ts";
import { number, type Row } from "./stats.ts";

const WORKER = new URL("./signal_worker.ts", import.meta.url).pathname;
const TOTAL = 8_000;
/** Time for all workers to be ready, in ms. */
const READY_MS = 1_500;

/** Signals emitted, then claimed and ended, by several processes on one database. */
export async function signals(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const processes of [1, 4, 8]) {
    const dir = await Deno.makeTempDir({ prefix: "kas-bench-signals-" });
    try {
      const path = `${dir}/store.db`;
      const projectId = await makeProject(path, dir);
      for (const mode of ["emit", "claim"]) {
        const rate = await race(mode, path, projectId, processes);
        rows.push({
          what: `signals: ${mode}, ${processes} ${processes === 1 ? "process" : "processes"}`,
          value: `${number(rate)} /s`,
        });
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  }
  return rows;
}

async function makeProject(path: string, root: string): Promise<number> {
  await using store = await openStore(path);
  return (await store.ensureProject({ root, rootCommit: "0".repeat(40) })).id;
}

/** @returns signals per second from the common start to the end of the last process */
async function race(
  mode: string,
  path: string,
  projectId: number,
  processes: number,
): Promise<number> {
  const start = Date.now() + READY_MS;
  const count = TOTAL / processes;
  const results = await Promise.all(
    Array.from({ length: processes }, async (_, n) => {
      const words = [mode, path, projectId, `w${n}`, count, start].map(String);
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", WORKER, ...words],
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      const result: { end: number; handled: number } = JSON.parse(new TextDecoder().decode(stdout));
      return result;
    }),
  );
  const handled = results.reduce((sum, result) => sum + result.handled, 0);
  if (handled !== TOTAL) throw new Error(`${handled} of ${TOTAL} signals were handled (${mode})`);
  return TOTAL / ((Math.max(...results.map((result) => result.end)) - start) / 1000);
}
