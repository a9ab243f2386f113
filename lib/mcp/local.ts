import { AGENT_MARKS } from "../agent/variables.ts";
import type { OpenHome } from "../engine/workspace.ts";
import type { ProjectAround } from "./desk.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { AgentRunner, DispatchLimits } from "./dispatch/types.ts";
import type { DeskSource } from "./server.ts";
import type { Desk } from "./types.ts";

/** Where {@link LocalSource} runs. */
export interface LocalOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Opens the store; default the user's. */
  readonly open?: () => Promise<OpenHome>;
  readonly runner?: () => Promise<AgentRunner>;
  readonly limits?: Partial<DispatchLimits>;
}

/** What is there once the first request needed it. */
interface Opened {
  readonly home: OpenHome;
  readonly dispatcher: Dispatcher;
  readonly around: ProjectAround;
}

/**
 * The desk of `kas mcp`: an agent when its environment carries an identity, else the person whose
 * client started it. Everything behind it is loaded and opened at the first request that needs it, so
 * that a client is greeted at once, and an agent is told why the store cannot be opened.
 */
export class LocalSource implements DeskSource, AsyncDisposable {
  readonly isAgent: boolean;
  readonly #options: LocalOptions;
  #opened: Promise<Opened> | null = null;

  constructor(options: LocalOptions) {
    const { env } = options;
    this.#options = options;
    this.isAgent = AGENT_MARKS.some((name) => (env[name] ?? "") !== "");
  }

  /** @throws KasError "guard" for an identity that does not hold, and what opening the store throws */
  async open(): Promise<Desk> {
    const { env, folder } = this.#options;
    const opened = await this.#parts();
    const { callerOfEnvironment } = await import("../engine/caller.ts");
    const { openDesk } = await import("./desk.ts");
    const caller = await callerOfEnvironment(opened.home.store, env, "mcp");
    return openDesk({ ...opened, caller, folder, hostEnv: env });
  }

  async #parts(): Promise<Opened> {
    this.#opened ??= openParts(this.#options);
    try {
      return await this.#opened;
    } catch (error) {
      this.#opened = null;
      throw error;
    }
  }

  /** Ends what was started from here, then lets go of the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#opened === null) return;
    const { home, dispatcher } = await this.#opened;
    await dispatcher.close();
    await home[Symbol.asyncDispose]();
  }
}

async function openParts(options: LocalOptions): Promise<Opened> {
  const { Dispatcher } = await import("./dispatch/dispatcher.ts");
  const { ProjectAround } = await import("./desk.ts");
  const { openHome } = await import("../engine/workspace.ts");
  return {
    home: await (options.open ?? openHome)(),
    dispatcher: new Dispatcher(options.runner ?? launchRunner, options.limits),
    around: new ProjectAround(),
  };
}

/** What starts agents; loaded when one is started. */
export async function launchRunner(): Promise<AgentRunner> {
  const { LaunchRunner } = await import("./dispatch/launch_runner.ts");
  return new LaunchRunner();
}
