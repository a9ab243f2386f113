/** The processes of a test, found by what stands in their environment or command line. */

/** Processes that have `mark` in their environment; none where there is no procfs. */
export async function processesWith(mark: string): Promise<string[]> {
  if (Deno.build.os !== "linux") return [];
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const [environment, command] = await Promise.all([
      procFile(name, "environ"),
      procFile(name, "cmdline"),
    ]);
    if (environment.includes(mark)) found.push(`${name} ${command.replaceAll("\0", " ")}`);
  }
  return found;
}

/** The processes with `mark` that are still there after a while. */
export async function processesLeft(mark: string): Promise<string[]> {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(100)) {
    if ((await processesWith(mark)).length === 0) return [];
  }
  return await processesWith(mark);
}

async function procFile(pid: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/${name}`);
  } catch (error) {
    // ESRCH has no class of its own
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      error instanceof Error && error.message.includes("(os error 3)");
    if (gone) return "";
    throw error;
  }
}

/** Resolves after `ms`. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
