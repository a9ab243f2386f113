import { sleep } from "./agent_processes.ts";

/**
 * A repository and a home for `kas setup`, in a folder whose name has a space. Agent programs are
 * stand-ins that only tell their version; `tests/setup_agents_test.ts` has the real ones.
 */
export class SetupStage implements AsyncDisposable {
  readonly home: string;
  readonly repo: string;
  readonly bin: string;
  readonly env: Record<string, string>;

  private constructor(readonly root: string) {
    this.home = `${root}/my home`;
    this.repo = `${root}/my repo`;
    this.bin = `${root}/bin`;
    const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
    this.env = {
      // Agent programs of this machine must not be found.
      PATH: this.bin,
      HOME: this.home,
      LANG: "C.UTF-8",
      TERM: "screen-256color",
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${cache}/deno`,
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      KASMOS_RUNTIME_DIR: `${root}/run`,
    };
  }

  /** @param programs agent programs that are installed */
  static async open(programs: readonly string[]): Promise<SetupStage> {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-setup-" }));
    const stage = new SetupStage(root);
    for (const folder of [stage.home, stage.repo, stage.bin]) await Deno.mkdir(folder);
    for (const name of ["git", "tmux", "sh", "sleep"]) {
      await Deno.symlink(await programOnPath(name), `${stage.bin}/${name}`);
    }
    const main = decodeURIComponent(new URL("../../main.ts", import.meta.url).pathname);
    const script = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${main}' "$@"\n`;
    await Deno.writeTextFile(`${stage.bin}/kas`, script, { mode: 0o755 });
    for (const name of programs) {
      await Deno.writeTextFile(`${stage.bin}/${name}`, "#!/bin/sh\necho 99.0.0\n", { mode: 0o755 });
    }
    await stage.git("init", "-q", "-b", "main");
    await stage.git("commit", "-q", "--allow-empty", "-m", "first");
    return stage;
  }

  async git(...args: string[]): Promise<string> {
    const { code, out, err } = await this.#run(`${this.bin}/git`, [
      "-c",
      "user.name=U",
      "-c",
      "user.email=u@localhost",
      ...args,
    ], {});
    if (code !== 0) throw new Error(err);
    return out;
  }

  /** Runs kas without a terminal. A variable that is null is not set. */
  async kas(
    args: readonly string[],
    options: { cwd?: string; env?: Record<string, string | null> } = {},
  ): Promise<{ code: number; out: string; err: string }> {
    return await this.#run(`${this.bin}/kas`, args, options);
  }

  async #run(
    program: string,
    args: readonly string[],
    { cwd = this.repo, env = {} }: { cwd?: string; env?: Record<string, string | null> },
  ): Promise<{ code: number; out: string; err: string }> {
    const all = Object.entries({ ...this.env, ...env });
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd,
      clearEnv: true,
      env: Object.fromEntries(
        all.flatMap(([name, value]) => value === null ? [] : [[name, value]]),
      ),
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  }

  /** Files below the repository that git would show, each on a line. */
  async untracked(): Promise<string[]> {
    const out = await this.git("status", "--porcelain", "-uall");
    return out.split("\n").filter((line) => line !== "").map((line) =>
      line.slice(3).replaceAll('"', "")
    );
  }

  async tmux(...args: string[]): Promise<string> {
    const words = ["-S", `${this.root}/tmux.sock`, "-f", "/dev/null", ...args];
    const { code, out, err } = await this.#run(`${this.bin}/tmux`, words, {});
    if (code !== 0) throw new Error(err);
    return out;
  }

  /** Starts `kas setup` in a pane; what it ends with is shown as `ended <status>`. */
  async start(width: number, ...args: string[]): Promise<void> {
    const variables = Object.entries(this.env).flatMap((pair) => ["-e", pair.join("=")]);
    // tmux sets TERM by itself.
    const script = 'TERM=$1; export TERM; shift; "$@"; echo "ended $?"; exec sleep 600';
    const command = ["sh", "-c", script, "sh", this.env["TERM"] ?? ""];
    await this.tmux(
      "new-session",
      "-d",
      "-s",
      "setup",
      "-x",
      `${width}`,
      "-y",
      "24",
      "-c",
      this.repo,
      ...variables,
      "--",
      ...command,
      `${this.bin}/kas`,
      "setup",
      ...args,
    );
  }

  async screen(): Promise<string> {
    return await this.tmux("capture-pane", "-p", "-S", "-500", "-t", "=setup:");
  }

  /** Waits until the screen, or what scrolled out of it, shows a text. */
  async until(wanted: RegExp): Promise<string> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
      const screen = (await this.screen()).trimEnd();
      if (wanted.test(screen)) return screen;
    }
    throw new Error(`${wanted} is not on the screen:\n${await this.screen()}`);
  }

  /** Presses keys, by the names tmux has for them. */
  async press(...keys: string[]): Promise<void> {
    await this.tmux("send-keys", "-t", "=setup:", ...keys);
  }

  async endPane(): Promise<void> {
    await this.tmux("kill-session", "-t", "=setup");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.tmux("kill-server").catch((error: Error) => {
        const gone = /no server running|error connecting|server exited|No such file/;
        if (!gone.test(error.message)) throw error;
      });
    } finally {
      await Deno.remove(this.root, { recursive: true });
    }
  }
}

async function programOnPath(name: string): Promise<string> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      return await Deno.realPath(`${folder}/${name}`);
    } catch (error) {
      const none = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory;
      if (!none) throw error;
    }
  }
  throw new Error(`${name} is not on the PATH`);
}
