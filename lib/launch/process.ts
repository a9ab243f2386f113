import { KasError, messageOf } from "../errors.ts";
import { quote } from "../names.ts";
import { sendSignal, Strays } from "./strays.ts";
import type { PreparedLaunch } from "./types.ts";

/** Running a one-shot launch: its own process group, its streams, and its end. */

/** Signals that end an agent; others are not passed on. */
export type EndSignal = "SIGINT" | "SIGQUIT" | "SIGTERM" | "SIGHUP" | "SIGKILL";

/** What {@link runProcess} does with what the process prints, and how long it may take. */
export interface RunIo {
  /**
   * Takes what it prints on stdout, piece by piece, in order. A rejection ends the process; a broken
   * pipe is no error of the run, any other comes out of {@link RunningAgent.ended}.
   */
  readonly stdout: (chunk: Uint8Array) => Promise<void>;
  /** The same for stderr; null = it goes where kas's own goes. */
  readonly stderr: ((chunk: Uint8Array) => Promise<void>) | null;
  /** Null = no limit. */
  readonly timeoutMs: number | null;
  /** How long it may take to end after a signal before it is killed. @default 5000 */
  readonly graceMs?: number;
  /** How long others may hold its output open after its end, in silence. @default 2000 */
  readonly drainMs?: number;
}

/** How a process ended. */
export interface RunEnd {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: Deno.Signal | null;
  /** Why kas ended it; null when it ended by itself. */
  readonly stopped: "timeout" | "cancelled" | "unread" | null;
  /** True when it left something behind that kept its output open, and that was ended. */
  readonly leftovers: boolean;
  readonly durationMs: number;
}

/** A process that runs. */
export interface RunningAgent {
  readonly pid: number;
  /**
   * Passes a signal to the whole process group, and to what the agent started outside of it; after
   * the grace time they are killed.
   */
  stop(signal: EndSignal): void;
  /** Resolves when the process is over and its output is read to the end. */
  readonly ended: Promise<RunEnd>;
}

/** How long an agent may take to end before it is killed. */
export const GRACE_MS = 5_000;
const DRAIN_MS = 2_000;
const CHECK_MS = 50;

/**
 * Starts a launch that was prepared and written, as leader of a session of its own (setsid(2)), so
 * that signals reach all it starts and the terminal's do not.
 * @throws KasError "missing_program" when it cannot be started
 */
export function runProcess(prepared: PreparedLaunch, io: RunIo): RunningAgent {
  const began = performance.now();
  const child = spawn(prepared, io);
  const group = new Group(child.pid, io.graceMs ?? GRACE_MS);
  const limit = io.timeoutMs === null
    ? undefined
    : setTimeout(() => group.stop("SIGTERM", "timeout"), io.timeoutMs);
  return {
    pid: child.pid,
    stop: (signal) => group.stop(signal, "cancelled"),
    ended: finish(child, group, prepared.launch.stdin, io).then((end) => ({
      ...end,
      durationMs: Math.round(performance.now() - began),
    })).finally(() => {
      clearTimeout(limit);
      group.release();
    }),
  };
}

function spawn({ launch, context }: PreparedLaunch, io: RunIo): Deno.ChildProcess {
  const [program = "", ...args] = launch.argv;
  try {
    return new Deno.Command(program, {
      args,
      cwd: context.cwd,
      env: { ...launch.env },
      clearEnv: true,
      detached: true,
      stdin: launch.stdin === null ? "null" : "piped",
      stdout: "piped",
      stderr: io.stderr === null ? "inherit" : "piped",
    }).spawn();
  } catch (cause) {
    throw cannotStart(program, cause);
  }
}

/** @returns the error of a program that was there and could not be executed all the same */
export function cannotStart(program: string, cause: unknown): KasError {
  return new KasError(
    "missing_program",
    `Cannot start ${quote(program, 200)}: ${messageOf(cause)}`,
    {
      hint:
        "See whether it runs by itself, and whether its first line names a program that is there",
      cause,
    },
  );
}

/** The process group of a child with what left it, and the way they are ended. */
class Group {
  stopped: RunEnd["stopped"] = null;
  readonly #strays: Strays;
  #ending: Promise<void> = Promise.resolve();
  #killer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(readonly pid: number, readonly graceMs: number) {
    this.#strays = new Strays(pid);
  }

  stop(signal: EndSignal, why: NonNullable<RunEnd["stopped"]>): void {
    if (this.#isOver) return;
    this.stopped ??= why;
    this.end(signal);
    this.#killer ??= setTimeout(() => this.end("SIGKILL"), this.graceMs);
  }

  /** Sends a signal to all that is left, one after the other. */
  end(signal: EndSignal): Promise<void> {
    this.#ending = this.#ending.then(async () => {
      const strays = await this.#strays.look();
      if (this.#isOver) return;
      this.send(signal);
      for (const pid of strays) sendSignal(pid, signal);
    });
    return this.#ending;
  }

  /** Sends a signal to what is left of the group; nothing left is fine. */
  send(signal: EndSignal): void {
    sendSignal(-this.pid, signal);
  }

  /** No more signals: the number of the group may soon be another's. */
  release(): void {
    this.#isOver = true;
    clearTimeout(this.#killer);
  }
}

async function finish(
  child: Deno.ChildProcess,
  group: Group,
  input: string | null,
  io: RunIo,
): Promise<Omit<RunEnd, "durationMs">> {
  const fed = input === null ? Promise.resolve() : feed(child.stdin, input);
  const streams = [
    new Pump(child.stdout, io.stdout),
    ...(io.stderr === null ? [] : [new Pump(child.stderr, io.stderr)]),
  ];
  for (const stream of streams) {
    // nobody takes its output any more: what it would still do is done for no one
    stream.done.catch(() => group.stop("SIGTERM", "unread"));
  }
  const status = await child.status;
  const silence = io.drainMs ?? DRAIN_MS;
  const leftovers = await drain(streams, group, group.stopped === null ? silence : silence / 4);
  // what was told to end has had its time
  if (group.stopped !== null) await group.end("SIGKILL");
  const carried = await Promise.allSettled(streams.map((stream) => stream.done));
  for (const result of carried) {
    if (result.status === "fulfilled") continue;
    if (!(result.reason instanceof Deno.errors.BrokenPipe)) throw result.reason;
  }
  await fed;
  return {
    code: status.signal === null ? status.code : null,
    signal: status.signal,
    stopped: group.stopped,
    leftovers,
  };
}

/** Writes the task; a process that does not want to read it all has its reasons. */
async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    const writer = stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    if (!isClosedPipe(error)) throw error;
  }
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
    error instanceof TypeError;
}

/** Carries one stream, and knows when it last carried something. */
class Pump {
  /** Rejects when what was read could not be taken. */
  readonly done: Promise<void>;
  readonly settled: Promise<unknown>;
  lastAt = performance.now();
  isOver = false;
  /** True while what was read is being taken: the silence then is the reader's. */
  isTaking = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(source: ReadableStream<Uint8Array>, take: (chunk: Uint8Array) => Promise<void>) {
    this.#reader = source.getReader();
    this.done = this.#carry(take).finally(() => {
      this.isOver = true;
    });
    this.settled = Promise.allSettled([this.done]);
  }

  /** Reads no more; whoever still writes finds a closed pipe. */
  async close(): Promise<void> {
    await this.#reader.cancel();
  }

  async #carry(take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      this.isTaking = true;
      try {
        await take(value);
      } catch (error) {
        await this.close();
        throw error;
      } finally {
        this.isTaking = false;
        this.lastAt = performance.now();
      }
    }
  }
}

/**
 * Waits for the end of the streams. Something the process left behind may hold them: it may say
 * what it has to say, but after a time of silence it is ended, and then no longer listened to.
 * @returns whether something had to be ended
 */
async function drain(
  streams: readonly Pump[],
  group: Group,
  silenceMs: number,
): Promise<boolean> {
  if (!(await isSilent(streams, silenceMs))) return false;
  group.send("SIGTERM");
  if (await isSilent(streams, Math.min(silenceMs, group.graceMs))) {
    group.send("SIGKILL");
    if (await isSilent(streams, CHECK_MS)) {
      await Promise.all(streams.map((stream) => stream.close()));
    }
  }
  return true;
}

/** Waits until all streams are over, or until none has said anything for so long. */
async function isSilent(streams: readonly Pump[], ms: number): Promise<boolean> {
  const from = performance.now();
  while (streams.some((stream) => !stream.isOver)) {
    const open = streams.filter((stream) => !stream.isOver);
    const last = open.some((stream) => stream.isTaking)
      ? performance.now()
      : Math.max(from, ...open.map((stream) => stream.lastAt));
    if (performance.now() - last >= ms) return true;
    await over(open, CHECK_MS);
  }
  return false;
}

/** Waits until one of the streams is over, at most so long. */
async function over(streams: readonly Pump[], ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([time, ...streams.map((stream) => stream.settled)]);
  clearTimeout(timer);
}
