import type { AgentContext, McpServer } from "../agent/types.ts";
import type { FileToWrite } from "./materialize.ts";
import type { PreparedLaunch } from "./types.ts";

/** What a launch would do. No value of a variable is in it, only names. */
export interface DryRun {
  readonly context: unknown;
  readonly version: string | null;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Names of all variables, sorted. */
  readonly env: readonly string[];
  readonly stdin_bytes: number | null;
  readonly files: readonly FileToWrite[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Changes to the runtime's own settings. */
  readonly answers: readonly { readonly path: string; readonly purpose: string }[];
  readonly notes: readonly string[];
}

/** Describes a prepared launch and the files it would write. Pure. */
export function describeLaunch(
  prepared: PreparedLaunch,
  files: readonly FileToWrite[],
  notes: readonly string[],
): DryRun {
  const { launch, context } = prepared;
  return {
    context: shown(context),
    version: prepared.version,
    argv: launch.argv,
    cwd: context.cwd,
    env: Object.keys(launch.env).sort(),
    stdin_bytes: launch.stdin === null ? null : bytes(launch.stdin),
    files,
    links: launch.links ?? [],
    answers: launch.answers.map(({ path, purpose }) => ({ path, purpose })),
    notes: [...notes, ...launch.notes],
  };
}

/** The same for people. */
export function dryRunText(dry: DryRun): string {
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
  const version = dry.version === null ? "" : ` (version ${dry.version})`;
  return [
    `Would run in ${dry.cwd}${version}:`,
    ...dry.argv.map((word) => `  ${JSON.stringify(word)}`),
    ...dry.stdin_bytes === null ? [] : [`  with ${dry.stdin_bytes} bytes on stdin`],
    ...list("Variables", dry.env),
    ...list("Files", dry.files.map(({ path, bytes }) => `${path} (${bytes} bytes)`)),
    ...list("Links", dry.links.map(({ path, target }) => `${path} → ${target}`)),
    ...list(
      "Changes to the runtime's settings",
      dry.answers.map(({ path, purpose }) => `${path}: ${purpose}`),
    ),
    ...list("Notes", dry.notes),
    "",
  ].join("\n");
}

/** A context without the values of variables, which may be secrets that somebody wrote down. */
function shown(context: AgentContext): unknown {
  const { parts, setEnv, ...rest } = context;
  const servers = Object.entries(parts.mcpServers).map(([name, server]) => [name, hidden(server)]);
  return {
    ...rest,
    setEnv: Object.keys(setEnv),
    parts: { ...parts, mcpServers: Object.fromEntries(servers) },
  };
}

function hidden(server: McpServer): unknown {
  return server.type === "stdio"
    ? { ...server, env: Object.keys(server.env) }
    : { ...server, headers: Object.keys(server.headers) };
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
