/**
 * The built program as its users have it: one file, started from anywhere. KAS_BIN names it; the
 * default is build/kas. Every place has a space in its path.
 */
import assert from "node:assert/strict";
import { VERSION } from "../lib/version.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const BIN = await Deno.realPath(Deno.env.get("KAS_BIN") ?? `${ROOT}build/kas`);

/** Everything a user has: a home, a repository, places for temporary files and sockets. */
const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas smoke " }));
const repo = `${dir}/my repo`;
const ENV: Readonly<Record<string, string>> = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
  HOME: `${dir}/my home`,
  TMPDIR: `${dir}/tmp`,
  XDG_RUNTIME_DIR: `${dir}/run`,
  LANG: "C.UTF-8",
  USER: "smoke",
};

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Program to start instead of the built one. */
  readonly program?: string;
}

async function kas(args: readonly string[], options: Options = {}): Promise<Result> {
  const child = new Deno.Command(options.program ?? BIN, {
    args: [...args],
    cwd: options.cwd ?? repo,
    clearEnv: true,
    env: { ...ENV, ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(options.input ?? ""));
    await writer.close();
  } catch (error) {
    // A program that does not read its input may end first.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function git(...args: string[]): Promise<void> {
  const { code, err } = await kas(args, { program: "git" });
  assert.equal(code, 0, err);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
}

async function until(look: () => Promise<boolean>): Promise<void> {
  for (let n = 0; !(await look()); n++) {
    if (n > 600) throw new Error("It did not happen within 30 seconds");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test.beforeAll(async () => {
  for (const path of [repo, ENV.HOME, ENV.TMPDIR]) await Deno.mkdir(path ?? "");
  await Deno.mkdir(`${dir}/run`, { mode: 0o700 });
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "Smoke");
  await git("config", "user.email", "smoke@localhost");
  await git("commit", "--quiet", "--allow-empty", "--message=Begin");
});

Deno.test.afterAll(async () => {
  await kas(["daemon", "stop"]);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("kas --version starts at the same time in several places", async () => {
  const env = { KAS_UNPACK_DIR: `${dir}/first runs` };
  const results = await Promise.all([1, 2, 3, 4].map(() => kas(["--version"], { env })));
  for (const result of results) {
    assert.deepEqual(result, { code: 0, out: `kas ${VERSION}\n`, err: "" });
  }
});

Deno.test("kas --help fits 80 columns and names every command", async () => {
  const { code, out } = await kas(["--help"]);
  assert.equal(code, 0);
  assert.deepEqual(out.split("\n").filter((line) => line.length > 80), []);
  for (const word of ["task", "decision", "daemon", "status", "demo", "config", "mcp"]) {
    assert.match(out, new RegExp(`^  ${word}\\b`, "m"));
  }
});

Deno.test("kas refuses an unknown command with status 2 and a hint", async () => {
  const { code, out, err } = await kas(["tsk"]);
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /^error: Unknown command "tsk" for kas\nhint: Did you mean kas task\?\n$/);
});

Deno.test("kas passes odd arguments and standard input on as they are", async () => {
  const description = ` 'single' "double" \`back\` $HOME \\ *\nsecond line — ünï `;
  const made = await kas(["task", "create", "odd", "--description", description]);
  assert.deepEqual([made.code, made.err], [0, ""]);
  const plan = "# Odd\n\n**Goal:** be odd\n\n## Wave 1\n\n### Task 1: One\n\nDo it.\n";
  const stored = await kas(["task", "update-content", "odd"], { input: plan });
  assert.equal(stored.code, 0, stored.err);
  const list: { name: string }[] = JSON.parse((await kas(["task", "list", "--json"])).out);
  assert.deepEqual(list.map((task) => task.name), ["odd"]);
  const show = await kas(["task", "show", "odd", "--json"]);
  const task: { description: string; content: string } = JSON.parse(show.out);
  assert.deepEqual([task.description, task.content], [description, plan]);
});

Deno.test("kas keeps its data in the home of its user", async () => {
  const { out } = await kas(["config", "path"]);
  assert.equal(
    out,
    [
      `${ENV.HOME}/.config/kasmos/daemon.toml`,
      `${ENV.HOME}/.config/kasmos/config.toml`,
      `${repo}/.kasmos/config.toml\n`,
    ].join("\n"),
  );
  assert.ok(await exists(`${ENV.HOME}/.config/kasmos/taskstore.db`));
});

Deno.test("kas starts itself again as a daemon and stops it", async () => {
  assert.equal((await kas(["daemon", "start"])).out, "daemon started\n");
  const status: { running: boolean; version: string } = JSON.parse(
    (await kas(["daemon", "status", "--json"])).out,
  );
  assert.deepEqual([status.running, status.version], [true, VERSION]);
  assert.equal((await kas(["daemon", "start"])).out, "daemon already running\n");
  assert.equal((await kas(["daemon", "stop"])).out, "daemon stopped\n");
  assert.equal((await kas(["daemon", "status"])).out, "daemon not running\n");
});

Deno.test("kas daemon in the foreground ends on SIGTERM and leaves no socket", async () => {
  const daemon = new Deno.Command(BIN, {
    args: ["daemon", "start", "--foreground"],
    cwd: "/",
    clearEnv: true,
    env: { ...ENV },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const socket = `${dir}/run/kasmos/kas.sock`;
  await until(async () => JSON.parse((await kas(["daemon", "status", "--json"])).out).running);
  assert.ok(await exists(socket));
  daemon.kill("SIGTERM");
  assert.equal((await daemon.status).code, 143);
  assert.equal(await exists(socket), false);
});

Deno.test("kas runs from another folder through a symlink on the PATH", async () => {
  await Deno.mkdir(`${dir}/my bin`);
  await Deno.symlink(BIN, `${dir}/my bin/kas`);
  const options = { program: "kas", cwd: "/", env: { PATH: `${dir}/my bin:${ENV.PATH}` } };
  assert.equal((await kas(["--version"], options)).out, `kas ${VERSION}\n`);
  assert.equal((await kas(["daemon", "start"], options)).out, "daemon started\n");
  assert.equal((await kas(["daemon", "stop"], options)).out, "daemon stopped\n");
});

Deno.test("kas gives its children the environment it was given", async () => {
  await Deno.mkdir(`${dir}/spy`);
  const seen = `${dir}/spy/seen`;
  await Deno.writeTextFile(
    `${dir}/spy/git`,
    `#!/bin/sh\nenv >"$SPY_FILE"\nPATH=\${PATH#*:} exec git "$@"\n`,
    { mode: 0o755 },
  );
  for (const given of [{}, { DENO_DIR: `${dir}/mine` }]) {
    const env = { ...given, SPY_FILE: seen, PATH: `${dir}/spy:${ENV.PATH}` };
    const { code, err } = await kas(["config", "show"], { env });
    assert.equal(code, 0, err);
    const lines = (await Deno.readTextFile(seen)).split("\n");
    const ours = lines.filter((line) => /^(KAS_|DENO_)/.test(line));
    assert.deepEqual(ours, Object.entries(given).map(([name, value]) => `${name}=${value}`));
  }
});

Deno.test("kas mcp answers initialize and lists its tools", async () => {
  const messages = [
    {
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "smoke", version: "1" },
      },
    },
    { method: "notifications/initialized" },
    { id: 2, method: "tools/list" },
  ];
  const input = messages.map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
  const { code, out, err } = await kas(["mcp"], { input: input.join("") });
  assert.equal(code, 0, err);
  const [hello, listed] = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(hello.result.protocolVersion, "2025-06-18");
  const tools: { name: string }[] = listed.result.tools;
  assert.ok(tools.some((tool) => tool.name === "signal_create"));
});

Deno.test("kas demo brings a task from a sentence to a merged branch and leaves nothing", async () => {
  const { code, out, err } = await kas(["demo", "--json"], { cwd: "/" });
  assert.equal(code, 0, err);
  const result: { sessions: { role: string }[]; log: string[] } = JSON.parse(out);
  const roles = new Set(result.sessions.map((session) => session.role));
  assert.deepEqual(
    [...roles].sort(),
    ["architect", "coder", "fixer", "master", "planner", "reviewer"],
  );
  assert.match(result.log[0] ?? "", /Merge task greet-people/);
  assert.deepEqual(await names(ENV.TMPDIR ?? ""), []);
});
