import type * as v from "valibot";
import type { Caller } from "../engine/caller.ts";
import type { Home, Workspace } from "../engine/workspace.ts";
import type { Project, Scope } from "../store/types.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";

/** What a tool hands back: text for the model, and the same as data. */
export interface ToolOutput {
  readonly text: string;
  readonly data: Record<string, unknown>;
  /** The call was served, but what it was for failed. */
  readonly failed?: boolean;
}

/** One call under way. */
export interface Call {
  /** Fires when the client takes the call back or goes away. */
  readonly signal: AbortSignal;
  /** Says how far it is, to a client that asked; `done` grows with every call. */
  progress(done: number, message: string): void;
}

/** What a call stands on: who asks, and the project they work in. */
export interface Desk {
  readonly home: Home;
  readonly caller: Caller;
  /** Folder that relative paths start from: an agent's own, a person's current one, or a project's. */
  readonly cwd: string | null;
  /** Variables that agents started from here may take their allowed ones from. */
  readonly hostEnv: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
  /**
   * The project meant; without a key the caller's own, else the one around {@link cwd}.
   * @throws KasError "guard" for another one than the caller is bound to, "not_found", "usage"
   */
  project(key?: string): Promise<Project>;
  /** The same with its settings and repository. */
  workspace(key?: string): Promise<Workspace>;
}

/** Arguments every tool has. */
export interface CommonArgs {
  readonly project?: string | undefined;
}

/** One tool: its schema is strict, so an unknown argument is refused. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** Least scope of a token that may call it. */
  readonly scope: Scope;
  /** True for what agents are refused whatever their scope; they do not see it in the list either. */
  readonly people: boolean;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint?: boolean;
    readonly idempotentHint?: boolean;
    readonly openWorldHint: boolean;
  };
  /** What an extension of the protocol says about it; listed as `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly schema: v.GenericSchema<Record<string, unknown>, CommonArgs>;
  /** @throws KasError, which the caller gets as the tool's result */
  run(desk: Desk, args: unknown, call: Call): Promise<ToolOutput>;
}
