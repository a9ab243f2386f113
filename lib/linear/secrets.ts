import { parseSecretRef } from "../agent/secret_ref.ts";
import { listSecrets, resolveSecret, type SecretAccess } from "../secret/mod.ts";

/** The two secrets of the tie to Linear: of the environment, else as `kas secret set` keeps them. */

interface Place {
  readonly variables: readonly string[];
  /** As `kas secret set` names it. */
  readonly name: string;
}

/** What deliveries are signed with. */
export const WEBHOOK_SECRET: Place = {
  variables: ["KASMOS_LINEAR_WEBHOOK_SECRET"],
  name: "linear-webhook",
};
/** What kas answers with; without it, it keeps silent. */
export const API_KEY: Place = {
  variables: ["KASMOS_LINEAR_API_KEY", "LINEAR_API_KEY"],
  name: "linear-api-key",
};

/** Where a secret is found. */
export type SecretSource = "environment" | "file" | "keychain";

/** How long the value of a keychain is believed, in ms: each look starts a program. */
const TRUST_MS = 30_000;
const kept = new Map<string, { readonly value: string; readonly until: number }>();

/**
 * Where a secret would be taken from; null when there is none. Never the value.
 * @throws KasError "guard"
 */
export async function secretSource(
  place: Place,
  access: SecretAccess,
): Promise<SecretSource | null> {
  if (fromEnvironment(place, access) !== null) return "environment";
  const stored = (await listSecrets(access)).find(({ name }) => name === place.name);
  return stored?.store ?? null;
}

/**
 * The value of a secret; null when there is none.
 * @throws KasError "guard" for a file others can read or a keychain that does not open;
 * "missing_program"
 */
export async function linearSecret(place: Place, access: SecretAccess): Promise<string | null> {
  const set = fromEnvironment(place, access);
  if (set !== null) return set;
  const stored = (await listSecrets(access)).find(({ name }) => name === place.name);
  if (stored === undefined) return null;
  const ref = parseSecretRef(stored.ref);
  if (stored.store === "file") return await resolveSecret(ref, access);
  const key = `${access.paths.configDir}\n${stored.ref}`;
  const known = kept.get(key);
  if (known !== undefined && Date.now() < known.until) return known.value;
  const value = await resolveSecret(ref, access);
  kept.set(key, { value, until: Date.now() + TRUST_MS });
  return value;
}

function fromEnvironment({ variables }: Place, { hostEnv }: SecretAccess): string | null {
  return variables.map((name) => hostEnv[name] ?? "").find((value) => value !== "") ?? null;
}
