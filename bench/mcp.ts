import { createTask } from "../lib/engine/operations.ts";
import { limited, number, percentile, type Row } from "./stats.ts";
import { type Binary, World } from "./world.ts";

const STARTS = 21;
const CALLS = 500;
const WARM_UP = 50;

/** `kas mcp` of the built binary: how soon it greets, and how long a call of a tool takes. */
export async function mcp(binary: Binary): Promise<Row[]> {
  await using world = await World.open(binary, "");
  for (let n = 0; n < 100; n++) {
    const input = { name: `task-${n}`, description: "…", content: "# Plan\n\nText.\n" };
    await createTask(world.home, world.workspace, input, "bench");
  }
  const empty = `${world.sandbox.root}/empty.js`;
  await Deno.writeTextFile(empty, "");
  const base: number[] = [];
  const greet: number[] = [];
  const list: number[] = [];
  for (let round = 0; round < STARTS; round++) {
    base.push(await emptyRun(world, empty));
    const began = performance.now();
    await using peer = new Peer(world);
    await peer.greet();
    greet.push(performance.now() - began);
    await peer.ask("tools/list", {});
    list.push(performance.now() - began);
  }
  const unit = percentile(base, 0.5);
  const initialize = percentile(greet, 0.5);
  const listed = percentile(list, 0.5);
  return [
    limited(`mcp: initialize answered (${number(initialize)} ms)`, initialize / unit, 12, "×"),
    { what: `mcp: tools listed (${number(listed)} ms)`, value: `${number(listed / unit)} ×` },
    ...await calls(world),
  ];
}

async function calls(world: World): Promise<Row[]> {
  await using peer = new Peer(world);
  await peer.greet();
  const rows: Row[] = [];
  const shown = { filename: "task-7" };
  const tools = [["task_show", shown], ["task_list", { limit: 20 }]] as const;
  for (const [name, args] of tools) {
    const times: number[] = [];
    for (let n = 0; n < WARM_UP + CALLS; n++) {
      const began = performance.now();
      await peer.ask("tools/call", { name, arguments: args });
      if (n >= WARM_UP) times.push(performance.now() - began);
    }
    rows.push(limited(`mcp: ${name}, median`, percentile(times, 0.5), 2, "ms"));
    rows.push({ what: `mcp: ${name}, p99`, value: `${number(percentile(times, 0.99))} ms` });
  }
  return rows;
}

async function emptyRun(world: World, empty: string): Promise<number> {
  const began = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", empty],
    env: world.env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error("an empty program failed");
  return performance.now() - began;
}

/** A client of lines, so that nothing of a library is measured on this side. */
class Peer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";
  #id = 0;

  constructor(world: World) {
    this.#child = new Deno.Command(world.binary.path, {
      args: ["mcp"],
      cwd: world.sandbox.repo,
      env: world.env,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async greet(): Promise<void> {
    await this.ask("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "bench", version: "1" },
    });
    await this.#send({ method: "notifications/initialized" });
  }

  /** One request; waits for its answer. @throws Error for an answer that is an error */
  async ask(method: string, params: Record<string, unknown>): Promise<void> {
    await this.#send({ id: ++this.#id, method, params });
    const line = await this.#line();
    const answer: { id?: unknown; result?: { isError?: boolean } } = JSON.parse(line);
    const isGood = answer.id === this.#id && answer.result !== undefined &&
      answer.result.isError !== true;
    if (!isGood) throw new Error(`${method} was answered with ${line.slice(0, 200)}`);
  }

  async #send(message: Record<string, unknown>): Promise<void> {
    const text = `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
    await this.#writer.write(new TextEncoder().encode(text));
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("kas mcp has ended");
      this.#rest += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#child.status;
  }
}
