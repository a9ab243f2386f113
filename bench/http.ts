import { createTask } from "../lib/engine/operations.ts";
import { openHome, openWorkspaceAt } from "../lib/engine/workspace.ts";
import { makeSandbox } from "../lib/demo/sandbox.ts";
import { pathVariables } from "../lib/config/paths.ts";
import { limited, number, percentile, type Row } from "./stats.ts";
import { load, type Measured, type Target } from "./http_load.ts";

/** The API beside a bare Hono app on the same store, in turns; event latency; memory of streams. */

const ROUNDS = 5;
const ROUND_MS = 1_200;
const TASKS = 200;
const STREAMS = 100;
const EVENTS = 60;

interface Server extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** Measures the HTTP API. */
export async function http(): Promise<Row[]> {
  const sandbox = await makeSandbox();
  try {
    const env = { ...Deno.env.toObject(), ...pathVariables(sandbox.paths) };
    const { project, names } = await fill(sandbox.paths, sandbox.repo);
    await using kas = await start("kas", env);
    await using bare = await start("bare", env);
    const rows: Row[] = [];
    const base = `/v1/projects/${project}/tasks`;
    const one = { method: "GET", path: `${base}/${names[7]}` };
    const page = { method: "GET", path: `${base}?limit=50` };
    rows.push(...await compare("one task", kas, bare, () => one, 0.7));
    rows.push(...await compare("page of 50", kas, bare, () => page, null));
    // A draft that is planned, and one under planning that is planned again, is a whole transition.
    let turn = 0;
    const transition = () => ({
      method: "POST",
      path: `${base}/${names[turn++ % names.length]}/transition`,
      body: '{"event":"plan_start"}',
    });
    rows.push(...await compare("transition", kas, bare, transition, null));
    rows.push(...await events(kas, base, names));
    return rows;
  } finally {
    await Deno.remove(sandbox.root, { recursive: true });
  }
}

async function fill(paths: Parameters<typeof openHome>[0], repo: string) {
  await using home = await openHome(paths);
  const workspace = await openWorkspaceAt(home, repo);
  const names: string[] = [];
  for (let i = 0; i < TASKS; i++) {
    const name = `task-${i}`;
    await createTask(home, workspace, { name, description: "A task to measure" }, "bench");
    names.push(name);
  }
  return { project: workspace.project.key, names };
}

async function start(kind: string, env: Record<string, string>): Promise<Server> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("./http_server.ts", import.meta.url).pathname, kind],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the ${kind} server ended`);
    text += value;
  }
  const { url, token } = JSON.parse(text);
  return {
    url,
    token,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

async function compare(
  what: string,
  kas: Server,
  bare: Server,
  request: () => Target,
  share: number | null,
): Promise<Row[]> {
  const mine: Measured[] = [];
  const theirs: Measured[] = [];
  await load(kas, request, 400);
  await load(bare, request, 400);
  for (let i = 0; i < ROUNDS; i++) {
    theirs.push(await load(bare, request, ROUND_MS));
    mine.push(await load(kas, request, ROUND_MS));
  }
  const rate = (all: Measured[]) => percentile(all.map((m) => m.perSecond), 0.5);
  const p99 = (all: Measured[]) => percentile(all.flatMap((m) => m.latencies), 0.99);
  const cpu = (all: Measured[]) => percentile(all.map((m) => m.cpuMicros), 0.5);
  const ratio = rate(mine) / rate(theirs);
  return [
    {
      what: `http: ${what}, requests per second`,
      value: `${number(rate(mine))} (bare ${number(rate(theirs))}, ${number(ratio * 100)} %)`,
      ...(share === null ? {} : { target: `≥ ${share * 100} % of bare`, met: ratio >= share }),
    },
    {
      what: `http: ${what}, p99`,
      value: `${number(p99(mine))} ms (bare ${number(p99(theirs))} ms)`,
    },
    {
      what: `http: ${what}, CPU of the server`,
      value: `${number(cpu(mine))} µs (bare ${number(cpu(theirs))} µs)`,
    },
  ];
}

/** From the commit of an event until it has arrived, with many streams open. */
async function events(kas: Server, base: string, names: readonly string[]): Promise<Row[]> {
  const headers = { authorization: `Bearer ${kas.token}` };
  const before = await memory(kas.pid);
  const arrived = new Map<string, (latency: number) => void>();
  const streams = await Promise.all(Array.from({ length: STREAMS }, async (_, index) => {
    const response = await fetch(`${kas.url}/v1/events`, { headers });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error("no stream");
    const done = (async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        if (index > 0) continue;
        const now = performance.timeOrigin + performance.now();
        for (const line of value.split("\n")) {
          const mark = /"goal":"(goal-[^"]+)"/.exec(line)?.[1] ?? "";
          arrived.get(mark)?.(now - Date.parse(JSON.parse(line.slice("data: ".length)).at));
        }
      }
    })();
    return { reader, done };
  }));
  const samples: number[] = [];
  for (let i = 0; i < EVENTS; i++) {
    const mark = `goal-${crypto.randomUUID()}`;
    const heard = new Promise<number>((resolve) => arrived.set(mark, resolve));
    const response = await fetch(`${kas.url}${base}/${names[i % names.length]}/goal`, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ goal: mark }),
    });
    await response.body?.cancel();
    samples.push(await heard);
    arrived.delete(mark);
  }
  const after = await memory(kas.pid);
  for (const { reader } of streams) await reader.cancel();
  await Promise.all(streams.map(({ done }) => done));
  return [
    limited(
      `http: commit to event, ${STREAMS} streams, p50`,
      percentile(samples, 0.5),
      50,
      "ms",
    ),
    { what: `http: the same, p99`, value: `${number(percentile(samples, 0.99))} ms` },
    {
      what: `http: memory of ${STREAMS} streams`,
      value: `${number(after - before)} MB more, ${number(after)} MB in all`,
    },
  ];
}

/** Resident memory in MB. */
async function memory(pid: number): Promise<number> {
  if (Deno.build.os !== "linux") return 0;
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
