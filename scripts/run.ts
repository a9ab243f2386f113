/** Stops a script with a message for the person who started it. */
export class ScriptError extends Error {
  override name = "ScriptError";
}

/** The project's folder. */
export const ROOT: string = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/**
 * Runs a program to its end, its output going where this script's goes.
 * @throws ScriptError when it fails
 */
export async function run(
  argv: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<void> {
  const [program = "", ...args] = argv;
  const { success, code } = await new Deno.Command(program, {
    cwd: ROOT,
    stdin: "null",
    ...options,
    args,
  }).spawn().status;
  if (!success) throw new ScriptError(`"${argv.join(" ")}" failed with status ${code}`);
}

/** Runs the body of a script; a ScriptError ends it with its message alone and status 1. */
export async function script(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  }
}
