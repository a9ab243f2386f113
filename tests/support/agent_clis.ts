/**
 * The real agent CLIs, pinned, from npm into a cache folder. The native binary of this platform is
 * installed by its own package: no install script runs, and node is needed for `npm` and gemini alone.
 */

/** The CLIs that are tested with a whole lifecycle. */
export const AGENT_CLIS = ["claude", "codex", "opencode"] as const;
/** One of {@link AGENT_CLIS}. */
export type AgentCli = typeof AGENT_CLIS[number];
/** Every CLI that can be fetched. */
export const PINNED_CLIS = [...AGENT_CLIS, "copilot", "gemini"] as const;
/** One of {@link PINNED_CLIS}. */
export type PinnedCli = typeof PINNED_CLIS[number];

interface Pin {
  readonly version: string;
  /** Argument of `npm install`. */
  spec(platform: string, version: string): string;
  /** Executable inside `node_modules`; `*` stands for the one folder that is there. */
  binary(platform: string): string;
}

const PINS: Readonly<Record<PinnedCli, Pin>> = {
  claude: {
    version: "2.1.329",
    spec: (platform, version) => `@anthropic-ai/claude-code-${platform}@${version}`,
    binary: (platform) => `@anthropic-ai/claude-code-${platform}/claude`,
  },
  codex: {
    version: "0.169.0",
    spec: (platform, version) =>
      `@openai/codex-${platform}@npm:@openai/codex@${version}-${platform}`,
    binary: (platform) => `@openai/codex-${platform}/vendor/*/bin/codex`,
  },
  opencode: {
    version: "1.18.33",
    spec: (platform, version) => `opencode-${platform}@${version}`,
    binary: (platform) => `opencode-${platform}/bin/opencode`,
  },
  copilot: {
    version: "1.0.102",
    spec: (platform, version) => `@github/copilot-${platform}@${version}`,
    binary: (platform) => `@github/copilot-${platform}/copilot`,
  },
  // one bundle for all platforms, which needs node
  gemini: {
    version: "0.61.0",
    spec: (_platform, version) => `@google/gemini-cli@${version}`,
    binary: () => "@google/gemini-cli/bundle/gemini.js",
  },
};

/** Version this project is tested with. */
export function pinnedVersion(name: PinnedCli): string {
  return PINS[name].version;
}

/**
 * Fetches a CLI ahead of its tests. True when it cannot be had and `KAS_AGENTS_OPTIONAL` lists it, so
 * that its tests are left out; when it is not listed, they run and fail with the reason.
 */
export async function isMissing(name: PinnedCli): Promise<boolean> {
  try {
    console.error(`Testing ${name} ${pinnedVersion(name)}: ${await fetchAgentCli(name)}`);
    return false;
  } catch (error) {
    const optional = (Deno.env.get("KAS_AGENTS_OPTIONAL") ?? "").split(/[\s,]+/).includes(name);
    console.error(`Cannot get ${name}${optional ? ", which is optional" : ""}: ${error}`);
    return optional;
  }
}

/** `$KAS_AGENTS_CACHE`, else `.cache/agents` of this checkout. */
export function agentCache(): string {
  return Deno.env.get("KAS_AGENTS_CACHE") ??
    decodeURIComponent(new URL("../../.cache/agents", import.meta.url).pathname);
}

/**
 * Absolute path of the native binary, fetched on first use. Two processes may ask at once: each
 * installs into its own folder and the first rename wins.
 * @throws Error when npm cannot get it, or what it got does not say the pinned version
 */
export async function fetchAgentCli(
  name: PinnedCli,
  options: { cache?: string; log?: (line: string) => void } = {},
): Promise<string> {
  const { version, spec, binary } = PINS[name];
  const cache = options.cache ?? agentCache();
  const platform = platformName();
  const home = `${cache}/${name}-${version}-${platform}`;
  const ready = await expand(`${home}/node_modules`, binary(platform));
  if (ready !== null) return ready;

  const log = options.log ?? console.error;
  log(`Fetching ${name} ${version} from npm (100-400 MB, once) into ${cache}`);
  await Deno.mkdir(cache, { recursive: true });
  const fresh = await Deno.makeTempDir({ dir: cache, prefix: `.${name}-` });
  try {
    await npmInstall(fresh, spec(platform, version));
    const path = await expand(`${fresh}/node_modules`, binary(platform));
    if (path === null) throw new Error(`npm installed ${name} ${version} without its binary`);
    await checkVersion(path, version, fresh);
    await renameUnlessThere(fresh, home);
  } finally {
    await removeIfThere(fresh);
  }
  const path = await expand(`${home}/node_modules`, binary(platform));
  if (path === null) throw new Error(`Cannot find ${name} in "${home}"`);
  log(`Fetched ${name} ${version}`);
  return path;
}

function platformName(): string {
  const os = Deno.build.os === "windows" ? "win32" : Deno.build.os;
  return `${os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;
}

async function npmInstall(prefix: string, spec: string): Promise<void> {
  // The packages are kept here anyway: npm's own copy of them must not end up in the home folder.
  const npmCache = `${prefix}/.npm`;
  const { success, stderr } = await new Deno.Command("npm", {
    args: [
      "install",
      "--prefix",
      prefix,
      "--cache",
      npmCache,
      "--ignore-scripts",
      // gemini's are native addons that it runs without
      "--omit=optional",
      "--no-save",
      "--no-package-lock",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      spec,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(600_000),
  }).output();
  if (!success) {
    throw new Error(`npm install "${spec}" failed: ${new TextDecoder().decode(stderr).trim()}`);
  }
  await removeIfThere(npmCache);
}

async function checkVersion(binary: string, version: string, home: string): Promise<void> {
  const { stdout } = await new Deno.Command(binary, {
    args: ["--version"],
    clearEnv: true,
    env: { HOME: home, PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", TMPDIR: home },
    stdin: "null",
    stderr: "null",
  }).output();
  const said = new TextDecoder().decode(stdout).trim();
  if (!said.includes(version)) {
    throw new Error(`"${binary} --version" says "${said}", not "${version}"`);
  }
}

/** Resolves one `*` folder in a path; null when nothing is there. */
async function expand(root: string, path: string): Promise<string | null> {
  const [head, tail] = path.split("*");
  if (tail === undefined) return await isFile(`${root}/${path}`) ? `${root}/${path}` : null;
  try {
    for await (const entry of Deno.readDir(`${root}/${head}`)) {
      const found = `${root}/${head}${entry.name}${tail}`;
      if (await isFile(found)) return found;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return null;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    // rename(2): ENOTEMPTY or EEXIST, another process was first
    const code = (error as { code?: string }).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

if (import.meta.main) {
  for (const name of PINNED_CLIS) console.log(`${name} ${await fetchAgentCli(name)}`);
}
