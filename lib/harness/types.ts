import type { AgentContext, OutputFormat } from "../agent/types.ts";
import type { Activity } from "../store/types.ts";
import type { TurnsQuery, TurnsReading } from "./turns.ts";

/** One launch as a harness sees it. */
export interface RenderRequest {
  readonly context: AgentContext;
  /** Private 0700 folder of this launch; generated files go here. It need not exist yet. */
  readonly launchDir: string;
  /**
   * The launched copy of the agent's parts, made before the process starts: `skills/`, `commands/`,
   * `hooks/`, `scripts/`, `bin/` as far as the agent has them. Files of the harness may join it.
   */
  readonly agentDir: string;
  /** Real path of the repository's main work tree, whose `.git` commits in `cwd` write to; null outside one. */
  readonly repoRoot: string | null;
  /** The task in a 0600 file, for tasks too long for an argument; null without a task. */
  readonly promptFile: string | null;
  /** Kas's own MCP server on stdio; null when it is not wanted. Its variables are in `env`. */
  readonly kasServer:
    | { readonly command: readonly string[]; readonly envNames: readonly string[] }
    | null;
  /**
   * Command that reports what the agent does, for the runtime's own hooks: words to which the hook
   * adds the name of its event. Null where nobody looks.
   */
  readonly stateHook?: readonly string[] | null;
  /** Version of the program, where it was asked for; null = not known. */
  readonly version?: string | null;
  /** `KASMOS_*`, PATH, the agent's own variables and resolved secrets; always set, and never written to a file. */
  readonly env: Readonly<Record<string, string>>;
  /** The environment kas was started in, to take allowed names from. */
  readonly hostEnv: Readonly<Record<string, string>>;
}

/** A file to write before the start; 0600, in one step. */
export interface GeneratedFile {
  /** Absolute, inside `launchDir` or `agentDir`. */
  readonly path: string;
  readonly text: string;
}

/** A symbolic link to something of the user's own runtime folder (login, sessions). */
export interface GeneratedLink {
  /** Absolute, inside `launchDir`. */
  readonly path: string;
  /** Absolute; never inside the agent's own directory. */
  readonly target: string;
}

/**
 * An answer to a start-up question in the runtime's own settings, outside kas's folders. Applied under
 * a lock, keeping everything else in the file.
 */
export interface SettingsAnswer {
  readonly path: string;
  /** What it answers, for people: `trust /repo`. */
  readonly purpose: string;
  /** New text of the file, from its text (null = no file); null = nothing to change. */
  readonly edit: (text: string | null) => string | null;
}

/** What to execute, and what must be there first. Rendering itself writes nothing. */
export interface Launch {
  readonly argv: readonly string[];
  /** The whole environment: allowed host names, harness settings, `RenderRequest.env`. */
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly GeneratedFile[];
  /** Made after the files, parents 0700; one that is there already is fine. */
  readonly links?: readonly GeneratedLink[];
  readonly answers: readonly SettingsAnswer[];
  /** What the process reads on stdin (mode `run`); null = nothing. */
  readonly stdin: string | null;
  /** What the runtime cannot do exactly as asked, in words; shown as warnings. */
  readonly notes: readonly string[];
}

/** What a runtime can take. What a context needs and its runtime cannot do is refused. */
export interface Capabilities {
  /** How a soul is delivered: as the system prompt, added to it, or not at all. */
  readonly soul: "system" | "append" | "none";
  readonly model: boolean;
  /** Values of effort it knows; empty = none, null = any. */
  readonly efforts: readonly string[] | null;
  readonly permissions: readonly ("ask" | "auto" | "yolo")[];
  readonly permissionRaw: boolean;
  readonly outputFormats: readonly OutputFormat[];
  readonly maxTurns: boolean;
  readonly mcp: readonly ("stdio" | "http" | "sse")[];
  readonly skills: boolean;
  /** Hook events it fires; empty = no hooks. */
  readonly hookEvents: readonly string[];
  readonly commands: boolean;
  readonly resume: boolean;
  /** Whether the user's own settings can be kept out. */
  readonly strict: boolean;
}

/** What a probe looks for: a capability, or `start`, what every launch stands on. */
export type Probed = "start" | keyof Capabilities;

/**
 * A question to the installed program itself: its help, and what the adapter's arguments need of it.
 * What a program hides from its help, and what goes by its settings, cannot be asked for.
 */
export interface Probe {
  /** Arguments after which the program prints its help. */
  readonly args: readonly string[];
  /**
   * By capability, what has to be in that help: an option (`--model`) declared at the beginning of
   * a line, anything else (a value, such as `workspace-write`) anywhere.
   */
  readonly words: Readonly<Partial<Record<Probed, readonly string[]>>>;
}

/** What a finished one-shot run said, the same over all runtimes. */
export interface RunReading {
  /** The final answer. */
  readonly text: string;
  readonly sessionId: string | null;
  /** Null = the exit status alone decides. */
  readonly outcome: "completed" | "failed" | "max_turns" | "interrupted" | null;
  /** What went wrong, in the runtime's words. */
  readonly error: string | null;
  readonly usage: {
    readonly inputTokens: number | null;
    readonly outputTokens: number | null;
    readonly costUsd: number | null;
    readonly turns: number | null;
  } | null;
}

/** What a harness sees of a running session. */
export interface StateQuery {
  readonly launchDir: string;
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

/** One agent CLI: how it is found, started, watched, read and interrupted. */
export interface Harness {
  readonly name: string;
  /** Executable looked for when a profile names none. */
  readonly defaultProgram: string;
  /** Variable that names another executable, such as `KASMOS_CLAUDE_BIN`. */
  readonly programVariable: string;
  /** npm package and how to install it, for hints and doctor; null for `command` and `demo`. */
  readonly install: string | null;
  /** Oldest version the adapter was measured with; null when any will do. */
  readonly minVersion: string | null;
  readonly capabilities: Capabilities;
  /** How the capabilities are seen in an installed program; absent where there is none to ask. */
  readonly probes?: readonly Probe[];
  /** Names, or prefixes ending in `*`, of host variables it needs (credentials, endpoints, config folders). */
  readonly envNames: readonly string[];
  /** Version of the installed program. @throws KasError "missing_program" */
  version(program: readonly string[], hostEnv: Readonly<Record<string, string>>): Promise<string>;
  /**
   * The command, environment and files of a launch. Reads what it must, writes nothing.
   * @throws KasError "invalid" for settings of the runtime that cannot be read
   */
  render(request: RenderRequest): Promise<Launch>;
  /** Reads what a one-shot run printed. @param format what it was asked to print */
  read(stdout: string, format: OutputFormat): RunReading;
  /** The state from the harness's best source; never from the screen; spawns no process. */
  state(query: StateQuery): Promise<AgentState>;
  /**
   * The turns of a session from the transcript the runtime keeps, also of one that has ended; null
   * where there is none (yet). Absent when the runtime keeps none. Spawns no process.
   */
  turns?(query: TurnsQuery): Promise<TurnsReading | null>;
  /** tmux key names that interrupt a turn. */
  readonly interruptKeys: readonly string[];
}
