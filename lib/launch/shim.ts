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
  // From source kas needs the cache it was loaded with, as one file the place it was unpacked to;
  // agents do not get these variables.
  const settings = ["DENO_DIR", "KAS_UNPACK_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`${name}=${shellWord(value)} `];
  });
  const text = `#!/bin/sh\n${settings.join("")}exec ${words} "$@"\n`;
  if (await readIfThere(path) === text) return folder;
  await ensurePrivateDir(runtimeDir);
  await now.mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  await writePrivate(draft, text);
  await now.chmod(draft, 0o700);
  await now.rename(draft, path);
  return folder;
}
