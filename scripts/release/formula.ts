import { archiveName, fileUrl, type Platform } from "../../lib/release.ts";
import { ROOT, ScriptError } from "../run.ts";
import { SHARE } from "./archive.ts";
import { fill, releasesUrl, type Repository } from "./place.ts";

/** Platforms Homebrew runs on. */
const BREWED: readonly Platform[] = ["linux-x64", "linux-arm64", "macos-x64", "macos-arm64"];

/**
 * Renders the Homebrew formula of a release.
 * @param sums SHA-256 by file name
 * @returns null when the release lacks one of the platforms the formula serves
 * @see https://docs.brew.sh/Formula-Cookbook
 */
export async function formula(
  version: string,
  repository: Repository,
  sums: ReadonlyMap<string, string>,
): Promise<string | null> {
  const template = await Deno.readTextFile(`${ROOT}/packaging/homebrew/kas.rb`);
  const values: Record<string, string> = {
    version,
    homepage: `https://github.com/${repository.owner}/${repository.name}`,
    man: SHARE.man,
    bash: SHARE.bash,
    zsh: SHARE.zsh,
    fish: SHARE.fish,
  };
  for (const platform of BREWED) {
    const file = archiveName(version, platform);
    const sum = sums.get(file);
    if (sum === undefined) return null;
    if (!/^[0-9a-f]{64}$/.test(sum)) throw new ScriptError(`"${sum}" is no SHA-256`);
    values[`url-${platform}`] = fileUrl(releasesUrl(repository), version, file);
    values[`sha-${platform}`] = sum;
  }
  return fill(template, values);
}
