import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { note } from "../../lib/cli/output.ts";
import { resolvePaths } from "../../lib/config/paths.ts";
import { KasError } from "../../lib/errors.ts";
import { CLIENTS, INSTALL_SCOPES } from "../../lib/mcp/install/clients.ts";
import {
  inspect,
  install as add,
  type InstallOptions,
  type InstallResult,
  type Registration,
  uninstall as remove,
} from "../../lib/mcp/install/install.ts";
import { quote } from "../../lib/names.ts";
import { nearest } from "../../lib/suggest.ts";
import { repoOption, requirePerson } from "../_shared.ts";
import { likelyRoot } from "../_place.ts";

const runtimeArgument = {
  runtime: { type: "positional", description: `One of ${CLIENTS.join(", ")}` },
} as const;

const scopeOption = {
  scope: {
    type: "string",
    choices: INSTALL_SCOPES,
    default: "user",
    description: "user: wherever you work; project: in a file of the repository, for everybody",
  },
} as const;

/** `kas mcp install` */
export const install: Command = defineCommand({
  description: "Register kas as an MCP server with an agent program",
  details:
    "What else is in the program's file stays as it is, comments too. A file that cannot be " +
    "read is not touched. Agents that kas starts need none of this.",
  args: {
    ...runtimeArgument,
    ...scopeOption,
    force: { type: "boolean", description: "Replace another entry under the name of kas" },
    ...repoOption,
  },
  examples: [
    ["kas mcp install claude", "For all your work with Claude Code"],
    ["kas mcp install codex --scope project", "For everybody who works in the repository"],
  ],
  async run(ctx) {
    requirePerson("register kas with an agent program");
    const { runtime, scope, force, repo } = ctx.values;
    const result = await add(await optionsOf(runtime, scope, repo), force ?? false);
    ctx.print(result, told("added", "is there already"));
    if (result.note !== null && !ctx.json) note(result.note);
  },
});

/** `kas mcp uninstall` */
export const uninstall: Command = defineCommand({
  description: "Take the registration with an agent program back",
  args: { ...runtimeArgument, ...scopeOption, ...repoOption },
  async run(ctx) {
    requirePerson("take a registration back");
    const { runtime, scope, repo } = ctx.values;
    const result = await remove(await optionsOf(runtime, scope, repo));
    ctx.print(result, told("removed", "is not there"));
  },
});

function told(done: string, nothing: string): (result: InstallResult) => string {
  return ({ changed, path }) =>
    changed ? `${done}: ${path}` : `nothing to do: kas ${nothing} (${path})`;
}

/** `kas mcp config` */
export const config: Command = defineCommand({
  description: "Print what an installation would add, and where; of all programs without a name",
  args: {
    runtime: { ...runtimeArgument.runtime, required: false },
    ...scopeOption,
    ...repoOption,
  },
  async run(ctx) {
    const { runtime, scope, repo } = ctx.values;
    const names = runtime === undefined ? CLIENTS : [runtime];
    const rows: (Registration | Unreadable)[] = [];
    for (const name of names) rows.push(await shownOf(name, scope, repo, names.length > 1));
    if (runtime === undefined) ctx.print(rows, (all) => all.map(described).join("\n\n"));
    else for (const row of rows) ctx.print(row, described);
  },
});

interface Unreadable {
  readonly runtime: string;
  readonly error: string;
}

/** One of several that cannot be read must not hide the others. */
async function shownOf(
  name: string,
  scope: string,
  repo: string | undefined,
  several: boolean,
): Promise<Registration | Unreadable> {
  try {
    return await inspect(await optionsOf(name, scope, repo));
  } catch (error) {
    if (!several || !(error instanceof KasError) || error.code !== "invalid") throw error;
    return { runtime: name, error: error.message };
  }
}

function described(row: Registration | Unreadable): string {
  if ("error" in row) return `${row.runtime}: ${row.error}`;
  const state = { absent: "not installed", current: "installed", other: "another entry is there" };
  return `${row.runtime}: ${row.path} (${state[row.state]})\n${row.snippet}`;
}

async function optionsOf(
  runtime: string,
  where: string,
  repo: string | undefined,
): Promise<InstallOptions> {
  const client = oneOf("the runtime", runtime, CLIENTS);
  const scope = oneOf("the scope", where, INSTALL_SCOPES);
  const env = Deno.env.toObject();
  const home = env["HOME"] ?? "";
  if (!home.startsWith("/")) {
    throw new KasError("invalid", "Cannot find your home folder: HOME is not set", {
      hint: "Set HOME to an absolute path",
    });
  }
  const paths = resolvePaths(env);
  const repoRoot = scope === "project" ? await likelyRoot(repo ?? Deno.cwd()) : null;
  return {
    client,
    scope,
    place: { env, home, repoRoot },
    lockFile: `${paths.stateDir}/settings.lock`,
  };
}

function oneOf<T extends string>(what: string, word: string, known: readonly T[]): T {
  const found = known.find((one) => one === word);
  if (found !== undefined) return found;
  const near = nearest(word, known);
  throw new KasError("usage", `Cannot use ${quote(word)} as ${what}`, {
    hint: near === null ? `Choose from: ${known.join(", ")}` : `Did you mean "${near}"?`,
  });
}
