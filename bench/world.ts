import { makeSandbox, type Sandbox } from "../lib/demo/sandbox.ts";
import { pingDaemon } from "../lib/daemon/client.ts";
import {
  type OpenHome,
  openHome,
  openWorkspaceAt,
  type Workspace,
} from "../lib/engine/workspace.ts";
import { TmuxServer } from "../lib/session/tmux/mod.ts";
import { ROOT, run } from "../scripts/run.ts";

/** The built binary, in a folder of its own with the runtime it unpacks. */
export interface Binary extends AsyncDisposable {
  readonly path: string;
  /** Variables it needs. */
  readonly env: Readonly<Record<string, string>>;
}

/** Builds the binary as `deno task compile` does, and starts it once. */
export async function buildBinary(): Promise<Binary> {
  const dir = await Deno.makeTempDir({ prefix: "kas-bench-bin-" });
  const path = `${dir}/kas`;
  const env = { KAS_UNPACK_DIR: `${dir}/runtime` };
  const quiet = { stdout: "null" } as const;
  await run([Deno.execPath(), "run", "-A", "--quiet", `${ROOT}/scripts/compile.ts`, path], quiet);
  await run([path, "--version"], { ...quiet, env });
  return { path, env, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
}

/** A repository with a home of kas around it, and the daemon of the built binary on demand. */
export class World implements AsyncDisposable {
  #daemon: Deno.ChildProcess | null = null;

  private constructor(
    readonly binary: Binary,
    readonly sandbox: Sandbox,
    readonly home: OpenHome,
    readonly workspace: Workspace,
  ) {}

  /** @param config text of the project's config.toml */
  static async open(binary: Binary, config: string): Promise<World> {
    const sandbox = await makeSandbox();
    await Deno.writeTextFile(`${sandbox.repo}/.kasmos/config.toml`, config);
    const home = await openHome(sandbox.paths);
    const workspace = await openWorkspaceAt(home, sandbox.repo);
    await home.store.setRegistered(workspace.project.id, true);
    return new World(binary, sandbox, home, workspace);
  }

  get env(): Record<string, string> {
    return { ...this.binary.env, ...this.sandbox.variables };
  }

  /** Starts the daemon. @returns its process id */
  async startDaemon(): Promise<number> {
    this.#daemon = new Deno.Command(this.binary.path, {
      args: ["daemon", "start", "--foreground"],
      cwd: "/",
      env: this.env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until("the daemon", () => pingDaemon(this.sandbox.paths));
    return this.#daemon.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon?.kill("SIGTERM");
    await this.#daemon?.status;
    await this.home[Symbol.asyncDispose]();
    await using tmux = TmuxServer.open({ socket: this.sandbox.paths.tmuxSocket });
    await tmux.killServer();
    await Deno.remove(this.sandbox.root, { recursive: true });
  }
}

/** Waits until a look says yes. @throws Error after a minute */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await look())) {
    if (Date.now() > limit) throw new Error(`Waited a minute for ${what}`);
    await pause(5);
  }
}

/** Waits; in ms. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
