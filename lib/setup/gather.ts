import type { Paths } from "../config/paths.ts";
import type { KasConfig } from "../config/types.ts";
import { KasError } from "../errors.ts";
import { loginOf } from "../harness/login.ts";
import { harnessFor, isOlder } from "../harness/mod.ts";
import { programsOf } from "../launch/choose.ts";
import { findProgram } from "../launch/preflight.ts";
import { programVersion } from "../launch/version_cache.ts";
import { type ClientName, CLIENTS } from "../mcp/install/clients.ts";
import { type Role, ROLES } from "../store/types.ts";
import { isFolder, lookAt, textOrNull } from "./files.ts";
import { MANIFEST_PATH, parseManifest } from "./manifest.ts";
import type { AgentChoice, AgentChoices, FileFact, RuntimeFact, SetupFacts } from "./types.ts";
import { allPaths } from "./wanted.ts";

/** Looking at a repository and a machine before setup. Changes nothing. */

/** Environment by name. */
type Env = Readonly<Record<string, string>>;

/** Where to look. */
export interface SetupPlace {
  /** Main work tree. */
  readonly root: string;
  /** The git folder all work trees share. */
  readonly commonDir: string;
}

/**
 * The agent programs of this machine, with version and login.
 * @param stateDir where kas keeps the versions it has asked for, since asking takes a moment. One that
 * is not there is not made: setup leaves nothing outside of the repository
 */
export async function gatherRuntimes(env: Env, stateDir: string): Promise<RuntimeFact[]> {
  const versionCache = await isFolder(stateDir) ? `${stateDir}/versions` : null;
  return await Promise.all(CLIENTS.map((name) => runtimeFact(name, env, versionCache)));
}

async function runtimeFact(
  runtime: ClientName,
  env: Env,
  versionCache: string | null,
): Promise<RuntimeFact> {
  const harness = harnessFor(runtime);
  const about = {
    runtime,
    minimum: harness.minVersion,
    install: harness.install ?? "",
  };
  const none = { ...about, path: null, version: null, recent: false, login: "unknown" } as const;
  let path: string;
  try {
    const [program = runtime] = programsOf(env)[runtime] ?? [];
    path = await findProgram(program, env["PATH"] ?? "", "/");
  } catch (error) {
    if (error instanceof KasError && error.code === "missing_program") return none;
    throw error;
  }
  const login = await loginOf(runtime, env);
  try {
    const version = await programVersion(harness, path, [], { hostEnv: env, versionCache });
    const recent = harness.minVersion === null || !isOlder(version, harness.minVersion);
    return { ...about, path, version, recent, login };
  } catch (error) {
    if (error instanceof KasError && error.code === "missing_program") {
      return { ...none, path, login };
    }
    throw error;
  }
}

/**
 * What is in the repository, of what setup may write.
 * @param config all settings in force; null when they cannot be read
 * @throws KasError "invalid" for a manifest kas did not write
 */
export async function gatherRepository(
  place: SetupPlace,
  config: KasConfig | null,
): Promise<Omit<SetupFacts, "runtimes">> {
  const { root, commonDir } = place;
  const text = await textOrNull(`${root}/${MANIFEST_PATH}`);
  const manifest = text === null ? null : parseManifest(text, `${root}/${MANIFEST_PATH}`);
  const paths = [...allPaths(), ...manifest?.entries.map(({ path }) => path) ?? []];
  const files = new Map<string, FileFact>();
  const folders = new Set<string>();
  for (const path of new Set(paths)) {
    files.set(path, await lookAt(root, path));
    const parts = path.split("/").slice(0, -1);
    for (let i = 1; i <= parts.length; i++) {
      const folder = parts.slice(0, i).join("/");
      if (!folders.has(folder) && await isFolder(`${root}/${folder}`)) folders.add(folder);
    }
  }
  const excluded = (await textOrNull(`${commonDir}/info/exclude`) ?? "").split(/\r?\n/);
  const agents = config === null ? null : agentsOf(config);
  return { root, files, folders, excluded, manifest, agents };
}

/** Who does what by the settings in force. */
function agentsOf(config: KasConfig): AgentChoices {
  const roles: Partial<Record<Role, AgentChoice>> = {};
  for (const role of ROLES) {
    const agent = config.agents[role];
    if (agent === undefined || agent.program.length === 0) continue;
    roles[role] = { program: words(agent.program), model: agent.model };
  }
  return { fallback: words(config.defaultProgram), roles };
}

function words(program: readonly string[]): string {
  return program.map((word) => /^[^\s'"\\]+$/.test(word) ? word : `'${word}'`).join(" ");
}

/** Where `--user` writes to. */
export function userPlace(env: Env, paths: Paths): { home: string; lockFile: string } {
  const home = env["HOME"] ?? "";
  if (home.startsWith("/")) return { home, lockFile: `${paths.stateDir}/settings.lock` };
  throw new KasError("invalid", "Cannot find your home folder: HOME is not set", {
    hint: "Set HOME to an absolute path, or leave --user out",
  });
}
