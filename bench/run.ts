import { limited, number, percentile, type Row } from "./stats.ts";
import { type Binary, World } from "./world.ts";

const ROUNDS = 31;
/** Times of an empty program from `kas run` to what the runtime prints first. */
const LIMIT = 2.2;

/**
 * From the start of `kas run` to the first byte of its runtime, here a script's marker, against the
 * first byte of an empty program that prints one; taken in turns.
 */
export async function run(binary: Binary): Promise<Row[]> {
  await using world = await World.open(binary, "");
  const root = world.sandbox.root;
  const empty = `${root}/empty.js`;
  await Deno.writeTextFile(empty, 'Deno.stdout.writeSync(new TextEncoder().encode("."));');
  const agent = `${world.home.paths.configDir}/agents/marker`;
  await Deno.mkdir(agent, { recursive: true });
  await Deno.writeTextFile(
    `${agent}/agent.toml`,
    '[runtime]\ndefault = "command"\n[runtime.command]\nprogram = ["/bin/echo", "marker"]\n',
  );
  await Deno.writeTextFile(`${agent}/soul.md`, "You are a marker.\n");
  const variants: (readonly [string, readonly string[]])[] = [
    ["empty deno run", [Deno.execPath(), "run", "-A", "--no-config", empty]],
    ["kas run", [binary.path, "run", "-a", "marker", "--task", "x"]],
  ];
  const times = variants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [, argv]] of variants.entries()) times[i]?.push(await firstByte(world, argv));
  }
  const [base = NaN, ms = NaN] = times.map((samples) => percentile(samples, 0.5));
  return [
    limited(`run: kas run to the runtime's first byte (${number(ms)} ms)`, ms / base, LIMIT, "×"),
  ];
}

async function firstByte(world: World, argv: readonly string[]): Promise<number> {
  const [program = "", ...args] = argv;
  const began = performance.now();
  const child = new Deno.Command(program, {
    args,
    cwd: world.sandbox.repo,
    env: world.env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const ms = performance.now() - began;
  while (!(await reader.read()).done);
  const { success } = await child.status;
  if (!success || value === undefined) throw new Error(`"${argv.join(" ")}" failed`);
  return ms;
}
