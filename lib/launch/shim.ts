import { now } from "../files/now.ts";
import { readIfThere, writePrivate } from "../harness/files.ts";
import { shellWord } from "../prompt/parts.ts";
import { selfArgv } from "../self.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";

/**
 * Makes sure of the `kas` that agents find on their PATH: a script that runs this very program. One
 * that is right already is left alone.
 * @returns the folder to put in front of their PATH
 * @throws KasError "guard" when the runtime folder is not the user's alone, "invalid" when it cannot
 * be made
 */
export async function ensureShim(runtimeDir: string): Promise<string> {
  const folder = `${runtimeDir}/bin`;
  const path = `${folder}/kas`;
  const words = selfArgv().map(shellWord).join(" ");
  // Run from source, kas needs the cache it was loaded with; agents do not get that variable.
  const cache = Deno.env.get("DENO_DIR");
  const setting = cache === undefined ? "" : `DENO_DIR=${shellWord(cache)} `;
  const text = `#!/bin/sh\n${setting}exec ${words} "$@"\n`;
  if (await readIfThere(path) === text) return folder;
  await ensurePrivateDir(runtimeDir);
  await now.mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  await writePrivate(draft, text);
  await now.chmod(draft, 0o700);
  await now.rename(draft, path);
  return folder;
}
