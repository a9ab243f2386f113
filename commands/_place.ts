import { now } from "../lib/files/now.ts";
import type { Project, Store } from "../lib/store/types.ts";

/**
 * Finding the project without asking git, which would take longer than all else that a list does.
 * Only rows the store has already are found so; everything unusual is left to git.
 */

const WORKTREE_GITDIR = /^gitdir: (\/[^\n]*)\/\.git\/worktrees\/[^/\n]+\n?$/;

/**
 * The main work tree of the nearest repository around a folder, as far as file names tell; null when
 * there is none, or it is of a kind that git has to explain.
 * @see https://git-scm.com/docs/gitrepository-layout
 */
export async function likelyRoot(folder: string): Promise<string | null> {
  for (let at = await realPath(folder); at !== null; at = parentOf(at)) {
    const path = `${at === "/" ? "" : at}/.git`;
    const info = await orNull(now.lstat(path));
    if (info === null) continue;
    if (info.isDirectory) return at;
    if (!info.isFile || info.size > 8192) return null;
    return WORKTREE_GITDIR.exec(await now.readTextFile(path))?.[1] ?? null;
  }
  return null;
}

/** The project whose main work tree this is, if the store knows it. */
export async function knownProject(store: Store, root: string | null): Promise<Project | null> {
  if (root === null) return null;
  return (await store.projects()).find((project) => project.root === root) ?? null;
}

function parentOf(path: string): string | null {
  return path === "/" ? null : path.slice(0, path.lastIndexOf("/")) || "/";
}

async function realPath(folder: string): Promise<string | null> {
  return await orNull(now.realPath(folder));
}

/** Whether something is at a path. */
export async function exists(path: string): Promise<boolean> {
  return await orNull(now.lstat(path)) !== null;
}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}
