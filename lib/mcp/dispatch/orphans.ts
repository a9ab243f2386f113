import * as v from "valibot";
import { startTime } from "../../harness/process_info.ts";

/**
 * Runs whose server was killed before it could end them. The next run of anybody ends them: nobody
 * waits for what they do. Where the system does not tell when a process began, they are let be, since
 * its number may be another's by then.
 */

const FILE = "dispatch.json";

const processId = v.pipe(v.number(), v.integer(), v.minValue(2));
const moment = v.pipe(v.string(), v.nonEmpty());

/** Who runs and who waits: process ids with the times they began. */
const markSchema = v.object({
  pid: processId,
  started: moment,
  server: processId,
  serverStarted: moment,
});
type Mark = v.InferOutput<typeof markSchema>;

/** Writes down that the process `pid` works for this one. @param launchDir folder of the run */
export async function markRun(launchDir: string, pid: number): Promise<void> {
  const [started, serverStarted] = await Promise.all([startTime(pid), startTime(Deno.pid)]);
  if (started === null || serverStarted === null) return;
  const mark: Mark = { pid, started, server: Deno.pid, serverStarted };
  await Deno.writeTextFile(`${launchDir}/${FILE}`, JSON.stringify(mark), { mode: 0o600 });
}

/**
 * Ends the runs that nobody waits for any more.
 * @returns the ids of the processes that were told to end
 */
export async function endOrphans(stateDir: string): Promise<number[]> {
  const ended: number[] = [];
  for (const agent of await foldersIn(`${stateDir}/runtime`)) {
    for (const launchDir of await foldersIn(agent)) {
      const mark = await markOf(launchDir);
      if (mark === null || await startTime(mark.server) === mark.serverStarted) continue;
      if (await startTime(mark.pid) !== mark.started) continue;
      killGroup(mark.pid);
      ended.push(mark.pid);
    }
  }
  return ended;
}

/** It had no chance to hear of its end before, and nobody is left who could wait for it. */
function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function markOf(launchDir: string): Promise<Mark | null> {
  try {
    const text = await Deno.readTextFile(`${launchDir}/${FILE}`);
    const { success, output } = v.safeParse(markSchema, JSON.parse(text));
    return success ? output : null;
  } catch (error) {
    // none, or one that is being written
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function foldersIn(path: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) found.push(`${path}/${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}
