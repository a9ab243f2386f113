import { createTask } from "../lib/engine/operations.ts";
import { limited, number, percentile, type Row } from "./stats.ts";
import { type Binary, World } from "./world.ts";

const ROUNDS = 31;
const TASKS = 10_000;

interface Variant {
  readonly what: string;
  readonly argv: readonly string[];
  /** Times of an empty program it may take. */
  readonly limit?: number;
}

/** Starts of the built binary against an empty `deno run`, taken in turns. */
export async function startup(binary: Binary): Promise<Row[]> {
  await using world = await World.open(binary, "");
  for (let n = 0; n < TASKS; n++) {
    await createTask(world.home, world.workspace, { name: `task-${n}`, description: "…" }, "bench");
  }
  const empty = `${world.sandbox.root}/empty.js`;
  await Deno.writeTextFile(empty, "");
  const variants: Variant[] = [
    { what: "empty deno run", argv: [Deno.execPath(), "run", "-A", "--no-config", empty] },
    { what: "kas --version", argv: [binary.path, "--version"], limit: 1.6 },
    {
      what: "kas hook, as an agent's hook calls it",
      argv: [binary.path, "hook", "Stop"],
      limit: 1.8,
    },
    {
      what: "kas complete, as a shell asks for a task of 10,000",
      argv: [binary.path, "complete", "bash", "--", "task", "start", "task-99"],
      limit: 2.5,
    },
    {
      what: "kas complete, as a shell asks for a command",
      argv: [binary.path, "complete", "bash", "--", "task", "st"],
      limit: 2.5,
    },
    { what: "kas --help", argv: [binary.path, "--help"] },
    {
      what: "kas task list --limit 50 of 10,000",
      argv: [binary.path, "task", "list", "--limit", "50"],
      limit: 3,
    },
    { what: "kas task list of 10,000", argv: [binary.path, "task", "list"], limit: 3 },
  ];
  const times = variants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { argv }] of variants.entries()) times[i]?.push(await timed(world, argv));
  }
  const medians = times.map((samples) => percentile(samples, 0.5));
  const base = medians[0] ?? NaN;
  return variants.map(({ what, limit }, i) => {
    const ms = medians[i] ?? NaN;
    const shown = `start: ${what} (${number(ms)} ms)`;
    if (i === 0) return { what: shown, value: "1 ×" };
    return limit === undefined
      ? { what: shown, value: `${number(ms / base)} ×` }
      : limited(shown, ms / base, limit, "×");
  });
}

async function timed(world: World, argv: readonly string[]): Promise<number> {
  const [program = "", ...args] = argv;
  const began = performance.now();
  const { success } = await new Deno.Command(program, {
    args,
    cwd: world.sandbox.repo,
    env: { ...world.env, KAS_AGENT_DIR: `${world.sandbox.root}/agent` },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`"${argv.join(" ")}" failed`);
  return performance.now() - began;
}
