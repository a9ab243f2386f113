import { AGENT_MARKS, VARIABLES } from "../agent/variables.ts";
import { KasError } from "../errors.ts";
import {
  type AgentGrant,
  type NewToken,
  type Scope,
  SCOPES,
  type Store,
  type Token,
} from "../store/types.ts";
import type { Actor } from "./operations.ts";

/**
 * Who asks, and what they may do. People are known by the socket or a token of theirs, agents by the
 * token kas gave them at their start. An agent that drops its token can still act as its user does in
 * any shell: this keeps order among agents, it is no sandbox.
 */

/** Somebody who asks. */
export interface Caller {
  /** Name in the log: `session:<id>`, `agent:<name>`, `cli:<user>`, `token:<name>`. */
  readonly actor: Actor;
  readonly scope: Scope;
  /** Null for people. */
  readonly agent: AgentGrant | null;
  /** What it is bound to; null = not bound. */
  readonly projectId: number | null;
  readonly taskId: number | null;
  readonly sessionId: number | null;
  /** Id of the token; null for the user on this machine. */
  readonly tokenId: number | null;
}

/** The user on this machine, who may do everything. */
export function localUser(actor: Actor): Caller {
  return {
    actor,
    scope: "admin",
    agent: null,
    projectId: null,
    taskId: null,
    sessionId: null,
    tokenId: null,
  };
}

/** A new secret: 256 random bits, recognisable in logs and by scanners of leaked secrets. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `kas_${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** What the store keeps of a secret: hex SHA-256. 256 random bits need no slow hash. */
export async function hashSecret(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return new Uint8Array(digest).toHex();
}

/** A secret and the token to store for it, for an agent that is about to start. */
export async function agentToken(
  grant: AgentGrant,
  binding: Pick<Token, "projectId" | "taskId" | "sessionId">,
  expiresAt: number | null,
  secret = newSecret(),
): Promise<{ secret: string; token: NewToken }> {
  const token: NewToken = {
    name: grant.agent,
    hash: await hashSecret(secret),
    scope: "signal",
    ...binding,
    grant,
    createdBy: "kas",
    expiresAt,
  };
  return { secret, token };
}

/**
 * The holder of a secret.
 * @throws KasError "guard" when it is unknown, revoked or expired
 */
export async function callerOfSecret(
  store: Pick<Store, "tokenByHash" | "touchToken">,
  secret: string,
  now = Date.now(),
): Promise<Caller> {
  const token = await store.tokenByHash(await hashSecret(secret));
  const problem = token === null
    ? "it is unknown"
    : token.revokedAt !== null
    ? "it is revoked"
    : token.expiresAt !== null && token.expiresAt <= now
    ? "it has expired"
    : null;
  if (token === null || problem !== null) {
    throw new KasError("guard", `Cannot accept the token: ${problem}`, {
      hint: token?.grant
        ? "The work this agent was started for is over"
        : `Make a new one with "kas token create"`,
    });
  }
  if (token.grant === null) await store.touchToken(token.id, now);
  return callerOfToken(token);
}

function callerOfToken(token: Token): Caller {
  const { id, name, scope, grant, projectId, taskId, sessionId } = token;
  const actor = sessionId !== null
    ? `session:${sessionId}`
    : grant !== null
    ? `agent:${grant.agent}`
    : `token:${name}`;
  return { actor, scope, agent: grant, projectId, taskId, sessionId, tokenId: id };
}

/**
 * Who runs this process: an agent when its environment carries an identity, else the local user.
 * @param user name of the local user in the log
 * @throws KasError "guard" for an identity that does not hold, and for an agent without one
 */
export async function callerOfEnvironment(
  store: Pick<Store, "tokenByHash" | "touchToken">,
  env: Readonly<Record<string, string | undefined>>,
  user: Actor,
): Promise<Caller> {
  const secret = env[VARIABLES.identity] ?? "";
  if (secret !== "") return await callerOfSecret(awaited(store), secret);
  const marks = AGENT_MARKS.filter((name) => (env[name] ?? "") !== "");
  if (marks.length === 0) return localUser(user);
  const session = env[VARIABLES.session] ?? "";
  const whom = session === "" ? "an agent" : `session ${session}`;
  throw new KasError("guard", `Cannot act for ${whom}: ${VARIABLES.identity} is not set`, {
    hint: `Unset ${marks.join(" and ")} to act as yourself`,
  });
}

/** How long an agent that is just being started may be ahead of its token, in ms. */
const AHEAD_MS = 250;

/** A run by hand starts its agent first and writes down its token at once; one that asks sooner waits. */
function awaited(
  store: Pick<Store, "tokenByHash" | "touchToken">,
): Pick<Store, "tokenByHash" | "touchToken"> {
  return {
    touchToken: (id, at) => store.touchToken(id, at),
    async tokenByHash(hash) {
      const limit = Date.now() + AHEAD_MS;
      for (;;) {
        const token = await store.tokenByHash(hash);
        if (token !== null || Date.now() >= limit) return token;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

/** @throws KasError "guard" when the caller's token does not reach that far */
export function requireScope(caller: Caller, scope: Scope, what: string): void {
  if (SCOPES.indexOf(caller.scope) >= SCOPES.indexOf(scope)) return;
  throw new KasError("guard", `Cannot ${what}: it needs the scope "${scope}"`, {
    hint: caller.agent === null
      ? `This token has "${caller.scope}"; make another one with "kas token create"`
      : `Report what you need with "kas signal emit"`,
    context: { actor: caller.actor, scope: caller.scope, needed: scope },
  });
}

/** Refuses what an agent may not do. @throws KasError "guard" */
export function requirePerson(caller: Pick<Caller, "actor" | "agent">, what: string): void {
  if (caller.agent === null) return;
  throw new KasError("guard", `Cannot ${what}: only a person may`, {
    hint: `Report what you need with "kas signal emit"`,
    context: { actor: caller.actor },
  });
}

/** Refuses another project or task than the caller is bound to. @throws KasError "guard" */
export function requireBinding(
  caller: Caller,
  target: { readonly projectId: number; readonly taskId?: number | null },
  what: string,
): void {
  const otherProject = caller.projectId !== null && caller.projectId !== target.projectId;
  const otherTask = caller.taskId !== null && target.taskId !== undefined &&
    target.taskId !== null && caller.taskId !== target.taskId;
  if (!otherProject && !otherTask) return;
  throw new KasError(
    "guard",
    `Cannot ${what}: it belongs to another ${otherProject ? "project" : "task"}`,
    {
      hint: "An agent acts for the task it was started for",
      context: { actor: caller.actor },
    },
  );
}
