import assert from "node:assert/strict";
import { resolvePaths } from "../../lib/config/paths.ts";
import { TmuxServer } from "../../lib/session/tmux/mod.ts";
import { processesLeft, sleep } from "./agent_processes.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Nothing on the way takes this long, on a busy machine either; in ms. */
const LIMIT_MS = 120_000;

/** What a new user's machine has, apart from agent programs: git, tmux, and what POSIX names. */
const TOOLS = ["git", "tmux", "sh", "bash"].concat(
  "basename cat chmod cp cut date dirname env find grep gzip head id ls mkdir mktemp mv ps rm rmdir sed sleep"
    .split(" "),
  "sort tail tar tee touch tr uname wc".split(" "),
);

/** The prompt of the shell says how the last command ended, behind what a keystroke left there. */
const PROMPT = /^(?:\^C)?<(\d+)>$/;

/** What is on the screen once a command has ended. */
export interface Screen {
  readonly code: number;
  /** All it wrote, with the lines the terminal broke put together again. */
  readonly text: string;
}

/**
 * A person at a shell in a terminal, on a machine on which kas was never started: an empty home whose
 * name has a space, a repository with one commit, the built program on the PATH.
 */
export class Journey implements AsyncDisposable {
  readonly home: string;
  readonly repo: string;
  readonly bin: string;
  readonly env: Record<string, string>;

  private constructor(readonly root: string, readonly width: number) {
    this.home = `${root}/my home`;
    this.repo = `${root}/my shop`;
    this.bin = `${root}/bin`;
    this.env = {
      PATH: this.bin,
      HOME: this.home,
      TMPDIR: `${root}/t`,
      XDG_RUNTIME_DIR: `${root}/r`,
      LANG: "C.UTF-8",
      SHELL: `${this.bin}/sh`,
      USER: "newcomer",
      PS1: "<$?> ",
    };
  }

  /** @param programs agent programs that are installed, by name */
  static async open(
    width: number,
    programs: Readonly<Record<string, string>> = {},
  ): Promise<Journey> {
    const root = await Deno.realPath(await Deno.makeTempDir({ dir: "/var/tmp", prefix: "kas-j-" }));
    const journey = new Journey(root, width);
    for (const name of ["my home", "my shop", "bin", "t", "r"]) {
      await Deno.mkdir(`${root}/${name}`, { mode: 0o700 });
    }
    for (const name of TOOLS) await Deno.symlink(await onPath(name), `${journey.bin}/${name}`);
    for (const [name, path] of Object.entries(programs)) {
      await Deno.symlink(path, `${journey.bin}/${name}`);
    }
    const built = await Deno.realPath(Deno.env.get("KAS_BIN") ?? `${ROOT}build/kas`);
    await Deno.symlink(built, `${journey.bin}/kas`);
    await journey.git("init", "-q", "-b", "main");
    await journey.git("config", "user.name", "Newcomer");
    await journey.git("config", "user.email", "newcomer@example.invalid");
    await journey.git("commit", "-q", "--allow-empty", "-m", "Begin");
    return journey;
  }

  /** Opens the terminal, once the environment is as it shall be. */
  async sitDown(): Promise<void> {
    const size = ["-x", `${this.width}`, "-y", "24"];
    await this.#tmux("new-session", "-d", "-s", "j", ...size, "-c", this.repo, "--", "sh");
    await this.#prompt();
  }

  async git(...args: string[]): Promise<string> {
    return await this.#start(`${this.bin}/git`, args);
  }

  /** Names below the repository that git would show. */
  async untracked(): Promise<string[]> {
    return (await this.git("status", "--porcelain")).split("\n").filter((line) => line !== "");
  }

  /** Types a command line and waits for the next prompt. @throws AssertionError as {@link legible} */
  async run(line: string): Promise<Screen> {
    await this.begin(line);
    const { code, text } = await this.ended();
    return { code, text: legible(text, this.width) };
  }

  /** Types a command line on an empty screen. */
  async begin(line: string): Promise<void> {
    await this.#tmux("send-keys", "-R", "-t", "=j:");
    await this.#tmux("clear-history", "-t", "=j:");
    await this.#tmux("send-keys", "-t", "=j:", "-l", "--", line);
    await this.press("Enter");
  }

  /** Presses keys, by the names tmux has for them. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys", "-t", "=j:", ...keys);
  }

  /** Waits until the command has ended. */
  async ended(): Promise<Screen> {
    const code = await this.#prompt();
    const lines = (await this.#capture()).trimEnd().split("\n");
    return { code, text: lines.slice(1, -1).join("\n") };
  }

  /** Waits for a text on the screen. @returns all of it, behind the command line */
  async until(wanted: RegExp): Promise<string> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(50)) {
      const lines = (await this.#capture()).trimEnd().split("\n").slice(1);
      const text = lines.join("\n");
      if (wanted.test(text)) return text;
      const prompt = PROMPT.test(lines.at(-1)?.trimEnd() ?? "");
      if (prompt) throw new Error(`It ended without ${wanted}:\n${text}`);
    }
    throw new Error(`${wanted} is not on the screen:\n${await this.#capture()}`);
  }

  async #prompt(): Promise<number> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(50)) {
      const last = (await this.#capture()).trimEnd().split("\n").at(-1) ?? "";
      const code = PROMPT.exec(last.trimEnd())?.[1];
      if (code !== undefined) return Number(code);
    }
    throw new Error(`There is no prompt:\n${await this.#capture()}`);
  }

  async #capture(): Promise<string> {
    return await this.#tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "=j:");
  }

  async #tmux(...args: string[]): Promise<string> {
    return await this.#start(`${this.bin}/tmux`, [
      "-S",
      `${this.root}/t/terminal`,
      "-f",
      "/dev/null",
      ...args,
    ]);
  }

  async #start(program: string, args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: this.repo,
      clearEnv: true,
      env: this.env,
      stdin: "null",
    }).output();
    if (success) return new TextDecoder().decode(stdout);
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#start(`${this.bin}/kas`, ["daemon", "stop"]);
      for (const socket of [resolvePaths(this.env).tmuxSocket, `${this.root}/t/terminal`]) {
        await using tmux = TmuxServer.open({ socket });
        await tmux.killServer();
      }
      assert.deepEqual(await processesLeft(this.root), []);
    } finally {
      await Deno.remove(this.root, { recursive: true });
    }
  }
}

/**
 * A text as it is to be everywhere: no trace of the program's inside, nobody blamed, and, in a
 * terminal of the usual width, no word broken that would have fitted into a line.
 * @throws AssertionError
 */
export function legible(text: string, width: number): string {
  assert.doesNotMatch(text, /^\s+at .+:\d+/m, "a stack trace");
  assert.doesNotMatch(text, /\bundefined\b|\[object |\bNaN\b|Uncaught/, "something unprintable");
  assert.doesNotMatch(text, /\byou (did|forgot|failed|should have)\b|\billegal\b/i, "blame");
  if (width >= 80) assert.deepEqual(brokenWords(text, width), []);
  return text;
}

/** Words over which a terminal of this width breaks its lines, though they would fit into one. */
export function brokenWords(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const broken: string[] = [];
    for (let at = width; at < line.trimEnd().length; at += width) {
      const before = /\S*$/.exec(line.slice(0, at))?.[0] ?? "";
      const after = /^\S*/.exec(line.slice(at))?.[0] ?? "";
      const isBroken = before !== "" && after !== "" && before.length + after.length <= width;
      if (isBroken) broken.push(before + after);
    }
    return broken;
  });
}

async function onPath(name: string): Promise<string> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      return await Deno.realPath(`${folder}/${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`${name} is not on the PATH`);
}
