import { KasError } from "../errors.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { replaceFile } from "../files/replace.ts";
import { quote } from "../names.ts";
import { parseSecretName } from "../agent/secret_ref.ts";
import { MAX_SECRET, type SecretAccess, secretsDir } from "./places.ts";

/** Secrets as 0600 files in a 0700 folder. */

/** What a write that was cut off leaves. */
const DRAFT = /\.[0-9a-f-]{36}\.tmp$/;

/**
 * The content of a secret's file without its last line break; null when there is none.
 * @throws KasError "guard" for a link, a foreign owner or a file that others can read; "invalid" for
 * what cannot be a variable
 */
export async function readSecretFile(name: string, access: SecretAccess): Promise<string | null> {
  const path = pathOf(name, access);
  const info = await infoOf(path);
  if (info === null) return null;
  requirePrivate(path, info);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    // Not even a part of the content may come along with an error.
    throw unusable(path, error instanceof TypeError ? "it is not UTF-8 text" : "it cannot be read");
  }
  if (text.includes("\0")) throw unusable(path, "it contains a NUL");
  return text.replace(/\r?\n$/, "");
}

/** Writes a secret's file in one step. @throws KasError "invalid", "guard" */
export async function writeSecretFile(
  name: string,
  value: string,
  access: SecretAccess,
): Promise<string> {
  const path = pathOf(name, access);
  await ensurePrivateDir(access.paths.configDir);
  await ensurePrivateDir(secretsDir(access));
  const info = await infoOf(path);
  if (info !== null && (info.isSymlink || !info.isFile)) throw strange(path);
  await replaceFile(path, `${value}\n`, "user");
  if (info !== null) await Deno.chmod(path, 0o600);
  return path;
}

/** Removes a secret's file. @returns false when there was none @throws KasError "guard" */
export async function removeSecretFile(name: string, access: SecretAccess): Promise<boolean> {
  const path = pathOf(name, access);
  const info = await infoOf(path);
  if (info === null) return false;
  if (info.isSymlink || !info.isFile) throw strange(path);
  await Deno.remove(path);
  return true;
}

/** Names of the secrets that have files, sorted. */
export async function secretFiles(access: SecretAccess): Promise<string[]> {
  return await filesIn(secretsDir(access));
}

/** Files of a folder that are not hidden, sorted; nothing without the folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && !entry.name.startsWith(".") && !DRAFT.test(entry.name)) {
        names.push(entry.name);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

function pathOf(name: string, access: SecretAccess): string {
  return `${secretsDir(access)}/${parseSecretName(name)}`;
}

async function infoOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function requirePrivate(path: string, info: Deno.FileInfo): void {
  if (info.isSymlink || !info.isFile) throw strange(path);
  const mode = (info.mode ?? 0o600) & 0o777;
  const uid = Deno.uid();
  if (uid !== null && info.uid !== uid) {
    throw refused(path, `it belongs to user ${info.uid}`, "Set the secret again as yourself");
  }
  if ((mode & 0o077) !== 0) {
    const why = `others can read it (mode ${mode.toString(8)})`;
    throw refused(path, why, `Change the secret, then run: chmod 600 ${quote(path, 300)}`);
  }
  if (info.size > MAX_SECRET) throw unusable(path, `it is larger than ${MAX_SECRET} bytes`);
}

function strange(path: string): KasError {
  return refused(path, "it is not a file", "Remove it, then set the secret again");
}

function refused(path: string, why: string, hint: string): KasError {
  return new KasError("guard", `Cannot use the secret in ${quote(path, 200)}: ${why}`, { hint });
}

function unusable(path: string, why: string): KasError {
  return new KasError("invalid", `Cannot use the secret in ${quote(path, 200)}: ${why}`, {
    hint: "Set the secret again",
  });
}
