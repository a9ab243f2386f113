import { KasError, messageOf } from "../errors.ts";
import { quote } from "../names.ts";
import { parseSentinel, type Sentinel } from "../signal/sentinel.ts";
import type { Worktree } from "../store/types.ts";
import type { Home, Workspace } from "./workspace.ts";

/** Largest file that can be a signal, in bytes. */
const MAX_BYTES = 256 * 1024;

/** A folder that may hold sentinel files; `tree` is null for the repository itself. */
interface Box {
  readonly root: string;
  readonly tree: Worktree | null;
}

/**
 * The sentinel files of older agents: `<type>-<task>` under `.kasmos/signals/` of the repository and
 * of each worktree. A writer stages a file in `staging/` and renames it into the folder; kas moves it
 * to `processing/`, emits the signal and removes it. What cannot be a signal goes to `failed/` with a
 * reason beside it. A file in a worktree is the report of the agent that works there.
 * @returns signals emitted
 */
export async function bridgeSentinels(home: Home, workspace: Workspace): Promise<number> {
  let emitted = 0;
  for (const box of await boxes(home, workspace)) {
    const folder = `${box.root}/.kasmos/signals`;
    for (const name of await files(folder)) {
      if (await take(home, workspace, box.tree, folder, name)) emitted += 1;
    }
  }
  return emitted;
}

/** Puts files that a crash left in `processing/` back, unless a newer one of the name has arrived. */
export async function recoverSentinels(home: Home, workspace: Workspace): Promise<void> {
  for (const { root } of await boxes(home, workspace)) {
    const folder = `${root}/.kasmos/signals`;
    const fresh = new Set(await files(folder));
    for (const name of await files(`${folder}/processing`)) {
      if (fresh.has(name)) await Deno.remove(`${folder}/processing/${name}`);
      else await Deno.rename(`${folder}/processing/${name}`, `${folder}/${name}`);
    }
  }
}

async function boxes(home: Home, workspace: Workspace): Promise<Box[]> {
  const trees = await home.store.worktrees({
    projectId: workspace.project.id,
    statuses: ["ready"],
  });
  const all = [
    { root: workspace.repo.root, tree: null },
    ...trees.map((tree) => ({ root: tree.path, tree })),
  ];
  const own = await Promise.all(all.map(({ root }) => isOwn(`${root}/.kasmos`)));
  return all.filter((_, index) => own[index]);
}

/**
 * Whether the folder and those in it that kas writes to are folders, as far as they exist: a link in
 * a repository could make kas move files of the user's about.
 */
async function isOwn(folder: string): Promise<boolean> {
  const below = ["", "/signals", "/signals/processing", "/signals/failed"];
  const found = await Promise.all(below.map(async (name) => {
    try {
      return (await Deno.lstat(`${folder}${name}`)).isDirectory;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return true;
      if (error instanceof Deno.errors.NotADirectory) return false;
      throw error;
    }
  }));
  return !found.includes(false);
}

async function files(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && !entry.name.startsWith(".")) names.push(entry.name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return names.sort();
}

async function take(
  home: Home,
  workspace: Workspace,
  tree: Worktree | null,
  folder: string,
  name: string,
): Promise<boolean> {
  const held = `${folder}/processing/${name}`;
  await Deno.mkdir(`${folder}/processing`, { recursive: true });
  try {
    await Deno.rename(`${folder}/${name}`, held);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false; // another process took it
    throw error;
  }
  try {
    const info = await Deno.stat(held);
    if (info.size > MAX_BYTES) {
      throw new KasError("invalid", `Cannot read ${quote(name)}: it is over ${MAX_BYTES} bytes`);
    }
    const sentinel = parseSentinel(name, await Deno.readTextFile(held));
    await home.store.emitSignal({
      projectId: workspace.project.id,
      taskName: sentinel.task,
      type: sentinel.type,
      payload: sentinel.payload,
      source: tree === null ? `sentinel:${name}` : await reporter(home, tree, sentinel),
      dedupeKey: `sentinel:${folder}/${name}:${info.mtime?.getTime() ?? 0}:${info.ino ?? 0}`,
    });
    await Deno.remove(held);
    return true;
  } catch (error) {
    if (!(error instanceof KasError) || error.code.startsWith("store_")) throw error;
    await reject(folder, name, messageOf(error));
    return false;
  }
}

/**
 * Who reports with a file in this worktree: the agent at work there, or else the last one that was.
 * @throws KasError "guard" when no agent ever was
 */
async function reporter(home: Home, tree: Worktree, { payload }: Sentinel): Promise<string> {
  const there = tree.taskId === null
    ? []
    : (await home.store.sessions({ taskId: tree.taskId })).filter((s) => s.cwd === tree.path);
  const live = there.filter((s) => s.status === "starting" || s.status === "running");
  const session =
    live.find((s) => s.wave === payload.wave_number && s.subtask === payload.task_number) ??
      live.at(-1) ?? there.at(-1);
  if (session !== undefined) return `session:${session.id}`;
  throw new KasError(
    "guard",
    `Cannot take a report from ${quote(tree.path, 200)}: no agent is there`,
  );
}

async function reject(folder: string, name: string, reason: string): Promise<void> {
  await Deno.mkdir(`${folder}/failed`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/failed/${name}.reason`,
    `${new Date().toISOString()} ${reason}\n`,
  );
  await Deno.rename(`${folder}/processing/${name}`, `${folder}/failed/${name}`);
}
