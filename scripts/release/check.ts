/**
 * Says whether a tag may be released, and writes its notes to build/release-notes.md.
 *
 *     deno run -A scripts/release/check.ts v1.2.3
 * @module
 */
import { VERSION } from "../../lib/version.ts";
import { ROOT, script, ScriptError } from "../run.ts";

/**
 * The notes of a release: its section of the changelog.
 * @throws ScriptError when the tag is not the version of these sources, or the changelog has no
 * dated section for it
 */
export function releaseNotes(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) {
    throw new ScriptError(`The tag is "${tag}", but lib/version.ts says "${version}"`);
  }
  const heading = `## ${version} - `;
  const [, section] = `\n${changelog}`.split(`\n${heading}`);
  const [date = "", ...lines] = (section ?? "").split(/\n## /)[0]?.split("\n") ?? [];
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) {
    throw new ScriptError(
      `CHANGELOG.md has no line "${heading}<year>-<month>-<day>"${
        date === "" ? "" : `, but one with "${date}"`
      }`,
    );
  }
  const notes = lines.join("\n").trim();
  if (notes === "") throw new ScriptError(`CHANGELOG.md says nothing about ${version}`);
  return `${notes}\n`;
}

if (import.meta.main) {
  await script(async () => {
    const [tag = ""] = Deno.args;
    const notes = releaseNotes(tag, VERSION, await Deno.readTextFile(`${ROOT}/CHANGELOG.md`));
    await Deno.mkdir(`${ROOT}/build`, { recursive: true });
    await Deno.writeTextFile(`${ROOT}/build/release-notes.md`, notes);
    console.log(`${tag} may be released`);
  });
}
