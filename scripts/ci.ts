/**
 * Runs every check in turn, prints their output as it comes and one line `N passed, N failed` for
 * all of them: each test counts, and each check that is not a test counts as one.
 * @module
 */
import { countTests, type Tally } from "./tally.ts";
import { ROOT } from "./run.ts";

/** No step may take longer, in ms. */
const LIMIT_MS = 22 * 60_000;

interface Step {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Its tests are counted, and what they leave behind. */
  readonly tests?: true;
}

/**
 * Two lanes at once: most tests wait for processes and terminals more than they compute. The second
 * one's output comes when a step of it ends, so that no two steps are mixed.
 */
const LANES: readonly (readonly Step[])[] = [
  [
    { name: "format", args: ["task", "fmt:check"] },
    { name: "lint", args: ["task", "lint"] },
    { name: "types", args: ["task", "check"] },
    { name: "structure", args: ["task", "structure"] },
    { name: "documents", args: ["task", "docs:check"] },
    { name: "tests", args: ["task", "test"], tests: true },
  ],
  [
    { name: "binary", args: ["task", "compile"] },
    { name: "smoke tests", args: ["task", "smoke"], tests: true },
    { name: "agent CLIs", args: ["task", "test:agents"], tests: true },
    {
      name: "web admin",
      args: ["task", "test:admin"],
      env: {
        KAS_LAUNCHER: `${ROOT}/build/kas`,
        KAS_UNPACK_DIR: `${ROOT}/build/unpacked`,
        // With KAS_LAUNCHER, what the tests start does not get DENO_DIR, and would make a cache anew.
        XDG_CACHE_HOME: (await denoDir()).replace(/\/deno$/, ""),
      },
      tests: true,
    },
  ],
];

/** Runs one step. @returns its exit status and what it printed to stdout */
async function runStep(
  step: Step,
  env: Record<string, string>,
  print: (bytes: Uint8Array) => Promise<void>,
): Promise<[number, string]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...step.args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env, ...step.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).spawn();
  const decoder = new TextDecoder();
  let text = "";
  const errors = (async () => {
    for await (const chunk of child.stderr) await print(chunk);
  })();
  for await (const chunk of child.stdout) {
    await print(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  await errors;
  return [(await child.status).code, text];
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
}

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir }: { denoDir: string } = JSON.parse(new TextDecoder().decode(stdout));
  return denoDir;
}

/**
 * Gives tests a home and a temporary folder of their own, so that what they leave behind shows.
 * @returns what the body returned, and the paths that were left
 */
async function isolated<T>(
  body: (env: Record<string, string>) => Promise<T>,
): Promise<[T, string[]]> {
  // Short, because sockets stand in it.
  const base = await Deno.makeTempDir({ dir: "/tmp", prefix: "kc-" });
  try {
    for (const name of ["home", "tmp"]) await Deno.mkdir(`${base}/${name}`);
    // As open as /tmp: some tests play another user.
    await Deno.chmod(base, 0o755);
    await Deno.chmod(`${base}/tmp`, 0o1777);
    const result = await body({
      HOME: `${base}/home`,
      TMPDIR: `${base}/tmp`,
      DENO_DIR: await denoDir(),
    });
    const left = ["home", "tmp"].flatMap((name) =>
      [...Deno.readDirSync(`${base}/${name}`)].map((entry) => `${name}/${entry.name}`)
    );
    return [result, left];
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

async function check(
  step: Step,
  print: (bytes: Uint8Array) => Promise<void>,
): Promise<Tally> {
  if (!step.tests) {
    const [code] = await runStep(step, {}, print);
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  }
  const [[code, text], left] = await isolated((env) => runStep(step, env, print));
  const tally = countTests(text);
  if (left.length > 0) await print(line(`left behind by ${step.name}: ${left.join(", ")}`));
  // A run that fails without a failed test did not get as far as its tests.
  const broken = (code !== 0 && tally.failed === 0) || tally.passed + tally.failed === 0;
  return { ...tally, failed: tally.failed + (broken ? 1 : 0) + (left.length > 0 ? 1 : 0) };
}

function line(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\n`);
}

const total = { passed: 0, failed: 0 };
const failed: string[] = [];

/** Runs a lane's steps one after the other; the first lane prints as it goes. */
async function runLane(steps: readonly Step[], live: boolean): Promise<void> {
  for (const step of steps) {
    const kept: Uint8Array[] = [];
    const print = live
      ? writeAll
      : (bytes: Uint8Array): Promise<void> => Promise.resolve(void kept.push(bytes));
    await print(line(`\n== ${step.name}`));
    const began = performance.now();
    const tally = await check(step, print);
    total.passed += tally.passed;
    total.failed += tally.failed;
    if (tally.failed > 0) failed.push(step.name);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    await print(line(`== ${step.name}: ${tally.failed === 0 ? "ok" : "FAILED"} (${seconds} s)`));
    for (const bytes of kept) await writeAll(bytes);
  }
}

await Promise.all(LANES.map((steps, index) => runLane(steps, index === 0)));
console.log(failed.length === 0 ? "" : `\nFailed: ${failed.join(", ")}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
Deno.exit(total.failed === 0 ? 0 : 1);
