import { readIfThere } from "./files.ts";

/**
 * Folders outside a linked worktree that a commit in it writes to, as absolute paths: its own git
 * folder, and objects and references of the repository. Not hooks or config, so that a sandboxed
 * agent cannot leave code behind for others to run. Empty when `cwd` is no linked worktree.
 * See gitrepository-layout(5).
 */
export async function commitDirs(cwd: string): Promise<string[]> {
  const info = await fileText(`${cwd}/.git`);
  const gitDir = info === null ? undefined : /^gitdir: (.+)$/m.exec(info)?.[1];
  if (gitDir === undefined) return [];
  const own = absolute(cwd, gitDir.trim());
  const common = await readIfThere(`${own}/commondir`);
  if (common === null) return [];
  const shared = absolute(own, common.trim());
  const dirs = [own];
  for (const name of ["objects", "refs", "logs", "reftable"]) {
    if (await isDirectory(`${shared}/${name}`)) dirs.push(`${shared}/${name}`);
  }
  return await Promise.all(dirs.map((dir) => Deno.realPath(dir)));
}

async function fileText(path: string): Promise<string | null> {
  return await isDirectory(path) ? null : await readIfThere(path);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function absolute(base: string, path: string): string {
  return path.startsWith("/") ? path : `${base}/${path}`;
}
