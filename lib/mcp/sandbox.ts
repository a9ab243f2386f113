import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Desk } from "./types.ts";

/**
 * Folders that files are read from, and nothing outside them: an agent's own folder and the
 * repository it belongs to. Links are followed before the check.
 */
export interface Sandbox {
  /** Real path that relative paths start from. */
  readonly base: string;
  /** Real paths; {@link base} is inside one of them. */
  readonly roots: readonly string[];
}

/** A place inside a {@link Sandbox}. */
export interface Inside {
  /** Real, absolute. */
  readonly path: string;
  /** The root it is in. */
  readonly root: string;
}

/** What the caller may read in a project. @throws KasError "guard" when its folder is gone */
export async function sandboxOf(desk: Desk, key: string | undefined): Promise<Sandbox> {
  const { root } = await desk.project(key);
  const repository = await real(root);
  const { agent } = desk.caller;
  if (agent !== null) {
    const own = await real(agent.root);
    return { base: own, roots: [own, repository] };
  }
  // A project that is named need not be the one around the folder: its repository alone.
  if (key !== undefined || desk.cwd === null) return { base: repository, roots: [repository] };
  const here = await real(desk.cwd);
  return { base: here, roots: [here, repository] };
}

/**
 * Resolves a path inside the sandbox.
 * @param path relative to the base, or absolute
 * @throws KasError "guard" outside of it and in a git directory, "not_found"
 */
export async function resolveInside(sandbox: Sandbox, path: string): Promise<Inside> {
  const wanted = path.startsWith("/") ? path : `${sandbox.base}/${path}`;
  if (path.includes("\0")) throw outside(path);
  const found = await realOrNull(wanted);
  if (found === null) {
    // Nothing is told about what is outside, not even whether it is there.
    if (!sandbox.roots.some((root) => isWithin(lexical(wanted), root))) throw outside(path);
    throw new KasError("not_found", `Cannot find ${quote(path, 200)}`, {
      hint: "Call find_files or list_dir to see what is there",
    });
  }
  const root = sandbox.roots.find((folder) => isWithin(found, folder));
  if (root === undefined) throw outside(path);
  if (/(^|\/)\.git(\/|$)/.test(found.slice(root.length))) {
    throw new KasError("guard", `Cannot read ${quote(path, 200)}: it belongs to git`, {
      hint: "Call git_status, git_log or git_diff",
    });
  }
  return { path: found, root };
}

/** An absolute path without `.` and `..`, as its letters say. */
function lexical(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Whether a path is a folder or something in it. Both are absolute and real. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

/** Path as the caller writes it: relative to the base when it is inside, else absolute. */
export function shown(sandbox: Sandbox, path: string): string {
  if (path === sandbox.base) return ".";
  return isWithin(path, sandbox.base)
    ? path.slice(sandbox.base.length + (sandbox.base === "/" ? 0 : 1))
    : path;
}

function outside(path: string): KasError {
  return new KasError("guard", `Cannot read ${quote(path, 200)}: it is outside of the project`, {
    hint: "Give a path inside the worktree or the repository",
  });
}

async function real(path: string): Promise<string> {
  const found = await realOrNull(path);
  if (found !== null) return found;
  throw new KasError("guard", `Cannot work in ${quote(path, 200)}: the folder is gone`, {
    hint: "It was moved or removed since the work began",
  });
}

async function realOrNull(path: string): Promise<string | null> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.FilesystemLoop;
    if (absent) return null;
    if (error instanceof Error && /name too long/i.test(error.message)) return null;
    if (error instanceof Deno.errors.PermissionDenied) throw outside(path);
    throw error;
  }
}
