import { KasError, messageOf } from "../errors.ts";
import { quote } from "../names.ts";

/**
 * The one place where kas starts git: argv arrays, a cleaned environment, bounded output,
 * cancellation, and patience with locks.
 */

/** How git is run; every part of it may be left out. */
export interface GitOptions {
  /** Added to the cleaned environment of every git process, e.g. `GIT_CONFIG_GLOBAL`. */
  env?: Record<string, string>;
  /** Ends the running git process (SIGTERM, so that git removes its own locks). */
  signal?: AbortSignal;
  /**
   * How long a writer waits for a lock of another git process, in milliseconds.
   * @default 5000
   */
  lockWaitMs?: number;
}

/** One git call. */
export interface RunOptions extends GitOptions {
  /** An existing folder. */
  cwd: string;
  /** Bytes for standard input; without it standard input is empty. */
  input?: string;
  /** Exit codes that are an answer and no failure. @default [0] */
  ok?: readonly number[];
  /** The call writes to the repository: optional locks are allowed and held locks are waited for. */
  write?: boolean;
  /** Most bytes of standard output to accept. @default 67108864 */
  maxBytes?: number;
}

/** What git answered. `stdout` is decoded as UTF-8 and complete, `stderr` is its last 16 KiB. */
export interface GitResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Wait for a lock when {@link GitOptions.lockWaitMs} is not given, in milliseconds. */
export const LOCK_WAIT_MS = 5_000;

const MAX_STDOUT = 64 * 1024 * 1024;
const MAX_STDERR = 16 * 1024;
const MIN_VERSION = [2, 38] as const; // merge-tree --write-tree

// A caller may itself run inside a git hook, where GIT_DIR and friends point at another repository.
// Only transport, configuration and identity settings of the user pass.
const KEPT =
  /^GIT_(?:SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_\w+|PROXY_\w+|HTTP_\w+|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM|EXEC_PATH|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL))$/;

const FIXED_ENV = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_EDITOR: ":",
  GIT_SEQUENCE_EDITOR: ":",
  GIT_MERGE_AUTOEDIT: "no",
  GIT_PAGER: "cat",
  GIT_ADVICE: "0",
};

// Settings of the user that would change what is parsed, start a background process or reach into submodules.
const FIXED_CONFIG = [
  "core.quotePath=false",
  "core.fsmonitor=false",
  "color.ui=false",
  "maintenance.auto=false",
  "gc.auto=0",
  "submodule.recurse=false",
  "log.showSignature=false",
  "advice.detachedHead=false",
  "advice.addEmbeddedRepo=false",
].flatMap((setting) => ["-c", setting]);

// Said by the folder in a message already.
const LOCATION = /^--(?:git-dir|work-tree)=/;

const LOCKED = /Unable to create '([\s\S]*?\.lock)': File exists/;
// Git reads a worktree entry that another process is just making.
const HALF_WRITTEN = /failed to read [\s\S]*worktrees[\s\S]*commondir/;

/**
 * Runs git once and returns its answer; waits for locks when `write` is set.
 * @throws KasError "missing_program" when git cannot be started, "conflict" when a lock stays held,
 * "git_failed" for an exit code outside `ok`; the abort reason when the signal fires
 */
export async function runGit(args: readonly string[], options: RunOptions): Promise<GitResult> {
  const deadline = Date.now() + (options.lockWaitMs ?? LOCK_WAIT_MS);
  for (let pause = 20;; pause = Math.min(pause * 2, 400)) {
    const result = await runOnce(args, options);
    const lock = options.write === true && result.code !== 0
      ? LOCKED.exec(result.stderr)?.[1]
      : undefined;
    if (lock === undefined && (options.ok ?? [0]).includes(result.code)) return result;
    const passing = lock !== undefined || HALF_WRITTEN.test(result.stderr);
    if (passing && Date.now() + pause <= deadline) {
      await sleep(pause, options.signal);
      continue;
    }
    if (lock !== undefined) throw await lockedError(args, lock);
    throw failedError(args, options.cwd, result);
  }
}

const versions = new Map<string, Promise<string>>();

/**
 * Checks that git can be started and is new enough; the answer is kept for the life of the process.
 * Returns the version, e.g. "2.39.5".
 * @throws KasError "missing_program"
 */
export function requireGit(options: GitOptions = {}): Promise<string> {
  const path = options.env?.PATH ?? Deno.env.get("PATH") ?? "";
  let version = versions.get(path);
  if (version === undefined) {
    version = readVersion(path, options);
    versions.set(path, version);
  }
  return version;
}

async function readVersion(path: string, options: GitOptions): Promise<string> {
  try {
    return await checkVersion(options);
  } catch (error) {
    versions.delete(path); // asked again once git is installed
    throw error;
  }
}

async function checkVersion(options: GitOptions): Promise<string> {
  const { stdout } = await runGit(["--version"], { ...options, cwd: "/" });
  const match = /(\d+)\.(\d+)[\w.]*/.exec(stdout);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  const [needMajor, needMinor] = MIN_VERSION;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return match?.[0] ?? "";
  throw new KasError(
    "missing_program",
    `Cannot use ${quote(stdout.trim())}: kas needs git ${needMajor}.${needMinor} or newer`,
    { hint: "Install a newer git and run the command again", context: { found: stdout.trim() } },
  );
}

/** Waits; rejects with the abort reason when the signal fires first. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

async function runOnce(args: readonly string[], options: RunOptions): Promise<GitResult> {
  options.signal?.throwIfAborted();
  const child = await start(args, options);
  const cancel = new AbortController();
  let running = true;
  const stop = () => {
    if (running) child.kill("SIGTERM");
    cancel.abort(); // a hook's child may hold the pipes open after git is gone
  };
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const [status, out, err] = await Promise.all([
      child.status.finally(() => running = false),
      collect(child.stdout, options.maxBytes ?? MAX_STDOUT, "head", cancel.signal),
      collect(child.stderr, MAX_STDERR, "tail", cancel.signal),
      feed(child, options.input),
    ]);
    options.signal?.throwIfAborted();
    if (out.over) throw tooLongError(args, options.maxBytes ?? MAX_STDOUT);
    return { code: status.code, stdout: out.text, stderr: err.text };
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

async function start(args: readonly string[], options: RunOptions): Promise<Deno.ChildProcess> {
  try {
    return new Deno.Command("git", {
      args: [...(options.write === true ? [] : ["--no-optional-locks"]), ...FIXED_CONFIG, ...args],
      cwd: options.cwd,
      clearEnv: true,
      env: { ...cleanEnv(), ...FIXED_ENV, ...options.env },
      stdin: options.input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw await startError(error, options.cwd);
  }
}

async function startError(error: unknown, cwd: string): Promise<unknown> {
  if (!(error instanceof Deno.errors.NotFound)) return error;
  // The same error stands for a missing program and for a missing folder.
  try {
    await Deno.stat(cwd);
  } catch (missing) {
    if (missing instanceof Deno.errors.NotFound) {
      return new KasError("not_found", `Cannot run git in ${quote(cwd)}: the folder is missing`, {
        hint: "Check the path",
        cause: error,
      });
    }
  }
  return new KasError("missing_program", `Cannot start "git": it is not on PATH`, {
    hint: `Install git ${MIN_VERSION.join(".")} or newer`,
    cause: error,
  });
}

function cleanEnv(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  return Object.fromEntries(all.filter(([name]) => !name.startsWith("GIT_") || KEPT.test(name)));
}

async function feed(child: Deno.ChildProcess, input: string | undefined): Promise<void> {
  if (input === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch (error) {
    // Git may end without reading all; its exit code tells the story.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Reads a pipe to its end but keeps at most `limit` bytes of its head or its tail. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  keep: "head" | "tail",
  signal: AbortSignal,
): Promise<{ text: string; over: boolean }> {
  const reader = stream.getReader();
  signal.addEventListener("abort", () => void reader.cancel(), { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  let over = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (size > limit) over = true;
    if (keep === "head" && over) chunks.pop();
    while (keep === "tail" && chunks.length > 1 && size - (chunks[0]?.length ?? 0) >= limit) {
      size -= chunks.shift()?.length ?? 0;
    }
  }
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
  return { text: text + decoder.decode(), over };
}

function commandOf(args: readonly string[]): string {
  return quote(
    withoutSecrets(["git", ...args.filter((arg) => !LOCATION.test(arg))].join(" ")),
    200,
  );
}

/** The last lines of git's standard error, without credentials that a remote's URL may hold. */
export function lastLines(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "").slice(
    -4,
  );
  return withoutSecrets(lines.join("; ")).slice(-600);
}

function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/\s@]+@/g, "//***@");
}

function failedError(args: readonly string[], cwd: string, result: GitResult): KasError {
  const said = lastLines(result.stderr);
  return new KasError(
    "git_failed",
    `Cannot run ${commandOf(args)} in ${quote(cwd, 120)}: ${
      said === "" ? `exit status ${result.code}` : said
    }`,
    { context: { status: result.code } },
  );
}

function tooLongError(args: readonly string[], limit: number): KasError {
  return new KasError(
    "git_failed",
    `Cannot read the answer of ${commandOf(args)}: it is longer than ${limit} bytes`,
    { hint: "Add large generated files to .gitignore" },
  );
}

async function lockedError(args: readonly string[], lock: string): Promise<KasError> {
  let age: number | null = null;
  try {
    age = Date.now() - ((await Deno.stat(lock)).mtime?.getTime() ?? Date.now());
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return new KasError("git_failed", `Cannot read ${quote(lock, 200)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  return new KasError(
    "conflict",
    `Cannot run ${commandOf(args)}: another git process holds ${quote(lock, 200)}`,
    {
      hint: `If no git process is running there, delete the file ${quote(lock, 200)}`,
      context: { lock, ageMs: age },
    },
  );
}
