/** Short questions to an installed program, such as its version or its help. */

/** More than any answer; in bytes. */
const MAX_OUTPUT = 256 * 1024;

/** What a program answered, or why there is no answer. */
export type Answer =
  | {
    readonly status: Deno.CommandStatus;
    readonly out: Uint8Array<ArrayBuffer>;
    readonly err: Uint8Array<ArrayBuffer>;
  }
  | { readonly reason: string };

/** How a program is asked. */
export interface Question {
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs. @default the folder of this process */
  readonly cwd?: string;
  /** How long it may take, in ms. */
  readonly limitMs: number;
}

/**
 * Runs a program for what it prints. It is in a process group of its own, which ends with the time
 * limit: a child of it that holds the output open would be waited for otherwise.
 * @param argv absolute path or a name on the PATH, and arguments
 * @throws the error of the system when it cannot be started
 */
export async function ask(argv: readonly string[], question: Question): Promise<Answer> {
  const { env, cwd, limitMs } = question;
  const [file = "", ...args] = argv;
  const child = new Deno.Command(file, {
    args,
    env: { ...env },
    ...cwd === undefined ? {} : { cwd },
    clearEnv: true,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stopped = new AbortController();
  const stop = (reason: string) => {
    if (stopped.signal.aborted) return;
    stopped.abort(reason);
    killGroup(child.pid);
  };
  const limit = setTimeout(() => stop(`no answer in ${limitMs / 1000} s`), limitMs);
  try {
    const [out, err, status] = await Promise.all([
      collect(child.stdout, stopped.signal, stop),
      collect(child.stderr, stopped.signal, stop),
      child.status,
    ]);
    return stopped.signal.aborted
      ? { reason: String(stopped.signal.reason) }
      : { status, out, err };
  } finally {
    clearTimeout(limit);
  }
}

/** Ends a program with all it started; nothing left is fine, and what belongs to others stays. */
function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    const isOut = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (!isOut) throw error;
  }
}

/** All that a stream carries; when that is too much, the program is stopped. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  stop: (reason: string) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const bounded = new WritableStream<Uint8Array>({
    write(chunk) {
      size += chunk.length;
      if (size > MAX_OUTPUT) stop(`it prints more than ${MAX_OUTPUT / 1024} KiB`);
      else chunks.push(chunk);
    },
  });
  try {
    await stream.pipeTo(bounded, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return joinedBytes(chunks);
}

/** One after the other. */
export function joinedBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
