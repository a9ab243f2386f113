import { KasError, messageOf } from "../errors.ts";
import { quote } from "../names.ts";
import type { Platform } from "../release.ts";
import { unpackProgram } from "./archive.ts";
import { compareVersions, fetchArchive, findRelease, type Release } from "./release.ts";

/** What an upgrade is about. */
export interface UpgradeOptions {
  /** The argv that runs this kas. */
  readonly program: readonly string[];
  /** Version that runs now. */
  readonly current: string;
  /** Address of releases. */
  readonly base: string;
  /** Version to install; null = the newest. */
  readonly wanted: string | null;
  readonly platform: Platform;
}

/** What there is to install. */
export interface UpgradePlan {
  readonly current: string;
  readonly release: Release;
  /** False when it is there already; an older version counts only when it was asked for. */
  readonly needed: boolean;
}

/** Finds what would be installed. Changes nothing. @throws KasError as findRelease() */
export async function planUpgrade(options: UpgradeOptions): Promise<UpgradePlan> {
  const release = await findRelease(options.base, options.wanted, options.platform);
  const order = compareVersions(release.version, options.current);
  return {
    current: options.current,
    release,
    needed: options.wanted === null ? order > 0 : order !== 0,
  };
}

/** Paths by which a package manager has it, and what brings a newer one there. */
const MANAGERS: readonly [path: RegExp, how: string][] = [
  [/\/Cellar\/|\/homebrew\/|\/linuxbrew\//i, "brew upgrade kas"],
  [
    /\/node_modules\//,
    "npm install --global kas@latest, or the package manager you installed it with",
  ],
  [/^\/nix\/store\//, "upgrade it in your Nix profile or configuration"],
  [/^\/snap\//, "snap refresh kas"],
  [/^\/usr\/(s?bin|lib|share)\//, "upgrade the package of your distribution"],
];

/**
 * The file that an upgrade replaces.
 * @throws KasError "guard" when kas runs from its sources or belongs to a package manager
 */
export async function ownFile(program: readonly string[]): Promise<string> {
  const [path = "", ...more] = program;
  if (more.length > 0) {
    throw new KasError("guard", "Cannot upgrade: kas runs from its sources", {
      hint: "Update the sources with git",
    });
  }
  if (Deno.build.os === "windows") {
    throw new KasError("guard", "Cannot upgrade: Windows does not replace a program that runs", {
      hint: "Fetch the archive of the newer release and unpack it in the place of kas.exe",
    });
  }
  const real = await Deno.realPath(path);
  for (const [place, how] of MANAGERS) {
    if (!place.test(real) && !place.test(path)) continue;
    throw new KasError("guard", `Cannot upgrade ${quote(real, 200)}: a package manager keeps it`, {
      hint: `Do: ${how}`,
      context: { path: real },
    });
  }
  return real;
}

/** What became of it. */
export interface Upgraded {
  readonly from: string;
  readonly to: string;
  readonly path: string;
  /** The program that was there before. */
  readonly kept: string;
}

/**
 * Fetches a release, checks it and puts it in the place of this program, in one step: at every moment
 * the path holds a whole program. The one before stays beside it as `kas.old`.
 * @throws KasError "guard" for a damaged archive, a program that does not start, and as {@link ownFile};
 * "invalid" when the folder cannot be written; "internal" when it cannot be fetched
 */
export async function upgrade(options: UpgradeOptions, plan: UpgradePlan): Promise<Upgraded> {
  const path = await ownFile(options.program);
  const folder = path.slice(0, path.lastIndexOf("/"));
  const draft = `${folder}/.kas-upgrade-${crypto.randomUUID()}`;
  try {
    // Asked for before the download: a folder that cannot be written is found out at once.
    using file = await Deno.open(draft, { write: true, createNew: true, mode: 0o700 });
    const program = await unpackProgram(await fetchArchive(plan.release));
    for (let sent = 0; sent < program.length;) sent += await file.write(program.subarray(sent));
    await file.sync();
    file.close();
    await Deno.chmod(draft, ((await Deno.stat(path)).mode ?? 0o755) & 0o777);
    await tryOut(draft, plan.release.version);
    const kept = await keepOld(path, folder);
    await Deno.rename(draft, path);
    return { from: plan.current, to: plan.release.version, path, kept };
  } catch (error) {
    await removeIfThere(draft);
    if (error instanceof KasError) throw error;
    throw new KasError("invalid", `Cannot write into ${quote(folder, 200)}: ${messageOf(error)}`, {
      hint: "Upgrade as the user who owns it, or install kas into a folder of yours",
      cause: error,
    });
  }
}

/** A program that does not even say its version must not take the place of one that works. */
async function tryOut(path: string, version: string): Promise<void> {
  let said: string;
  try {
    const { stdout, stderr } = await new Deno.Command(path, {
      args: ["--version"],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();
    said = text(stdout) || text(stderr);
  } catch (error) {
    said = messageOf(error);
  }
  if (said === `kas ${version}`) return;
  throw new KasError("guard", `Cannot use kas ${version}: it says ${quote(said, 120)}`, {
    hint: "It may be made for another system; nothing was changed",
  });
}

async function keepOld(path: string, folder: string): Promise<string> {
  const kept = `${path}.old`;
  const draft = `${folder}/.kas-old-${crypto.randomUUID()}`;
  try {
    await Deno.link(path, draft);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) throw error;
    // a file system without hard links
    await Deno.copyFile(path, draft);
  }
  await Deno.rename(draft, kept);
  return kept;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
