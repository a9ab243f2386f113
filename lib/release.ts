/**
 * Where releases are and what their files are called. `kas upgrade`, install.sh and the scripts that
 * publish a release agree on these names; tests/release_test.ts holds them together.
 *
 * A release page answers to two paths below its base: `latest/download/<file>` for the newest release
 * and `download/v<version>/<file>` for one of them. The names of archives carry the version, so the
 * checksums of the newest release say which version that is.
 */
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
 * Address of a file of a release.
 * @param base such as {@link RELEASES_URL}, without a slash at its end
 * @param version "latest", or one without a leading "v"
 */
export function fileUrl(base: string, version: string, file: string): string {
  const release = version === "latest" ? "latest/download" : `download/v${version}`;
  return `${base}/${release}/${file}`;
}
