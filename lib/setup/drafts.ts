import { allPaths } from "./wanted.ts";
import { isFolder, parentProblem } from "./files.ts";
import { MANIFEST_PATH } from "./manifest.ts";

/** Removing what a setup that was killed left beside the files it was about to write. */

/** What {@link replaceFile} calls a text before it is in its place. */
const DRAFT = /^(.+)\.[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.tmp$/;

/**
 * Removes the drafts of files that setup writes, by their names.
 * @param more paths below the repository, besides those of today
 * @returns their paths below the repository
 */
export async function sweepDrafts(root: string, more: readonly string[]): Promise<string[]> {
  const paths = new Set([...allPaths(), ...more, MANIFEST_PATH]);
  const folders = new Set([...paths].map((path) => path.slice(0, path.lastIndexOf("/") + 1)));
  const swept: string[] = [];
  for (const folder of folders) {
    if (await parentProblem(root, `${folder}x`) !== null) continue;
    if (!await isFolder(`${root}/${folder}`.replace(/\/$/, ""))) continue;
    for await (const { name, isFile } of Deno.readDir(`${root}/${folder}`)) {
      const of = DRAFT.exec(name)?.[1];
      if (!isFile || of === undefined || !paths.has(folder + of)) continue;
      await Deno.remove(`${root}/${folder}${name}`);
      swept.push(folder + name);
    }
  }
  return swept;
}
