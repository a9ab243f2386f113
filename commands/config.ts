import { requirePerson } from "./_shared.ts";
import {
  type Command,
  defineCommand,
  defineGroup,
  type Group,
  table,
  warn,
} from "../lib/cli/mod.ts";
import type { LoadedConfig } from "../lib/config/config.ts";
import type { Paths } from "../lib/config/paths.ts";
import { KasError } from "../lib/errors.ts";

interface Place {
  paths: Paths;
  repoRoot: string | null;
}

async function place(): Promise<Place> {
  const { resolvePaths } = await import("../lib/config/paths.ts");
  return { paths: resolvePaths(), repoRoot: await repoRoot() };
}

async function repoRoot(): Promise<string | null> {
  const { discoverRepo } = await import("../lib/git/mod.ts");
  try {
    return (await discoverRepo(Deno.cwd())).root;
  } catch (error) {
    if (error instanceof KasError && error.code === "not_a_repository") return null;
    throw error;
  }
}

async function load({ paths, repoRoot }: Place): Promise<LoadedConfig> {
  const { loadConfig, loadDaemonConfig } = await import("../lib/config/config.ts");
  const { describeFinding } = await import("../lib/config/read.ts");
  const daemon = await loadDaemonConfig(paths);
  const loaded = await loadConfig(repoRoot, paths, { daemonPolicy: daemon.config.policy });
  for (const finding of [...daemon.warnings, ...loaded.warnings]) warn(describeFinding(finding));
  return loaded;
}

function visible(key: string, value: unknown): unknown {
  return key.startsWith("agents.") && key.includes(".env.") ? "(hidden)" : value;
}

function written(value: unknown): string {
  return value === null ? "-" : typeof value === "string" ? value : JSON.stringify(value);
}

const show: Command = defineCommand({
  description: "Show the settings in force and where each comes from",
  details: "Values of agents' environment variables are hidden; kas config get shows one.",
  examples: [
    ["kas config show", "All settings as a table"],
    ["kas config show --json", "The same for scripts"],
  ],
  async run(ctx) {
    const { sources } = await load(await place());
    const rows = sources.map((entry) => ({ ...entry, value: visible(entry.key, entry.value) }));
    ctx.print(rows, () =>
      table(rows, [
        { header: "KEY", value: (row) => row.key },
        { header: "VALUE", value: (row) => row.value === "" ? "-" : written(row.value) },
        {
          header: "SOURCE",
          value: (row) => row.source,
          style: (row) => row.source === "default" ? "dim" : "cyan",
        },
      ]));
  },
});

const get: Command = defineCommand({
  description: "Print one setting, or all below a table",
  args: {
    key: { type: "positional", description: "Dotted key, as kas config show lists it" },
  },
  examples: [
    ["kas config get ui.auto_advance", "One value"],
    ["kas config get agents.coder --json", "Everything about one agent"],
  ],
  async run(ctx) {
    const { configGet } = await import("../lib/config/edit.ts");
    const value = configGet(await load(await place()), ctx.values.key);
    ctx.print(value, (data) => data === null ? "" : written(data));
  },
});

const set: Command = defineCommand({
  description: "Set one key in a settings file",
  details:
    "Comments, order and quotes of the file stay. A value that is not allowed changes nothing.",
  args: {
    key: { type: "positional", description: "Dotted key, as kas config show lists it" },
    value: { type: "positional", description: "Text, number, true, false or a TOML list" },
    user: { type: "boolean", description: "Change the file of the user, not of the project" },
  },
  examples: [
    ["kas config set ui.max_review_fix_cycles 3", "Ask a person after three fix rounds"],
    ["kas config set --user agents.coder.program claude", "Code with claude in all projects"],
    [`kas config set agents.coder.flags -- '["--verbose"]'`, "Words after -- are never options"],
  ],
  async run(ctx) {
    requirePerson("change settings");
    const { configSet } = await import("../lib/config/edit.ts");
    const here = await place();
    const scope = ctx.values.user === true ? "user" : "project";
    const result = await configSet(
      await fileFor(scope, here),
      ctx.values.key,
      ctx.values.value,
      scope,
    );
    const { sources } = await load(here);
    const winner = sources.find((entry) => entry.key === result.key);
    if (winner?.source === "project" && scope === "user") {
      warn(`the project sets ${result.key} too, and wins`);
    }
    const { path, key, value, changed } = result;
    ctx.print({ path, key, value, changed }, () => `${key} = ${written(value)} in ${path}`);
  },
});

async function fileFor(scope: "user" | "project", { paths, repoRoot }: Place): Promise<string> {
  if (scope === "user") return paths.userConfig;
  if (repoRoot === null) {
    throw new KasError("not_a_repository", "Cannot set a project's key outside a git repository", {
      hint: "Change into a repository, or add --user",
    });
  }
  const { projectPaths } = await import("../lib/config/paths.ts");
  return projectPaths(repoRoot).config;
}

const path: Command = defineCommand({
  description: "Print the settings files that are read, the strongest last",
  async run(ctx) {
    const { paths, repoRoot } = await place();
    const { projectPaths } = await import("../lib/config/paths.ts");
    const files = [
      { source: "daemon", path: paths.daemonConfig },
      { source: "user", path: paths.userConfig },
      ...repoRoot === null ? [] : [{ source: "project", path: projectPaths(repoRoot).config }],
    ];
    ctx.print(files, (rows) => rows.map((row) => row.path).join("\n"));
  },
});

const group: Group = defineGroup({
  description: "Show and change settings",
  details: "Built-in defaults, then daemon.toml, the user's config.toml and the project's " +
    ".kasmos/config.toml; the last one that has a key wins.",
  commands: { show, get, set, path },
});

export default group;
