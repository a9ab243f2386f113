import { readIfThere } from "../harness/files.ts";
import type { SettingsAnswer } from "../harness/types.ts";
import { quote } from "../names.ts";
import { parentOf, realOrNull, removeTree, saying } from "./disk.ts";

/**
 * Puts answers to start-up questions into the runtimes' own settings. One launch at a time, each
 * file read and replaced in one step; what has nothing to change is not touched.
 * @param lockFile made when missing
 * @throws KasError "invalid" when a file cannot be read or written
 */
export async function applyAnswers(
  answers: readonly SettingsAnswer[],
  lockFile: string,
): Promise<void> {
  if (answers.length === 0) return;
  using lock = await openLock(lockFile);
  await lock.lock(true);
  for (const answer of answers) {
    const what = `${quote(answer.path, 200)} (${answer.purpose})`;
    await saying(what, async () => {
      // settings are often links into a folder of dotfiles: the file behind the link is meant
      const path = await realOrNull(answer.path) ?? answer.path;
      const text = answer.edit(await readIfThere(path));
      if (text !== null) await replace(path, text);
    });
  }
}

async function openLock(path: string): Promise<Deno.FsFile> {
  await Deno.mkdir(parentOf(path), { recursive: true, mode: 0o700 });
  return await Deno.open(path, { create: true, write: true, mode: 0o600 });
}

async function replace(path: string, text: string): Promise<void> {
  await Deno.mkdir(parentOf(path), { recursive: true, mode: 0o700 });
  const mode = (await modeOf(path) ?? 0o600) & 0o777;
  const fresh = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    await Deno.writeTextFile(fresh, text, { mode, createNew: true });
    await Deno.chmod(fresh, mode);
    await Deno.rename(fresh, path);
  } catch (error) {
    await removeTree(fresh);
    throw error;
  }
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await Deno.stat(path)).mode;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
