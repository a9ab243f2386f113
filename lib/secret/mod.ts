import { formatSecretRef, parseSecretName } from "../agent/secret_ref.ts";
import type { SecretRef } from "../agent/types.ts";
import { KasError } from "../errors.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { quote } from "../names.ts";
import {
  filesIn,
  readSecretFile,
  removeSecretFile,
  secretFiles,
  writeSecretFile,
} from "./file_store.ts";
import { readKeychain, removeKeychain, writeKeychain } from "./keychain.ts";
import { KAS_SERVICE, MAX_SECRET, type SecretAccess, secretsDir } from "./places.ts";

export { KAS_SERVICE, MAX_SECRET, type SecretAccess } from "./places.ts";

/**
 * Secrets of agents. An `agent.toml` only names them; a value is read when an agent starts, goes into
 * the environment of its process, and nowhere else.
 */

/** For whom a secret is resolved; only for messages. */
export interface SecretUse {
  readonly agent?: string;
  /** Variable it becomes. */
  readonly variable?: string;
}

/**
 * The value of a secret. Call it at launch and keep it nowhere.
 * @throws KasError "not_found" naming the variable and the command that sets it; "guard" for a file
 * others can read or a keychain that does not open; "missing_program"; "invalid". No error holds the
 * value or a part of it
 */
export async function resolveSecret(
  ref: SecretRef,
  access: SecretAccess,
  use: SecretUse = {},
): Promise<string> {
  const value = ref.kind === "file"
    ? await readSecretFile(ref.name, access)
    : await readKeychain(ref, access);
  if (value !== null && value !== "") {
    if (!value.includes("\0")) return value;
    throw new KasError(
      "invalid",
      `Cannot use the secret ${quote(formatSecretRef(ref))}: it contains a NUL`,
    );
  }
  const forWhom = [
    use.variable === undefined ? "" : ` for ${use.variable}`,
    use.agent === undefined ? "" : ` of the agent ${quote(use.agent)}`,
  ].join("");
  throw new KasError(
    "not_found",
    `Cannot find the secret ${quote(formatSecretRef(ref), 200)}${forWhom}`,
    { hint: `Run: ${commandFor(ref)}`, context: { ...use, secret: formatSecretRef(ref) } },
  );
}

/**
 * All secrets of an agent, by variable.
 * @throws KasError as {@link resolveSecret}
 */
export async function resolveSecrets(
  secrets: Readonly<Record<string, SecretRef>>,
  access: SecretAccess,
  agent?: string,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  // One after the other: a keychain that has to be unlocked asks once.
  for (const [variable, ref] of Object.entries(secrets)) {
    const use = agent === undefined ? { variable } : { agent, variable };
    values[variable] = await resolveSecret(ref, access, use);
  }
  return values;
}

/** The command that sets a secret. */
function commandFor(ref: SecretRef): string {
  if (ref.kind === "file") return `kas secret set ${ref.name}`;
  if (ref.service === KAS_SERVICE) return `kas secret set ${ref.account} --keychain`;
  const { service, account } = ref;
  return Deno.build.os === "darwin"
    ? `security add-generic-password -s ${quote(service, 200)} -a ${quote(account, 200)} -w`
    : `secret-tool store --label=kas service ${quote(service, 200)} account ${quote(account, 200)}`;
}

/** A secret kas stored. */
export interface StoredSecret {
  readonly name: string;
  readonly store: "file" | "keychain";
  /** As `agent.toml` names it. */
  readonly ref: string;
}

/**
 * Stores a secret, in place of one of this name.
 * @param value one last line break is dropped
 * @throws KasError "invalid" for an empty one or one that cannot be a variable; "guard",
 * "missing_program"
 */
export async function setSecret(
  name: string,
  value: string,
  store: StoredSecret["store"],
  access: SecretAccess,
): Promise<StoredSecret> {
  const clean = parseSecretName(name);
  const plain = value.replace(/\r?\n$/, "");
  const problem = plain === ""
    ? "it is empty"
    : plain.includes("\0")
    ? "it contains a NUL"
    : new TextEncoder().encode(plain).length > MAX_SECRET
    ? `it is larger than ${MAX_SECRET} bytes`
    : null;
  if (problem !== null) {
    throw new KasError("invalid", `Cannot store the secret ${quote(clean)}: ${problem}`, {
      hint: "It becomes a variable of an environment: give it as one text",
    });
  }
  if (store === "file") await writeSecretFile(clean, plain, access);
  else {
    await writeKeychain({ service: KAS_SERVICE, account: clean }, plain, access);
    await remember(clean, access);
  }
  return stored(clean, store);
}

/** The secrets kas stored, by name; never a value. */
export async function listSecrets(access: SecretAccess): Promise<StoredSecret[]> {
  const files = await secretFiles(access);
  const kept = await filesIn(keychainIndex(access));
  const all = [
    ...files.map((name) => stored(name, "file")),
    ...kept.map((name) => stored(name, "keychain")),
  ];
  return all.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/**
 * Removes a secret from every store kas put it in.
 * @returns what was removed
 * @throws KasError "not_found", "guard", "missing_program"
 */
export async function removeSecret(name: string, access: SecretAccess): Promise<StoredSecret[]> {
  const clean = parseSecretName(name);
  const removed: StoredSecret[] = [];
  if ((await filesIn(keychainIndex(access))).includes(clean)) {
    await removeKeychain({ service: KAS_SERVICE, account: clean }, access);
    await Deno.remove(`${keychainIndex(access)}/${clean}`);
    removed.push(stored(clean, "keychain"));
  }
  if (await removeSecretFile(clean, access)) removed.push(stored(clean, "file"));
  if (removed.length > 0) return removed;
  throw new KasError("not_found", `Cannot find the secret ${quote(clean)}`, {
    hint: "See all with: kas secret list",
  });
}

/** A keychain shows its entries only with their values, so their names are kept beside. */
async function remember(name: string, access: SecretAccess): Promise<void> {
  for (const folder of [access.paths.configDir, secretsDir(access), keychainIndex(access)]) {
    await ensurePrivateDir(folder);
  }
  await Deno.writeTextFile(`${keychainIndex(access)}/${name}`, "", { mode: 0o600 });
}

function keychainIndex(access: SecretAccess): string {
  return `${secretsDir(access)}/.keychain`;
}

function stored(name: string, store: StoredSecret["store"]): StoredSecret {
  const ref: SecretRef = store === "file"
    ? { kind: "file", name }
    : { kind: "keychain", service: KAS_SERVICE, account: name };
  return { name, store, ref: formatSecretRef(ref) };
}
