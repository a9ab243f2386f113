import { hashSecret, localUser, newSecret } from "../engine/caller.ts";
import { KasError } from "../errors.ts";
import { type Scope, SCOPES, type Store, type Token } from "../store/types.ts";
import type { Caller } from "./context.ts";
import { HttpError } from "./problem.ts";
import { looksLikeSecret, sameHash } from "./secrets.ts";

/** Who a request is from: a token in a header, or in the cookie of a browser that logged in. */

/** Name of the cookie; with TLS the prefix ties it to this very host. */
export const COOKIE = "kas_session";
export const SECURE_COOKIE = "__Host-kas_session";
/** What the token of a session is called; no other token is. */
export const SESSION_NAME = "browser";
/** A login code is good for this long, a session of a browser for that long. */
export const CODE_MS = 60_000;
export const SESSION_MS = 14 * 24 * 3_600_000;
/** Wrong secrets one address may send within a minute. */
const MAX_FAILURES = 10;
const FAILURE_WINDOW_MS = 60_000;
/** How long a token is believed without a look whether the store changed, in ms. */
const TRUST_MS = 20;
/** How exactly it is known when a token was used last, in ms. */
const TOUCH_MS = 60_000;
/** Addresses and secrets that are remembered; beyond, all are forgotten. */
const MAX_REMEMBERED = 10_000;

/** The user on the daemon's socket: nobody else can reach it. */
export const LOCAL_CALLER: Caller = {
  ...localUser("api:local"),
  name: "local",
  browser: false,
  expiresAt: null,
};

/** A token that holds, and its holder as either way of sending it makes them. */
interface Known {
  readonly token: Token;
  readonly bearer: Caller;
  readonly browser: Caller;
}

/** A secret as a request brought it. */
interface Given {
  readonly secret: string;
  /** True when it came in the cookie. */
  readonly browser: boolean;
}

interface Code {
  readonly hash: string;
  readonly expiresAt: number;
  readonly by: string;
}

/** Knows callers by their tokens; hands out and takes login codes. */
export class Authority {
  readonly #store: Store;
  readonly #now: () => number;
  /** Tokens by secret, as long as nothing in the store changed. */
  readonly #known = new Map<string, Known>();
  #stamp = -1;
  #checkedAt = 0;
  readonly #failures = new Map<string, { count: number; since: number }>();
  #codes: Code[] = [];

  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * The caller of a request; null when it brings no secret at all. At once when the secret was seen a
   * moment ago, as most are.
   * @param address tells who sent it, to slow down guessing
   * @throws HttpError "unauthorized" for a wrong, revoked or expired secret, "rate_limited"
   */
  caller(request: Request, address: () => string): Caller | null | Promise<Caller> {
    const given = secretOf(request);
    if (given === null) {
      if (request.headers.has("authorization")) throw wrongSecret();
      return null;
    }
    const now = this.#now();
    const known = this.#isFresh(now) ? this.#known.get(given.secret) : undefined;
    if (known === undefined || !isLive(known.token, now)) return this.#found(given, address);
    return given.browser ? known.browser : known.bearer;
  }

  /**
   * Whether a request brings a secret that holds; a wrong one counts as everywhere.
   * @throws HttpError "rate_limited"
   */
  async isKnown(request: Request, address: () => string): Promise<boolean> {
    try {
      return await this.caller(request, address) !== null;
    } catch (error) {
      if (error instanceof HttpError && error.code === "unauthorized") return false;
      throw error;
    }
  }

  async #found(given: Given, address: () => string): Promise<Caller> {
    const known = await this.#holder(given.secret);
    if (known === null) {
      this.#fail(address());
      throw wrongSecret();
    }
    return given.browser ? known.browser : known.bearer;
  }

  #isFresh(now: number): boolean {
    return now - this.#checkedAt <= TRUST_MS && now >= this.#checkedAt;
  }

  async #holder(secret: string): Promise<Known | null> {
    const now = this.#now();
    if (!this.#isFresh(now)) {
      const stamp = await this.#store.changeToken();
      if (stamp !== this.#stamp) this.#known.clear();
      this.#stamp = stamp;
      this.#checkedAt = now;
    }
    const known = this.#known.get(secret);
    if (known !== undefined) return isLive(known.token, now) ? known : null;
    if (!looksLikeSecret(secret)) return null;
    const token = await this.#store.tokenByHash(await hashSecret(secret));
    if (token === null || !isLive(token, now)) return null;
    await this.#noteUse(token, now);
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    const holder = { token, bearer: callerOf(token, false), browser: callerOf(token, true) };
    this.#known.set(secret, holder);
    return holder;
  }

  /** Reading must go on while somebody else keeps the store locked, or its disk is full. */
  async #noteUse(token: Token, now: number): Promise<void> {
    if (now - (token.lastUsedAt ?? 0) < TOUCH_MS) return;
    try {
      await this.#store.touchToken(token.id, now);
    } catch (error) {
      if (!(error instanceof KasError) || error.code !== "store_unavailable") throw error;
    }
  }

  /** Whether the secret of a request still holds; for streams that stay open. */
  async holds(request: Request): Promise<boolean> {
    const secret = secretOf(request)?.secret;
    return secret !== undefined && await this.#holder(secret) !== null;
  }

  /** Forgets what it knows of tokens; call it when this process changed one. */
  forget(): void {
    this.#known.clear();
  }

  /** A one-time code that {@link redeem} takes within a minute. */
  async newCode(by: string): Promise<{ code: string; expiresAt: number }> {
    const code = newSecret();
    const expiresAt = this.#now() + CODE_MS;
    this.#codes = this.#codes.filter((other) => other.expiresAt > this.#now()).slice(-20);
    this.#codes.push({ hash: await hashSecret(code), expiresAt, by });
    return { code, expiresAt };
  }

  /**
   * Trades a code for the secret of a new browser session; the code is used up. The token of a person
   * is a session by itself, so that revoking it ends both.
   * @throws HttpError "unauthorized", "rate_limited"
   */
  async redeem(code: string, address: string): Promise<{ secret: string; token: Token }> {
    this.#refuseGuessing(address);
    const own = (await this.#holder(code))?.token;
    if (own !== undefined && own.grant === null && own.sessionId === null) {
      return { secret: code, token: own };
    }
    const hash = await hashSecret(code);
    // Every code is compared, so that the time tells nothing.
    const found = this.#codes.filter((known) => sameHash(known.hash, hash))[0];
    this.#codes = this.#codes.filter((known) => known !== found);
    if (found === undefined || found.expiresAt <= this.#now()) {
      this.#fail(address);
      throw new HttpError("unauthorized", "Cannot log in: the code is wrong, used or too old", {
        hint: `Get a new one with "kas serve --open", or use a token`,
      });
    }
    const secret = newSecret();
    const { tokens: [token] } = await this.#store.commit([{
      kind: "token_new",
      token: {
        name: SESSION_NAME,
        scope: "admin",
        projectId: null,
        taskId: null,
        sessionId: null,
        grant: null,
        createdBy: found.by,
        expiresAt: this.#now() + SESSION_MS,
        hash: await hashSecret(secret),
      },
    }]);
    if (token === undefined) throw new Error("the store made no token");
    return { secret, token };
  }

  /** Counts a wrong secret of another kind with the others. @throws HttpError "rate_limited" */
  countFailure(address: string): void {
    this.#fail(address);
  }

  #fail(address: string): void {
    const now = this.#now();
    const entry = this.#failures.get(address);
    if (this.#failures.size >= MAX_REMEMBERED) this.#failures.clear();
    if (entry === undefined || now - entry.since > FAILURE_WINDOW_MS) {
      this.#failures.set(address, { count: 1, since: now });
      return;
    }
    entry.count += 1;
    this.#refuseGuessing(address);
  }

  #refuseGuessing(address: string): void {
    const entry = this.#failures.get(address);
    if (entry === undefined || entry.count <= MAX_FAILURES) return;
    const wait = entry.since + FAILURE_WINDOW_MS - this.#now();
    if (wait <= 0) return;
    throw new HttpError("rate_limited", "Cannot log in: too many wrong secrets", {
      hint: "Wait a minute",
      headers: { "retry-after": String(Math.ceil(wait / 1000)) },
    });
  }
}

function isLive(token: Token, now: number): boolean {
  return token.revokedAt === null && (token.expiresAt === null || token.expiresAt > now);
}

function callerOf(token: Token, browser: boolean): Caller {
  const { id, name, scope, grant, projectId, taskId, sessionId, expiresAt } = token;
  const actor = sessionId !== null
    ? `session:${sessionId}`
    : grant !== null
    ? `agent:${grant.agent}`
    : `token:${name}`;
  const bound = { projectId, taskId, sessionId };
  return { name, actor, scope, agent: grant, ...bound, tokenId: id, browser, expiresAt };
}

function wrongSecret(): HttpError {
  return new HttpError(
    "unauthorized",
    "Cannot accept this token: it is wrong, revoked or expired",
    {
      hint: `Make one with "kas token create", or log in again`,
      headers: { "www-authenticate": 'Bearer realm="kas"' },
    },
  );
}

/** @throws HttpError "unauthorized" for nobody, "forbidden" for a narrower scope */
export function requireScope(caller: Caller | null, scope: Scope): Caller {
  if (caller === null) {
    throw new HttpError("unauthorized", "Cannot answer without a token", {
      hint: `Send "Authorization: Bearer <token>", or log in`,
      headers: { "www-authenticate": 'Bearer realm="kas"' },
    });
  }
  if (SCOPES.indexOf(caller.scope) >= SCOPES.indexOf(scope)) return caller;
  throw new HttpError("forbidden", `Cannot do this with the scope "${caller.scope}"`, {
    hint: `It needs the scope "${scope}"`,
    context: { scope: caller.scope, needed: scope },
  });
}

/** A token in the header goes before a cookie. */
function secretOf(request: Request): Given | null {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  const secret = bearer ?? cookieOf(request);
  return secret === undefined ? null : { secret, browser: bearer === undefined };
}

function cookieOf(request: Request): string | undefined {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [name = "", value = ""] = part.trim().split("=");
    // An empty one is left of a session that was ended.
    if ((name === COOKIE || name === SECURE_COOKIE) && value !== "") return value;
  }
  return undefined;
}

/** The Set-Cookie line that begins a session, or ends it with an empty secret. */
export function sessionCookie(secret: string, secure: boolean): string {
  const age = secret === "" ? 0 : Math.floor(SESSION_MS / 1000);
  const name = secure ? SECURE_COOKIE : COOKIE;
  return `${name}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}` +
    (secure ? "; Secure" : "");
}
