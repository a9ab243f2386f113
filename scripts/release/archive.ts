import { scriptFor } from "../../lib/completion/scripts.ts";
import { archiveFolder, archiveName, type Platform, programName } from "../../lib/release.ts";
import { ROOT, run } from "../run.ts";
import { tar, type TarFile } from "./tar.ts";

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
 * Packs one archive: a gzip'd tar, or with zip for Windows.
 * @returns its path
 * @throws ScriptError when zip fails
 */
export async function archive(options: ArchiveOptions): Promise<string> {
  const { version, platform, epoch } = options;
  const folder = archiveFolder(version, platform);
  const path = `${options.out}/${archiveName(version, platform)}`;
  const files: TarFile[] = [{
    path: `${folder}/${programName(platform)}`,
    bytes: await Deno.readFile(options.binary),
    executable: true,
  }];
  for (const [name, text] of options.shared) {
    const bytes = new TextEncoder().encode(text);
    files.push({ path: `${folder}/${name}`, bytes, executable: false });
  }
  if (path.endsWith(".zip")) {
    await zip(files, path, epoch);
  } else {
    const packed = tar(files, epoch).stream().pipeThrough(new CompressionStream("gzip"));
    await Deno.writeFile(path, packed);
  }
  return path;
}

async function zip(files: readonly TarFile[], path: string, epoch: number): Promise<void> {
  const stage = await Deno.makeTempDir({ prefix: "kas-archive-" });
  try {
    for (const file of files) {
      const place = `${stage}/${file.path}`;
      await Deno.mkdir(place.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeFile(place, file.bytes, { mode: file.executable ? 0o755 : 0o644 });
      await Deno.utime(place, epoch, epoch);
    }
    const names = files.map((file) => file.path).sort();
    // Without folders and extra fields, which hold who packed it and when.
    await run(["zip", "-q", "-9", "-D", "-X", path, ...names], { cwd: stage, env: { TZ: "UTC" } });
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}
