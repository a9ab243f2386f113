import type { Activity, Role } from "../store/types.ts";

/** What a harness may be asked to start: everything about one launch, decided before anything is written. */
export interface LaunchRequest {
  readonly sessionId: number;
  readonly role: Role;
  /** Worktree the agent works in; absolute. */
  readonly cwd: string;
  /** Real path of the repository's main work tree (its `.git` is written to by commits in `cwd`). */
  readonly repoRoot: string;
  /** The first prompt, any text. */
  readonly prompt: string;
  /** The same prompt in a 0600 file, for prompts too long for an argument. */
  readonly promptFile: string;
  /** Private 0700 folder of this session: generated files go here. */
  readonly sessionDir: string;
  /** Executable and leading arguments, from the profile's `program`. */
  readonly program: readonly string[];
  readonly model: string | null;
  readonly effort: string | null;
  /** Extra arguments of the profile, already split into words. */
  readonly flags: readonly string[];
  readonly permission: "prompt" | "bypass";
  /** How to start kas's own MCP server on stdio, and the environment it needs. */
  readonly mcp: {
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  /** `KASMOS_*` and the profile's own variables; always set. */
  readonly env: Readonly<Record<string, string>>;
  /** The daemon's environment, to take allowed names from. */
  readonly hostEnv: Readonly<Record<string, string>>;
}

/** What to execute. */
export interface Launch {
  readonly argv: readonly string[];
  /** The whole environment of the agent: allowed host names, harness settings, `LaunchRequest.env`. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a harness sees of a running session. */
export interface StateQuery {
  readonly sessionDir: string;
  readonly cwd: string;
  readonly pid: number;
  /** Pane title as the program set it. */
  readonly title: string;
  readonly hostEnv: Readonly<Record<string, string>>;
}

export interface AgentState {
  readonly activity: Activity;
  /** The source and what it said, e.g. `session file: busy`. */
  readonly evidence: string;
}

/** One agent CLI: how it is found, started, watched and interrupted. */
export interface Harness {
  readonly name: string;
  /** Executable looked for when a profile names none. */
  readonly defaultProgram: string;
  /** Oldest version the adapter was measured with; null when any will do. */
  readonly minVersion: string | null;
  /** Names, or prefixes ending in `*`, of host variables it needs (credentials, endpoints, config folders). */
  readonly envNames: readonly string[];
  /** Version of the installed program. @throws KasError "missing_program" */
  version(program: readonly string[], hostEnv: Readonly<Record<string, string>>): Promise<string>;
  /** Writes what the agent needs, pre-answers the start-up questions kas may answer, and gives the command. Idempotent. */
  prepare(request: LaunchRequest): Promise<Launch>;
  /** The state from the harness's best source; never from the screen; spawns no process. */
  state(query: StateQuery): Promise<AgentState>;
  /** tmux key names that interrupt a turn. */
  readonly interruptKeys: readonly string[];
}
