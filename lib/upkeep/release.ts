import { KasError, messageOf } from "../errors.ts";
import { quote } from "../names.ts";
import {
  archiveName,
  CHECKSUMS_FILE,
  fileUrl,
  type Platform,
  platformOf,
  RELEASES_URL,
  RELEASES_VARIABLE,
} from "../release.ts";

/** Finding a release and fetching it whole; lib/release.ts has the names. */

/** How long a server may say nothing, in ms. */
const SILENCE_MS = 30_000;
/** Largest file that is taken, in bytes. */
const MOST = 512 * 1024 * 1024;

/** An archive that can be had. */
export interface Release {
  readonly version: string;
  readonly archive: string;
  readonly url: string;
  /** SHA-256 of the archive, hex. */
  readonly sha256: string;
}

/** The platform this runs on, as releases name it. @throws KasError "not_found" when they have none for it */
export function ownPlatform(): Platform {
  const platform = platformOf(Deno.build);
  if (platform !== null) return platform;
  throw new KasError("not_found", `Cannot find kas for ${Deno.build.os} on ${Deno.build.arch}`, {
    hint: "Build it from the sources",
  });
}

/**
 * The address of releases, without a slash at its end.
 * @throws KasError "usage" for one that is none, "guard" without any and for one that is not safe
 */
export function releasesUrl(
  env: Readonly<Record<string, string | undefined>>,
  builtIn: string = RELEASES_URL,
): string {
  const given = env[RELEASES_VARIABLE] ?? "";
  const text = given === "" ? builtIn : given;
  if (text === "") {
    throw new KasError("guard", "Cannot upgrade: this build does not know where releases are", {
      hint: `Set ${RELEASES_VARIABLE} to the address of the releases, or install kas anew`,
    });
  }
  const url = URL.parse(text);
  const local = url !== null && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url === null || (url.protocol !== "https:" && !(url.protocol === "http:" && local))) {
    throw new KasError("guard", `Cannot take releases from ${quote(text, 200)}`, {
      hint: "Give an address that begins with https://",
    });
  }
  return text.replace(/\/+$/, "");
}

/**
 * Finds the newest release for a platform, or the one of a version.
 * @throws KasError "not_found" when there is none, "internal" when the server cannot be reached
 */
export async function findRelease(
  base: string,
  version: string | null,
  platform: Platform,
): Promise<Release> {
  const wanted = version === null ? "latest" : parseVersion(version).text;
  const list = fileUrl(base, wanted, CHECKSUMS_FILE);
  for (const line of new TextDecoder().decode(await download(list, 1024 * 1024)).split("\n")) {
    const [, sha256 = "", archive = ""] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line.trim()) ?? [];
    const text = versionIn(archive, platform);
    if (text === null || (version !== null && text !== wanted)) continue;
    // By its version, so that a release made this very moment does not come between.
    return { version: text, archive, url: fileUrl(base, text, archive), sha256 };
  }
  throw new KasError("not_found", `Cannot find kas for ${platform} in ${quote(list, 200)}`, {
    hint: "Build it from the sources, or choose another version with --version",
  });
}

/** The version in the name of an archive for a platform; null for other files. */
function versionIn(archive: string, platform: Platform): string | null {
  const [before = "", after = ""] = archiveName("|", platform).split("|");
  const text = archive.slice(before.length, archive.length - after.length);
  return archive === archiveName(text, platform) && VERSION.test(text) ? text : null;
}

/**
 * The bytes of an archive, whose checksum holds.
 * @throws KasError "guard" when they are others than those the release names, "internal" when it
 * cannot be fetched whole
 */
export async function fetchArchive(release: Release): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await download(release.url, MOST);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  if (sum === release.sha256) return bytes;
  throw new KasError("guard", `Cannot use ${quote(release.archive)}: its checksum is wrong`, {
    hint: "Try again; if it stays so, do not install it and tell who makes the releases",
    context: { expected: release.sha256, actual: sum },
  });
}

async function download(url: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const silence = new AbortController();
  const timer = () => setTimeout(() => silence.abort(), SILENCE_MS);
  let waiting = timer();
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (response.status === 404) {
      await response.body?.cancel();
      throw new KasError("not_found", `Cannot find ${quote(url, 200)}`, {
        hint: "Look at the version and at the address of the releases",
      });
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the server answered ${response.status}`);
    }
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const part of response.body) {
      clearTimeout(waiting);
      waiting = timer();
      size += part.length;
      if (size > most) throw new Error(`it is larger than ${most} bytes`);
      parts.push(part);
    }
    const announced = Number(response.headers.get("content-length") ?? size);
    if (response.headers.get("content-encoding") === null && announced !== size) {
      throw new Error(`it ended after ${size} of ${announced} bytes`);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch (error) {
    if (error instanceof KasError) throw error;
    const why = silence.signal.aborted ? "the server says nothing" : messageOf(error);
    throw new KasError("internal", `Cannot fetch ${quote(url, 200)}: ${why}`, {
      hint: "Check the connection and try again; nothing was changed",
      cause: error,
    });
  } finally {
    clearTimeout(waiting);
  }
}

const VERSION = /^v?((\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.]{1,40}))?)$/;

/** A version in parts. */
export interface Version {
  readonly text: string;
  readonly numbers: readonly number[];
  readonly pre: string;
}

/** Reads `1.2.3` or `v1.2.3-rc.1`. @throws KasError "usage" @see https://semver.org */
export function parseVersion(text: string): Version {
  const match = VERSION.exec(text);
  if (match === null) {
    throw new KasError("usage", `Cannot use ${quote(text)} as a version`, {
      hint: "Write it as 1.2.3",
    });
  }
  const [, whole = "", major, minor, patch, pre = ""] = match;
  return { text: whole, numbers: [major, minor, patch].map(Number), pre };
}

/** Below zero when `a` is older than `b`. A pre-release is older than its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  for (const [index, number] of left.numbers.entries()) {
    const other = right.numbers[index] ?? 0;
    if (number !== other) return number - other;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === "" || right.pre === "") return left.pre === "" ? 1 : -1;
  return comparePre(left.pre.split("."), right.pre.split("."));
}

/** @see https://semver.org/#spec-item-11 */
function comparePre(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    if (left === right) continue;
    const numeric = [left, right].map((part) => /^\d+$/.test(part));
    if (numeric[0] === true && numeric[1] === true) return Number(left) - Number(right);
    if (numeric[0] !== numeric[1]) return numeric[0] === true ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
