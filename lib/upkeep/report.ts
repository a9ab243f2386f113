import { loadConfig, loadDaemonConfig } from "../config/config.ts";
import type { Paths } from "../config/paths.ts";
import { readLog } from "../daemon/log.ts";
import { diagnose } from "../doctor/checks.ts";
import { gather } from "../doctor/gather.ts";
import { KasError } from "../errors.ts";
import { listSecrets, resolveSecret } from "../secret/mod.ts";
import { parseSecretRef } from "../agent/secret_ref.ts";
import { openStore } from "../store/mod.ts";
import { VERSION } from "../version.ts";
import { maskSecrets, secretVariables } from "./mask.ts";

/** Lines of the daemon's log in a report. */
const LOG_LINES = 200;

/** What a report of a bug needs; made to be given away, so without secrets. */
export interface Report {
  readonly generated_at: string;
  readonly kas: Readonly<Record<string, string>>;
  readonly findings: readonly { readonly severity: string; readonly message: string }[];
  readonly settings: readonly {
    readonly key: string;
    readonly value: string;
    readonly source: string;
  }[];
  readonly places: Readonly<Record<string, string>>;
  /** Names of variables, never values. */
  readonly environment: readonly string[];
  readonly store: Readonly<Record<string, unknown>>;
  readonly log: readonly string[];
}

/** Where to look. */
export interface ReportOptions {
  readonly paths: Paths;
  readonly repoRoot: string | null;
  readonly hostEnv: Readonly<Record<string, string>>;
  /** The argv that runs this kas. */
  readonly program: readonly string[];
}

/** Gathers a report. Changes nothing; what cannot be read is said instead. */
export async function makeReport(options: ReportOptions): Promise<Report> {
  const { paths, repoRoot, hostEnv } = options;
  const facts = await gather({ paths, repoRoot, agent: null, hostEnv });
  const report: Report = {
    generated_at: new Date().toISOString(),
    kas: {
      version: VERSION,
      runtime: `deno ${Deno.version.deno}`,
      target: Deno.build.target,
      system: `${Deno.build.os} ${Deno.osRelease()}`,
      program: options.program.join(" "),
    },
    findings: diagnose(facts).map(({ severity, message, detail }) => ({
      severity,
      message: detail === undefined ? message : `${message} (${detail})`,
    })),
    settings: await orSaid(() => settingsOf(paths, repoRoot), (why) => [
      { key: "(unreadable)", value: why, source: "" },
    ]),
    places: { ...paths, repository: repoRoot ?? "none" },
    environment: Object.keys(hostEnv).sort(),
    store: await orSaid(() => statistics(paths), (why) => ({ problem: why })),
    log: (await readLog(paths.daemonLog, LOG_LINES)).map(({ at, message }) => `${at} ${message}`),
  };
  const known = [...secretVariables(hostEnv), ...await ownSecrets(options)];
  const home = hostEnv.HOME ?? "";
  return deep(report, (text) => maskSecrets(withoutHome(text, home), known));
}

/** What cannot be read is a fact too. */
async function orSaid<T>(read: () => Promise<T>, otherwise: (why: string) => T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return otherwise(error.message);
  }
}

async function settingsOf(paths: Paths, repoRoot: string | null): Promise<Report["settings"]> {
  const daemon = await loadDaemonConfig(paths);
  const { sources } = await loadConfig(repoRoot, paths, { daemonPolicy: daemon.config.policy });
  return sources.map(({ key, value, source }) => ({
    key,
    // As text: a flag and its value are told to be one only side by side.
    value: key.includes(".env.") ? "(hidden)" : shown(value),
    source,
  }));
}

async function statistics(paths: Paths): Promise<Report["store"]> {
  let bytes: number;
  try {
    bytes = (await Deno.stat(paths.database)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { bytes: 0 };
    throw error;
  }
  await using store = await openStore(paths.database, { readOnly: true });
  const tasks: Record<string, number> = {};
  for (const row of await store.taskCounts()) {
    tasks[row.status] = (tasks[row.status] ?? 0) + row.tasks;
  }
  return {
    bytes,
    projects: (await store.projects()).length,
    tasks,
    sessions: countBy(await store.sessions()),
    worktrees: countBy(await store.worktrees()),
    signals: countBy(await store.signals({ limit: 10_000 })),
    decisions: countBy(await store.decisions()),
    last_event: await store.lastEventId(),
  };
}

function countBy(rows: readonly { readonly status: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Values that kas keeps for agents, only to find them; those of a keychain are not asked for. */
async function ownSecrets({ paths, hostEnv }: ReportOptions): Promise<string[]> {
  const access = { paths, hostEnv };
  const values: string[] = [];
  for (const { store, ref } of await orSaid(() => listSecrets(access), () => [])) {
    if (store !== "file") continue;
    const value = await orSaid(() => resolveSecret(parseSecretRef(ref), access), () => "");
    values.push(value, ...value.split("\n"));
  }
  return values;
}

function withoutHome(text: string, home: string): string {
  return home.length > 1 ? text.replaceAll(home, "~") : text;
}

/** The same value with each text in it changed. */
function deep<T>(value: T, change: (text: string) => string): T;
function deep(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => deep(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, deep(item, change)]),
  );
}

/** A report for people. Pure. */
export function reportText(report: Report): string {
  const pairs = (data: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(data).map(([key, value]) => `${key}: ${shown(value)}`);
  const section = (title: string, lines: readonly string[]): string =>
    [`## ${title}`, "", ...lines.length === 0 ? ["none"] : lines, ""].join("\n");
  return [
    `# kas debug, ${report.generated_at}\n`,
    section("kas", pairs(report.kas)),
    section("findings", report.findings.map((f) => `${f.severity}: ${f.message}`)),
    section(
      "settings",
      report.settings.map(({ key, value, source }) => `${key} = ${value} (${source})`),
    ),
    section("places", pairs(report.places)),
    section("store", pairs(report.store)),
    section("environment (names only)", [report.environment.join(" ")]),
    section("log", report.log),
  ].join("\n");
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
