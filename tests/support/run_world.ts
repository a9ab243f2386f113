import type { Run, World } from "../../commands/_testing.ts";

/** Agents that are scripts, and `kas` in a process of its own; for tests of runs. */

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/**
 * Makes a user's agent whose runtime is a script.
 * @param body of the script, for sh
 * @param toml more lines of its agent.toml
 * @returns its folder
 */
export async function addAgent(
  world: World,
  name: string,
  body: string,
  toml = "",
): Promise<string> {
  const folder = `${world.paths.configDir}/agents/${name}`;
  const program = `${world.dir}/${name}.sh`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(program, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
  await Deno.writeTextFile(
    `${folder}/agent.toml`,
    `[runtime]\ndefault = "command"\n[runtime.command]\nprogram = ["${program}"]\n${toml}\n`,
  );
  await Deno.writeTextFile(`${folder}/soul.md`, `You are ${name}.\n`);
  return folder;
}

/** How {@link kas} runs. */
export interface KasOptions {
  /** What is piped in; without it stdin is /dev/null. */
  readonly stdin?: string | undefined;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `kas` in a process of its own. */
export async function kas(
  world: World,
  argv: readonly string[],
  options: KasOptions,
): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, ...argv],
    cwd: options.cwd ?? world.repo,
    env: { ...world.env, ...options.env },
    clearEnv: true,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }
  return read(await child.output());
}

/** Runs a line of sh in which `kas` is a command. */
export async function sh(world: World, line: string): Promise<Run> {
  const shim = `${world.dir}/shim`;
  await Deno.mkdir(shim, { recursive: true });
  const words = [Deno.execPath(), "run", "-A", "--quiet", MAIN];
  await Deno.writeTextFile(`${shim}/kas`, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, {
    mode: 0o700,
  });
  const output = await new Deno.Command("/bin/sh", {
    args: ["-c", line],
    cwd: world.repo,
    env: { ...world.env, PATH: `${shim}:${world.env.PATH ?? ""}` },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  return read(output);
}

function read({ code, stdout, stderr }: Deno.CommandOutput): Run {
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Waits until something holds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Waits for a file with a whole line in it. @returns the line */
export async function appears(path: string): Promise<string> {
  for (;;) {
    try {
      const text = await Deno.readTextFile(path);
      if (text.endsWith("\n")) return text.trim();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Paths of all files under a folder, sorted; the database's own side files left out. */
export async function filesUnder(root: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(root)) {
      const path = `${root}/${name}`;
      if (isDirectory) found.push(...await filesUnder(path));
      else if (!/\.db(-wal|-shm)?$/.test(name)) found.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
