import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { checkToml, describeFinding, type TomlFinding } from "../toml/check.ts";
import { commandWords } from "../toml/words.ts";
import { locate } from "../toml/locate.ts";
import {
  PROFILE_SHAPE,
  type ProfileFile,
  profileSchema,
  RUNTIME_NAMES,
  runtimeOf,
  type RuntimeTable,
} from "./profile_schema.ts";
import { parseSecretRef } from "./secret_ref.ts";
import { type AgentProfile, type AgentScope, type Runtime, type RuntimeSettings } from "./types.ts";

/** From the text of an `agent.toml` to a profile. Pure. */

/** Whose text it is. */
export interface ProfilePlace {
  /** Name of the folder: it wins over the `name` in the text. */
  readonly name: string;
  readonly scope: Exclude<AgentScope, "builtin">;
  /** Absolute. */
  readonly directory: string;
}

/** A profile with all there is to say about its text. */
export interface CheckedProfile {
  /** Null exactly when a finding is an error. */
  readonly profile: AgentProfile | null;
  readonly findings: readonly TomlFinding[];
}

/** Checks the text of an agent.toml. Never throws for what the text says. */
export function checkProfile(source: string, place: ProfilePlace): CheckedProfile {
  const file = `${place.directory}/agent.toml`;
  const plain = source.replace(/^\ufeff/, "");
  const { data, findings } = checkToml(plain, file, profileSchema, PROFILE_SHAPE);
  if (data === null) return { profile: null, findings };
  const find = locate(plain);
  const say = (level: TomlFinding["level"], path: string[], message: string): void => {
    findings.push({ level, file, ...find(path), key: path.join("."), message });
  };
  if (data.name !== undefined && data.name !== place.name) {
    const names = `${quote(data.name)} is not the name of its folder`;
    say("warning", ["name"], `${names}: the agent is called ${quote(place.name)}`);
  }
  for (const alias of RUNTIME_NAMES) {
    const runtime = runtimeOf(alias);
    if (runtime === null || runtime === alias || data.runtime?.[alias] === undefined) continue;
    if (data.runtime[runtime] === undefined) continue;
    say("error", ["runtime", alias], `runtime.${alias} and runtime.${runtime} are the same table`);
  }
  for (const name of Object.keys(data.env?.secret ?? {})) {
    if (Object.hasOwn(data.env?.set ?? {}, name)) {
      say("error", ["env", "secret", name], `${name} stands in env.set too: only one can be meant`);
    }
  }
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  const failed = findings.some(({ level }) => level === "error");
  return { profile: failed ? null : build(data, place), findings };
}

/**
 * The profile of an agent.toml.
 * @throws KasError "invalid" with file, line and column of everything that is wrong
 */
export function parseProfile(source: string, place: ProfilePlace): AgentProfile {
  const { profile, findings } = checkProfile(source, place);
  if (profile === null) throw profileError(place.name, findings);
  return profile;
}

/** One error of all that is wrong with an agent.toml: a line for each. */
export function profileError(name: string, findings: readonly TomlFinding[]): KasError {
  const errors = findings.filter(({ level }) => level === "error");
  return new KasError("invalid", errors.map(describeFinding).join("\n"), {
    hint: `Correct the file, or run: kas agent edit ${name}`,
    context: { agent: name, findings: errors },
  });
}

function build(file: ProfileFile, { name, scope, directory }: ProfilePlace): AgentProfile {
  const { runtime, defaults, env } = file;
  return {
    name,
    scope,
    directory,
    description: file.description || null,
    runtime: runtime?.default === undefined ? null : runtimeOf(runtime.default),
    model: runtime?.model || null,
    effort: runtime?.effort || null,
    perRuntime: perRuntime(file),
    soulFile: soulPath(directory, file.soul?.prompt_file ?? "soul.md"),
    permission: defaults?.permission_mode ?? null,
    outputFormat: defaults?.output_format ?? null,
    maxTurns: defaults?.max_turns ?? null,
    timeoutMinutes: defaults?.timeout_minutes || null,
    passEnv: [...new Set(env?.pass ?? [])],
    setEnv: { ...env?.set },
    secrets: Object.fromEntries(
      Object.entries(env?.secret ?? {}).map(([key, ref]) => [key, parseSecretRef(ref)]),
    ),
    strict: file.strict ?? false,
  };
}

function perRuntime(file: ProfileFile): Partial<Record<Runtime, RuntimeSettings>> {
  const settings: Partial<Record<Runtime, RuntimeSettings>> = {};
  for (const name of RUNTIME_NAMES) {
    const table = file.runtime?.[name];
    const runtime = runtimeOf(name);
    if (table !== undefined && runtime !== null) settings[runtime] = settingsOf(table);
  }
  return settings;
}

function settingsOf(table: RuntimeTable): RuntimeSettings {
  return {
    program: argvOf(table.program),
    model: table.model || null,
    effort: table.effort || null,
    permissionRaw: table.permission_mode_raw || null,
    extraArgs: table.extra_args ?? [],
  };
}

function argvOf(program: string | string[] | undefined): readonly string[] | null {
  if (program === undefined) return null;
  return typeof program === "string" ? commandWords(program) : program;
}

/** Absolute path of the soul; `..` and `.` are resolved by name. Null for "". */
function soulPath(directory: string, file: string): string | null {
  if (file === "") return null;
  const parts: string[] = [];
  for (const part of (file.startsWith("/") ? file : `${directory}/${file}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
