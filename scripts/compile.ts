/**
 * Builds `build/kas`. With Deno's runtime stub at hand (DENORT_BIN, the download cache, or
 * dl.deno.land) that is a real `deno compile`; without it the same bundle and this very Deno become
 * one self-extracting file. KAS_BUILD=compile or KAS_BUILD=sfx forces one; an argument names another
 * output file, absolute. KAS_PLATFORM=windows-x64 compiles for another platform than this one, and
 * KAS_REPOSITORY=owner/name says where releases come from: for `kas upgrade` of a published build.
 * @module
 */
import { type Platform, platformOf, PLATFORMS, targetOf } from "../lib/release.ts";
import { VERSION } from "../lib/version.ts";
import { buildAdmin } from "./build_admin.ts";
import { bundle, DIST, removeIfThere, stampRepository } from "./bundle.ts";
import { V8_FLAGS } from "./launcher.ts";
import { pack } from "./pack.ts";
import { ROOT, run, script, ScriptError } from "./run.ts";

type Kind = "compile" | "sfx";

await script(async () => {
  const [asked] = Deno.args;
  const out = asked ?? `${ROOT}/build/kas`;
  // Two builds at once must not write into one bundle.
  const dist = asked === undefined ? DIST : `${out}-dist`;
  const platform = askedPlatform();
  const kind = await choose(platform !== null);
  await Deno.mkdir(out.replace(/\/?[^/]*$/, "") || ".", { recursive: true });
  try {
    const entry = await bundle(dist);
    await stampRepository(dist, Deno.env.get("KAS_REPOSITORY") ?? "");
    await buildAdmin(`${dist}/admin`);
    // `deno compile` refuses to replace a file it did not make.
    await removeIfThere(out);
    if (kind === "sfx") await pack(dist, out, VERSION);
    else await compile(entry, dist, out, platform);
  } finally {
    if (asked !== undefined) await removeIfThere(dist);
  }
  const { size } = await Deno.stat(out);
  console.log(`${out}: ${kind}, kas ${VERSION}, ${(size / 1e6).toFixed(1)} MB`);
});

/** The platform to build for when it is another one. */
function askedPlatform(): Platform | null {
  const asked = Deno.env.get("KAS_PLATFORM") ?? "";
  if (asked === "" || asked === platformOf(Deno.build)) return null;
  const platform = PLATFORMS.find((known) => known === asked);
  if (platform !== undefined) return platform;
  throw new ScriptError(`KAS_PLATFORM is "${asked}", not one of ${PLATFORMS.join(", ")}`);
}

async function choose(foreign: boolean): Promise<Kind> {
  const forced = Deno.env.get("KAS_BUILD") ?? "";
  if (forced !== "" && forced !== "compile" && forced !== "sfx") {
    throw new ScriptError(`KAS_BUILD is "${forced}", not "compile" or "sfx"`);
  }
  if (foreign && forced === "sfx") {
    throw new ScriptError("A self-extracting file can be built for this platform only");
  }
  if (forced !== "") return forced;
  if (foreign) return "compile";
  return await stubAvailable() ? "compile" : "sfx";
}

/** Looks where `deno compile` looks for its runtime stub. */
async function stubAvailable(): Promise<boolean> {
  if ((Deno.env.get("DENORT_BIN") ?? "") !== "") return true;
  const name = `release/v${Deno.version.deno}/denort-${Deno.build.target}.zip`;
  const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME") ?? ""}/.cache/deno`;
  try {
    await Deno.stat(`${cache}/dl/${name}`);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    const signal = AbortSignal.timeout(5_000);
    return (await fetch(`https://dl.deno.land/${name}`, { method: "HEAD", signal })).ok;
  } catch (error) {
    const offline = error instanceof TypeError ||
      (error instanceof DOMException && error.name === "TimeoutError");
    if (!offline) throw error;
    return false;
  }
}

async function compile(
  entry: string,
  dist: string,
  out: string,
  platform: Platform | null,
): Promise<void> {
  await run([
    Deno.execPath(),
    "compile",
    "--quiet",
    "--allow-all",
    "--no-prompt",
    "--no-check",
    "--no-config",
    V8_FLAGS,
    "--app-name",
    "kas",
    ...(platform === null ? [] : ["--target", targetOf(platform)]),
    "--include",
    dist,
    "--output",
    out,
    entry,
  ]);
}
