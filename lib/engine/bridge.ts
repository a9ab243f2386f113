import { KasError, messageOf } from "../errors.ts";
import { parseSentinel } from "../signal/sentinel.ts";
import type { Home, Workspace } from "./workspace.ts";

/**
 * The sentinel files of older agents: `<type>-<task>` under `.kasmos/signals/` of the repository and
 * of each worktree. A writer stages a file in `staging/` and renames it into the folder; kas moves it
 * to `processing/`, emits the signal and removes it. What cannot be a signal goes to `failed/` with a
 * reason beside it.
 * @returns signals emitted
 */
export async function bridgeSentinels(home: Home, workspace: Workspace): Promise<number> {
  const trees = await home.store.worktrees({
    projectId: workspace.project.id,
    statuses: ["ready"],
  });
  const roots = [workspace.repo.root, ...trees.map((tree) => tree.path)];
  let emitted = 0;
  for (const root of roots) {
    const folder = `${root}/.kasmos/signals`;
    for (const name of await files(folder)) {
      if (await take(home, workspace, folder, name)) emitted += 1;
    }
  }
  return emitted;
}

/** Puts files that a crash left in `processing/` back, unless a newer one of the name has arrived. */
export async function recoverSentinels(home: Home, workspace: Workspace): Promise<void> {
  const trees = await home.store.worktrees({
    projectId: workspace.project.id,
    statuses: ["ready"],
  });
  for (const root of [workspace.repo.root, ...trees.map((tree) => tree.path)]) {
    const folder = `${root}/.kasmos/signals`;
    const fresh = new Set(await files(folder));
    for (const name of await files(`${folder}/processing`)) {
      if (fresh.has(name)) await Deno.remove(`${folder}/processing/${name}`);
      else await Deno.rename(`${folder}/processing/${name}`, `${folder}/${name}`);
    }
  }
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
    const sentinel = parseSentinel(name, await Deno.readTextFile(held));
    await home.store.emitSignal({
      projectId: workspace.project.id,
      taskName: sentinel.task,
      type: sentinel.type,
      payload: sentinel.payload,
      source: `sentinel:${name}`,
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

async function reject(folder: string, name: string, reason: string): Promise<void> {
  await Deno.mkdir(`${folder}/failed`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/failed/${name}.reason`,
    `${new Date().toISOString()} ${reason}\n`,
  );
  await Deno.rename(`${folder}/processing/${name}`, `${folder}/failed/${name}`);
}
