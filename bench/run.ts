import { limited, number, percentile, type Row } from "./stats.ts";
import { type Binary, World } from "./world.ts";

const ROUNDS = 31;
/** Times of an empty program from `kas run` to its runtime's process. */
const LIMIT = 2.2;

/**
 * From the start of `kas run` to the start of its runtime, against an empty `deno run`, taken in
 * turns. The runtime is a program that opens a pipe the bench waits at.
 */
export async function run(binary: Binary): Promise<Row[]> {
  await using world = await World.open(binary, "");
  const { root } = world.sandbox;
  const empty = `${root}/empty.js`;
  const marker = `${root}/marker`;
  await Deno.writeTextFile(empty, "");
  await mkfifo(marker);
  const agent = `${world.home.paths.configDir}/agents/marker`;
  await Deno.mkdir(agent, { recursive: true });
  // the shell alone: whatever the runtime's own start takes is no time of kas
  const program = JSON.stringify(["/bin/sh", "-c", `: > '${marker}'`]);
  await Deno.writeTextFile(
    `${agent}/agent.toml`,
    `[runtime]\ndefault = "command"\n[runtime.command]\nprogram = ${program}\n`,
  );
  await Deno.writeTextFile(`${agent}/soul.md`, "You are a marker.\n");
  const argv = [binary.path, "run", "-a", "marker", "--task", "x"];
  const [bases, runs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    bases.push(await timed(world, [Deno.execPath(), "run", "-A", "--no-config", empty], null));
    runs.push(await timed(world, argv, marker));
  }
  const [base, ms] = [percentile(bases, 0.5), percentile(runs, 0.5)];
  return [
    limited(`run: kas run to its runtime's process (${number(ms)} ms)`, ms / base, LIMIT, "×"),
  ];
}

/** Time to the end of a program, or to the moment something opens the pipe `marker`; in ms. */
async function timed(
  world: World,
  argv: readonly string[],
  marker: string | null,
): Promise<number> {
  const [program = "", ...args] = argv;
  const began = performance.now();
  const output = new Deno.Command(program, {
    args,
    cwd: world.sandbox.repo,
    env: world.env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  // opening a pipe to read waits for one who opens it to write
  if (marker !== null) (await Deno.open(marker)).close();
  const opened = performance.now();
  const { success } = await output;
  if (!success) throw new Error(`"${argv.join(" ")}" failed`);
  return (marker === null ? performance.now() : opened) - began;
}

async function mkfifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: ["--", path] }).output();
  if (!success) throw new Error(`Cannot make the pipe ${path}`);
}
