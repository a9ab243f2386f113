import { hashSecret } from "../engine/caller.ts";
import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import type { Scope, Store, Token } from "../store/types.ts";
import { SESSION_NAME } from "./auth.ts";

/** Tokens of people: made and found. */

/** What {@link createToken} takes. */
export interface CreateToken {
  readonly name: string;
  readonly scope: Scope;
  readonly projectId: number | null;
  readonly expiresAt: number | null;
  readonly secret: string;
  readonly actor: string;
}

/**
 * Stores a token; its name is free unless a live token has it.
 * @throws KasError "invalid" for the name, "exists"
 */
export async function createToken(store: Store, wanted: CreateToken): Promise<Token> {
  const { secret, actor, ...rest } = wanted;
  const name = parseName("token", wanted.name);
  if (name === SESSION_NAME) {
    throw new KasError("invalid", `Cannot call a token ${quote(name)}: sessions are called so`, {
      hint: "Choose another name",
    });
  }
  const live = await store.tokens({ live: Date.now(), agents: false });
  if (live.some((token) => token.name === name)) {
    throw new KasError("exists", `Cannot make a token ${quote(name)}: there is one`, {
      hint: `Revoke it first: kas token revoke ${name}`,
    });
  }
  const { tokens: [token] } = await store.commit([{
    kind: "token_new",
    token: {
      ...rest,
      name,
      taskId: null,
      sessionId: null,
      grant: null,
      createdBy: actor,
      hash: await hashSecret(secret),
    },
  }]);
  if (token === undefined) throw new KasError("internal", "The store made no token");
  return token;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_MS = 3_650 * 86_400_000;

/** The moment a duration such as "30d", "12h" or "90m" ends. @throws KasError "usage" */
export function expiryOf(text: string, now = Date.now()): number {
  const [, digits = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? 0);
  if (ms > 0 && ms <= MAX_MS) return now + ms;
  throw new KasError("usage", `Cannot use ${quote(text)} as the life of a token`, {
    hint: "Write it as 30d, 12h or 90m",
  });
}

/**
 * The token of an id or of the name of a live token.
 * @throws KasError "not_found", "invalid" when several fit
 */
export async function findToken(store: Store, word: string): Promise<Token> {
  const rows = await store.tokens();
  const byId = rows.find((row) => String(row.id) === word);
  const live = rows.filter((row) => row.name === word && row.revokedAt === null);
  const [first, second] = byId === undefined ? live : [byId];
  if (first === undefined) {
    throw new KasError("not_found", `Cannot find a token ${quote(word)}`, {
      hint: `See them with "kas token list"`,
    });
  }
  if (second === undefined) return first;
  throw new KasError("invalid", `Several tokens are called ${quote(word)}`, {
    hint: `Name one by its number: ${live.map((row) => row.id).join(", ")}`,
  });
}
