/**
 * Puts a release together in build/release: archives, install.sh, the Homebrew formula, checksums;
 * and the npm packages in build/npm.
 *
 *     KAS_REPOSITORY=owner/name deno run -A scripts/release/assemble.ts <folder> [platform…]
 *
 * The folder holds one folder for each platform with the built program in it. Without platforms it
 * has to hold all of them. Needs npm, and zip for Windows.
 * @module
 */
import {
  CHECKSUMS_FILE,
  INSTALLER_FILE,
  type Platform,
  PLATFORMS,
  programName,
} from "../../lib/release.ts";
import { VERSION } from "../../lib/version.ts";
import { removeIfThere } from "../bundle.ts";
import { ROOT, script, ScriptError } from "../run.ts";
import { archive, type Shared, sharedFiles } from "./archive.ts";
import { formula } from "./formula.ts";
import { npmPackages } from "./npm.ts";
import {
  filesIn,
  fill,
  RELEASE,
  releasesUrl,
  type Repository,
  repositoryOf,
  sha256,
} from "./place.ts";

export interface AssembleOptions {
  readonly repository: Repository;
  readonly binaries: ReadonlyMap<Platform, string>;
  /** What goes into every archive beside the program. */
  readonly shared: Shared;
  /** Replaced. */
  readonly out: string;
  /** Folder for npm packages, replaced; null makes none. */
  readonly npm: string | null;
}

/**
 * Makes every file of a release.
 * @returns SHA-256 by file name, as written to checksums.txt
 * @throws ScriptError when a program it uses fails
 */
export async function assemble(options: AssembleOptions): Promise<ReadonlyMap<string, string>> {
  const { repository, shared, out } = options;
  await removeIfThere(out);
  await Deno.mkdir(out, { recursive: true });
  const epoch = await sourceDate();
  for (const [platform, binary] of options.binaries) {
    await archive({ version: VERSION, platform, binary, shared, out, epoch });
  }
  const installer = await Deno.readTextFile(`${ROOT}/${INSTALLER_FILE}`);
  await Deno.writeTextFile(
    `${out}/${INSTALLER_FILE}`,
    fill(installer, { "releases-url": releasesUrl(repository) }),
    { mode: 0o755 },
  );
  const sums = await checksums(out);
  const rendered = await formula(VERSION, repository, sums);
  if (rendered !== null) {
    await Deno.writeTextFile(`${out}/kas.rb`, rendered);
    sums.set("kas.rb", await sha256(`${out}/kas.rb`));
  }
  const lines = [...sums].sort(([a], [b]) => a < b ? -1 : 1).map(([name, sum]) =>
    `${sum}  ${name}\n`
  );
  await Deno.writeTextFile(`${out}/${CHECKSUMS_FILE}`, lines.join(""));
  if (options.npm !== null) {
    await removeIfThere(options.npm);
    await Deno.mkdir(options.npm, { recursive: true });
    const { binaries, npm } = options;
    await npmPackages({ version: VERSION, repository, binaries, out: npm });
  }
  return sums;
}

async function checksums(folder: string): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const name of await filesIn(folder)) sums.set(name, await sha256(`${folder}/${name}`));
  return sums;
}

/**
 * When the released commit was made, or SOURCE_DATE_EPOCH.
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
async function sourceDate(): Promise<number> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH") ?? "";
  if (/^\d+$/.test(given)) return Number(given);
  const { success, stdout } = await new Deno.Command("git", {
    args: ["log", "-1", "--format=%ct"],
    cwd: ROOT,
  }).output();
  const text = new TextDecoder().decode(stdout).trim();
  if (success && /^\d+$/.test(text)) return Number(text);
  throw new ScriptError("Cannot tell when this commit was made; set SOURCE_DATE_EPOCH");
}

/** Finds the program of each platform. @throws ScriptError when one is missing */
async function binariesIn(
  folder: string,
  platforms: readonly Platform[],
): Promise<ReadonlyMap<Platform, string>> {
  const found = new Map<Platform, string>();
  for (const platform of platforms) {
    const path = `${folder}/${platform}/${programName(platform)}`;
    try {
      await Deno.stat(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new ScriptError(`The program for ${platform} is missing: "${path}"`);
    }
    found.set(platform, await Deno.realPath(path));
  }
  return found;
}

function platformsOf(words: readonly string[]): readonly Platform[] {
  if (words.length === 0) return PLATFORMS;
  return words.map((word) => {
    const platform = PLATFORMS.find((known) => known === word);
    if (platform !== undefined) return platform;
    throw new ScriptError(`"${word}" is not one of ${PLATFORMS.join(", ")}`);
  });
}

if (import.meta.main) {
  await script(async () => {
    const [folder, ...words] = Deno.args;
    if (folder === undefined) throw new ScriptError("Name the folder of the built programs");
    const sums = await assemble({
      repository: repositoryOf(Deno.env.get("KAS_REPOSITORY")),
      binaries: await binariesIn(folder, platformsOf(words)),
      shared: await sharedFiles(),
      out: RELEASE,
      npm: `${ROOT}/build/npm`,
    });
    for (const [name, sum] of sums) console.log(`${sum}  ${name}`);
  });
}
