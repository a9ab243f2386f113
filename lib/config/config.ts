import { type Keep, keepIn, keepReading, readKept } from "../files/kept.ts";
import { readBoundedText } from "../files/text.ts";
import { dotted } from "../toml/keys.ts";
import { locate } from "../toml/locate.ts";
import type { Checked } from "./read.ts";
import { resolveConfig, resolveDaemon } from "./resolve.ts";
import type { ConfigFile, DaemonFile, PolicyFile } from "./schema.ts";
import { type Paths, projectPaths } from "./paths.ts";
import type { ConfigEntry, ConfigFinding, ConfigSource, DaemonConfig, KasConfig } from "./types.ts";

/** A settings file that was looked for. */
export interface ConfigFileInfo {
  readonly source: ConfigSource;
  readonly path: string;
  readonly exists: boolean;
}

/** What {@link loadConfig} gives. */
export interface LoadedConfig {
  readonly config: KasConfig;
  /** Unknown and unused keys, and agents that cannot start. */
  readonly warnings: readonly ConfigFinding[];
  /** Every setting in force with the file it comes from, in the order of the help. */
  readonly sources: readonly ConfigEntry[];
  readonly files: readonly ConfigFileInfo[];
}

/** Options of {@link loadConfig}. */
export interface LoadConfigOptions {
  /** Policy of daemon.toml: above the built-in defaults, below both config.toml files. */
  readonly daemonPolicy?: PolicyFile;
  /** Where readings are kept; null nowhere. @default keepIn(paths.stateDir) */
  readonly keep?: Keep | null;
}

/**
 * Reads the settings: built-in defaults, then the user's config.toml, then the project's.
 * @param repoRoot absolute path of the main work tree, or null outside a repository
 * @throws KasError "invalid" naming file, line and column of everything that is wrong
 */
export async function loadConfig(
  repoRoot: string | null,
  paths: Paths,
  options: LoadConfigOptions = {},
): Promise<LoadedConfig> {
  const wanted = [{ source: "user" as const, path: paths.userConfig }];
  const places = repoRoot === null
    ? wanted
    : [...wanted, { source: "project" as const, path: projectPaths(repoRoot).config }];
  const texts = await Promise.all(places.map(({ path }) => readConfigText(path)));
  const findings: ConfigFinding[] = [];
  const layers: { source: ConfigSource; data: ConfigFile }[] = [];
  if (options.daemonPolicy !== undefined) {
    layers.push({ source: "daemon", data: { ui: options.daemonPolicy } });
  }
  const keep = options.keep === undefined ? keepIn(paths.stateDir) : options.keep;
  for (const [index, place] of places.entries()) {
    const text = texts[index] ?? null;
    if (text === null) continue;
    const checked = await readConfig(text, place.path, keep);
    findings.push(...checked.findings);
    if (checked.data !== null) layers.push({ source: place.source, data: checked.data });
    if (place.source === "project") findings.push(...foreignLinear(checked.data, place.path, text));
  }
  await throwErrors(findings);
  const resolved = resolveConfig(layers);
  places.forEach((place, index) =>
    findings.push(...idleAgents(resolved, place, texts[index] ?? null))
  );
  return {
    ...resolved,
    warnings: Object.freeze(findings),
    files: places.map((place, i) => ({ ...place, exists: (texts[i] ?? null) !== null })),
  };
}

/** Parsing costs start-up time, so it is loaded only when there is something new to parse. */
async function readConfig(
  text: string,
  path: string,
  keep: Keep | null,
): Promise<Checked<ConfigFile>> {
  const what = { kind: "config", place: path, text };
  const kept = readKept<ConfigFile>(keep, what);
  if (kept !== null) return { data: kept, findings: [] };
  const { checkConfig } = await import("./read.ts");
  const checked = checkConfig(text, path);
  // what there is to say is said each time
  if (checked.findings.length === 0) await keepReading(keep, what, checked.data);
  return checked;
}

/** Warns where a repository says who may command kas from Linear: only the user may. */
function foreignLinear(data: ConfigFile | null, file: string, text: string): ConfigFinding[] {
  if (data?.linear === undefined) return [];
  const message = "linear counts in your own settings only, not in those of a repository";
  return [{ level: "warning", file, ...locate(text)(["linear"]), key: "linear", message }];
}

/** Warns where a file turns on an agent that nothing can start. */
function idleAgents(
  { config, sources }: ReturnType<typeof resolveConfig>,
  place: { source: ConfigSource; path: string },
  text: string | null,
): ConfigFinding[] {
  if (text === null) return [];
  return Object.values(config.agents).filter((agent) =>
    agent.program.length === 0 &&
    sources.some(({ key, value, source }) =>
      key === dotted(["agents", agent.name, "enabled"]) && value === true && source === place.source
    )
  ).map(({ name }) => ({
    level: "warning",
    file: place.path,
    ...locate(text)(["agents", name, "enabled"]),
    key: dotted(["agents", name, "enabled"]),
    message: `${
      dotted(["agents", name])
    } is enabled but has no program: the default program is used`,
  }));
}

/**
 * Reads daemon.toml; a missing file gives the defaults.
 * @throws KasError "invalid" naming file, line and column of everything that is wrong
 */
export async function loadDaemonConfig(
  paths: Paths,
): Promise<{ config: DaemonConfig; warnings: readonly ConfigFinding[] }> {
  const text = await readConfigText(paths.daemonConfig);
  if (text === null) return { config: resolveDaemon({}), warnings: [] };
  const { checkDaemon } = await import("./read.ts");
  const { data, findings }: Checked<DaemonFile> = checkDaemon(text, paths.daemonConfig);
  await throwErrors(findings);
  return { config: resolveDaemon(data ?? {}), warnings: findings };
}

async function throwErrors(findings: readonly ConfigFinding[]): Promise<void> {
  if (!findings.some((finding) => finding.level === "error")) return;
  const { configError } = await import("./read.ts");
  throw configError(findings);
}

/**
 * The text of a settings file, or null when there is none.
 * @throws KasError "invalid" when it cannot be read, is too large or is not UTF-8
 */
export function readConfigText(path: string): Promise<string | null> {
  return readBoundedText(path, "the settings in ");
}
