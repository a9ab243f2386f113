import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import type { SecretRef } from "./types.ts";

/** How `agent.toml` names a secret. Pure. */

/**
 * Reads `file:<name>` or `keychain:<service>/<account>`; the account is what follows the first slash.
 * @throws KasError "invalid"
 */
export function parseSecretRef(text: string): SecretRef {
  const [, kind, rest = ""] = /^(file|keychain):(.*)$/s.exec(text) ?? [];
  if (kind === "file") return { kind, name: parseSecretName(rest) };
  const cut = rest.indexOf("/");
  const service = rest.slice(0, Math.max(cut, 0));
  const account = rest.slice(cut + 1);
  if (kind === "keychain" && isPlain(service) && isPlain(account)) {
    return { kind, service, account };
  }
  // Somebody may have written the secret itself, so the text is not repeated.
  throw new KasError("invalid", "Cannot read this text as the name of a secret", {
    hint: `Write ${SECRET_FORMS}`,
  });
}

/** What a reference may look like, for messages. */
export const SECRET_FORMS = `"file:<name>" or "keychain:<service>/<account>"`;

/** The reference as it is written in `agent.toml`. */
export function formatSecretRef(ref: SecretRef): string {
  return ref.kind === "file" ? `file:${ref.name}` : `keychain:${ref.service}/${ref.account}`;
}

/**
 * Checks the name of a stored secret, which is that of its file, and returns it in NFC.
 * @throws KasError "invalid"
 */
export function parseSecretName(value: string): string {
  try {
    return parseName("agent", value);
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "invalid") throw error;
    throw new KasError("invalid", `Cannot use ${quote(value)} as the name of a secret`, {
      hint: `Use letters, digits, ".", "_" and "-", as in "github-token"`,
      cause: error,
    });
  }
}

/** No control character, no leading dash: it becomes an argument of another program. */
function isPlain(text: string): boolean {
  return /^[^\p{Cc}-][^\p{Cc}]{0,199}$/u.test(text);
}
