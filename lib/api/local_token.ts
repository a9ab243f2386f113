import type { Paths } from "../config/paths.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { hashSecret, newSecret } from "../engine/caller.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Store } from "../store/types.ts";
import { looksLikeSecret } from "./secrets.ts";

/** The token of the user on this machine, in a file that only they can read. */

/** Where it is. */
export function localTokenPath(paths: Pick<Paths, "configDir">): string {
  return `${paths.configDir}/token`;
}

/**
 * The secret in the file; null when there is none.
 * @throws KasError "guard" when others may read the file
 */
export async function readLocalToken(paths: Pick<Paths, "configDir">): Promise<string | null> {
  const path = localTokenPath(paths);
  try {
    const info = await Deno.lstat(path);
    const mode = (info.mode ?? 0) & 0o777;
    if (!info.isFile || (mode & 0o077) !== 0) {
      const why = info.isFile ? `others may read it (mode ${mode.toString(8)})` : "it is no file";
      throw new KasError("guard", `Cannot use the token in ${quote(path, 200)}: ${why}`, {
        hint: "Remove it; kas serve makes a new one",
      });
    }
    const text = (await Deno.readTextFile(path)).trim();
    return looksLikeSecret(text) ? text : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * The secret of the user on this machine; made with its file when there is none that holds.
 * @throws KasError "guard" when others may read the file
 */
export async function ensureLocalToken(store: Store, paths: Paths): Promise<string> {
  const known = await readLocalToken(paths);
  if (known !== null) {
    const token = await store.tokenByHash(await hashSecret(known));
    if (token !== null && token.revokedAt === null) return known;
  }
  const secret = newSecret();
  await ensurePrivateDir(paths.configDir);
  const path = localTokenPath(paths);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await store.commit([{
    kind: "token_new",
    token: {
      name: "local",
      scope: "admin",
      projectId: null,
      taskId: null,
      sessionId: null,
      grant: null,
      createdBy: "kas",
      expiresAt: null,
      hash: await hashSecret(secret),
    },
  }]);
  await Deno.writeTextFile(temporary, `${secret}\n`, { createNew: true, mode: 0o600 });
  await Deno.rename(temporary, path);
  return secret;
}
