/**
 * Where releases are and what their files are called. `kas upgrade`, install.sh and the scripts that
 * publish a release agree on these names; tests/release_test.ts holds them together.
 *
 * A release page answers to two paths below its base: `latest/download/<file>` for the newest release
 * and `download/v<version>/<file>` for one of them. The names of archives carry the version, so the
 * checksums of the newest release say which version that is.
 */
import { KasError } from "./errors.ts";
import { quote } from "./names.ts";

/**
 * The repository releases are published from, as `owner/name`. scripts/compile.ts writes it into the
 * bundle when KAS_REPOSITORY is set, as it is for every release; a build of one's own has none.
 */
const REPOSITORY: string = "@kas-repository@";

/** Base of the releases this build came from; empty in a build that is no release. */
export const RELEASES_URL: string = REPOSITORY.startsWith("@")
  ? ""
  : `https://github.com/${REPOSITORY}/releases`;

/** Environment variable that names another base. */
export const RELEASES_VARIABLE = "KASMOS_RELEASES_URL";

/** SHA-256 of every file of a release, in the format of sha256sum(1). */
export const CHECKSUMS_FILE = "checksums.txt";

/** The installer, published with every release. */
export const INSTALLER_FILE = "install.sh";

/** Platforms a release has an archive for. */
export const PLATFORMS = [
  "linux-x64",
  "linux-arm64",
  "macos-x64",
  "macos-arm64",
  "windows-x64",
] as const;
export type Platform = typeof PLATFORMS[number];

/** Where and how Deno runs: `Deno.build`. */
export interface Build {
  readonly os: string;
  readonly arch: string;
}

/** The platform a build runs on; null when releases have nothing for it. */
export function platformOf({ os, arch }: Build): Platform | null {
  const system = os === "darwin" ? "macos" : os;
  const machine = arch === "x86_64" ? "x64" : arch === "aarch64" ? "arm64" : arch;
  return PLATFORMS.find((platform) => platform === `${system}-${machine}`) ?? null;
}

/** What Deno calls the platform, for `deno compile --target`. */
export function targetOf(platform: Platform): string {
  const [system = "", machine = ""] = platform.split("-");
  const rest: Readonly<Record<string, string>> = {
    linux: "unknown-linux-gnu",
    macos: "apple-darwin",
    windows: "pc-windows-msvc",
  };
  return `${machine === "x64" ? "x86_64" : "aarch64"}-${rest[system]}`;
}

/** The one folder at the top of an archive; the program stands directly in it. */
export function archiveFolder(version: string, platform: Platform): string {
  return `kas-${version}-${platform}`;
}

/** The file name of an archive: gzip'd tar, zip for Windows. */
export function archiveName(version: string, platform: Platform): string {
  const ending = platform.startsWith("windows") ? "zip" : "tar.gz";
  return `${archiveFolder(version, platform)}.${ending}`;
}

/** The file name of the program. */
export function programName(platform: Platform): string {
  return platform.startsWith("windows") ? "kas.exe" : "kas";
}

/**
 * The base releases are fetched from, without a slash at its end.
 * @param asked value of {@link RELEASES_VARIABLE}; empty is as good as unset
 * @throws KasError "invalid" when it is no http(s) address, or neither it nor the build names one
 */
export function releasesBase(asked: string | undefined): string {
  const base = asked === undefined || asked === "" ? RELEASES_URL : asked;
  if (base === "") {
    throw new KasError("invalid", "Cannot find releases: this kas was not built by a release", {
      hint: `Set ${RELEASES_VARIABLE} to the address of a releases page`,
    });
  }
  const url = URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new KasError("invalid", `Cannot use ${quote(base)} as the address of releases`, {
      hint: `Set ${RELEASES_VARIABLE} to an http or https address`,
    });
  }
  return url.href.replace(/\/+$/, "");
}

/**
 * Address of a file of a release.
 * @param base from {@link releasesBase}
 * @param version "latest", or one as {@link parseVersion} returns it
 */
export function fileUrl(base: string, version: string, file: string): string {
  const release = version === "latest" ? "latest/download" : `download/v${version}`;
  return `${base}/${release}/${file}`;
}

/**
 * Checks a version as people type it, with or without a leading "v".
 * @throws KasError "invalid" when it is not of the form 1.2.3 or 1.2.3-rc.1
 */
export function parseVersion(value: string): string {
  const version = value.replace(/^v/, "");
  if (/^\d+\.\d+\.\d+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$/.test(version)) return version;
  throw new KasError("invalid", `Cannot use ${quote(value)} as a version`, {
    hint: 'Give it as in "1.2.3"',
  });
}

/**
 * Reads a checksums file.
 * @returns SHA-256 in lower case by file name
 * @throws KasError "invalid" at a line that is not `<64 hex digits>  <file name>`
 */
export function parseChecksums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, sum, file] = /^([0-9a-fA-F]{64}) [ *]([\w.+-]+)$/.exec(line) ?? [];
    if (sum === undefined || file === undefined) {
      throw new KasError("invalid", `Cannot read ${CHECKSUMS_FILE}: the line ${quote(line)}`, {
        hint: "Try again; if it stays, the address is not one of a releases page",
      });
    }
    sums.set(file, sum.toLowerCase());
  }
  return sums;
}

/** An archive of a release and what it must hash to. */
export interface ReleaseArchive {
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

/** Finds the archive of a platform among checksums; null when there is none. */
export function archiveIn(
  sums: ReadonlyMap<string, string>,
  platform: Platform,
): ReleaseArchive | null {
  for (const [file, sha256] of sums) {
    const version = /^kas-(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+?)?)-[a-z]+-[a-z0-9]+\./.exec(file)?.[1];
    if (version !== undefined && file === archiveName(version, platform)) {
      return { version, file, sha256 };
    }
  }
  return null;
}
