import { scriptFor } from "../../lib/completion/scripts.ts";
import { archiveFolder, archiveName, type Platform, programName } from "../../lib/release.ts";
import { ROOT, run } from "../run.ts";

/** Files of a release that are the same on every platform, by their path in the archive. */
export type Shared = ReadonlyMap<string, string>;

/** Where package managers look for each file below the prefix. */
export const SHARE = {
  man: "share/man/man1/kas.1",
  bash: "share/bash-completion/completions/kas",
  zsh: "share/zsh/site-functions/_kas",
  fish: "share/fish/vendor_completions.d/kas.fish",
  powershell: "share/powershell/kas.ps1",
} as const;

/**
 * Makes what goes into every archive beside the program: licence, readme, man page, completions.
 * @throws ScriptError when the man page cannot be made
 */
export async function sharedFiles(): Promise<Shared> {
  await run([Deno.execPath(), "run", "-A", "--quiet", `${ROOT}/scripts/man.ts`], {
    stdout: "null",
  });
  return new Map([
    ["LICENSE", await Deno.readTextFile(`${ROOT}/LICENSE`)],
    ["README.md", await Deno.readTextFile(`${ROOT}/README.md`)],
    [SHARE.man, await Deno.readTextFile(`${ROOT}/build/man/kas.1`)],
    [SHARE.bash, scriptFor("bash")],
    [SHARE.zsh, scriptFor("zsh")],
    [SHARE.fish, scriptFor("fish")],
    [SHARE.powershell, scriptFor("powershell")],
  ]);
}

export interface ArchiveOptions {
  readonly version: string;
  readonly platform: Platform;
  /** The built program. */
  readonly binary: string;
  readonly shared: Shared;
  /** Folder the archive goes into. */
  readonly out: string;
  /** Time stamp of every file, in seconds since 1970: the same content gives the same archive. */
  readonly epoch: number;
}

/**
 * Packs one archive with GNU tar and gzip, or with zip for Windows.
 * @returns its path
 * @throws ScriptError when a program fails
 */
export async function archive(options: ArchiveOptions): Promise<string> {
  const { version, platform } = options;
  const stage = await Deno.makeTempDir({ prefix: "kas-archive-" });
  const folder = archiveFolder(version, platform);
  const path = `${options.out}/${archiveName(version, platform)}`;
  try {
    const program = `${stage}/${folder}/${programName(platform)}`;
    await Deno.mkdir(`${stage}/${folder}`);
    await Deno.copyFile(options.binary, program);
    await Deno.chmod(program, 0o755);
    for (const [name, text] of options.shared) {
      const file = `${stage}/${folder}/${name}`;
      await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(file, text, { mode: 0o644 });
    }
    await stampTimes(`${stage}/${folder}`, options.epoch);
    const names = [programName(platform), ...options.shared.keys()].sort();
    if (path.endsWith(".zip")) await zip(stage, names.map((name) => `${folder}/${name}`), path);
    else await tar(stage, folder, path);
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
  return path;
}

async function stampTimes(path: string, epoch: number): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) await stampTimes(`${path}/${name}`, epoch);
    else await Deno.utime(`${path}/${name}`, epoch, epoch);
  }
  await Deno.utime(path, epoch, epoch);
}

async function tar(stage: string, folder: string, path: string): Promise<void> {
  const owner = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u+rwX,go=rX"];
  const plain = path.replace(/\.gz$/, "");
  await run(["tar", "-C", stage, "--sort=name", "--format=ustar", ...owner, "-cf", plain, folder]);
  await run(["gzip", "-n", "-9", "-f", plain]);
}

async function zip(stage: string, files: readonly string[], path: string): Promise<void> {
  // Without folders and extra fields, which hold who packed it and when.
  await run(["zip", "-q", "-9", "-D", "-X", path, ...files], { cwd: stage, env: { TZ: "UTC" } });
}
