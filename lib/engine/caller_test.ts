import assert from "node:assert/strict";
import { type ErrorCode, KasError } from "../errors.ts";
import type { AgentGrant, NewToken, Token } from "../store/types.ts";
import {
  agentToken,
  callerOfEnvironment,
  callerOfSecret,
  hashSecret,
  localUser,
  newSecret,
  requireBinding,
  requirePerson,
  requireScope,
} from "./caller.ts";

const GRANT: AgentGrant = {
  agent: "coder",
  role: "coder",
  permission: "auto",
  root: "/work/app",
  chain: [],
};

/** A place for tokens, with the one made from `fields`. */
async function holding(fields: Partial<Token> = {}) {
  const secret = newSecret();
  const hash = await hashSecret(secret);
  const touched: number[] = [];
  const token: Token = {
    id: 5,
    name: "laptop",
    scope: "read",
    projectId: null,
    taskId: null,
    sessionId: null,
    grant: null,
    createdBy: "cli:test",
    createdAt: 1,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    ...fields,
  };
  const store = {
    tokenByHash: (asked: string) => Promise.resolve(asked === hash ? token : null),
    touchToken: (id: number) => Promise.resolve(void touched.push(id)),
  };
  return { secret, store, touched };
}

async function refused(work: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(
    work,
    (error) => error instanceof KasError && error.code === code && message.test(error.message),
  );
}

Deno.test("newSecret() gives another secret each time, long enough to be one", () => {
  const secrets = new Set(Array.from({ length: 100 }, newSecret));
  assert.equal(secrets.size, 100);
  for (const secret of secrets) assert.match(secret, /^kas_[\w-]{43}$/);
});

Deno.test("callerOfSecret() knows people and agents by their token", async () => {
  const person = await holding({ scope: "operate" });
  const caller = await callerOfSecret(person.store, person.secret);
  assert.deepEqual([caller.actor, caller.scope, caller.agent], ["token:laptop", "operate", null]);
  assert.deepEqual(person.touched, [5]);
  const agent = await holding({ grant: GRANT, sessionId: 7, taskId: 3, projectId: 1 });
  assert.equal((await callerOfSecret(agent.store, agent.secret)).actor, "session:7");
  const loose = await holding({ grant: GRANT });
  assert.equal((await callerOfSecret(loose.store, loose.secret)).actor, "agent:coder");
});

Deno.test("callerOfSecret() refuses unknown, revoked and expired tokens", async () => {
  const { store } = await holding();
  await refused(callerOfSecret(store, "kas_wrong"), "guard", /unknown/);
  const revoked = await holding({ revokedAt: 2 });
  await refused(callerOfSecret(revoked.store, revoked.secret), "guard", /revoked/);
  const expired = await holding({ expiresAt: 100 });
  await refused(callerOfSecret(expired.store, expired.secret, 100), "guard", /expired/);
  assert.equal((await callerOfSecret(expired.store, expired.secret, 99)).tokenId, 5);
});

Deno.test("callerOfEnvironment() takes no agent's word for who it is", async () => {
  const { store, secret } = await holding({ grant: GRANT, sessionId: 7 });
  const ask = (env: Record<string, string>) => callerOfEnvironment(store, env, "cli:me");
  assert.deepEqual(await ask({}), localUser("cli:me"));
  assert.equal((await ask({ KASMOS_IDENTITY: secret, KASMOS_SESSION: "9" })).actor, "session:7");
  await refused(ask({ KASMOS_SESSION: "7" }), "guard", /session 7: KASMOS_IDENTITY is not set/);
  await refused(ask({ KASMOS_MANAGED: "1" }), "guard", /an agent: KASMOS_IDENTITY is not set/);
  await refused(ask({ KASMOS_IDENTITY: "kas_x" }), "guard", /unknown/);
});

Deno.test("agentToken() binds an agent and keeps its secret to itself", async () => {
  const binding = { projectId: 1, taskId: 2, sessionId: 3 };
  const made = await agentToken(GRANT, binding, null);
  const { hash, ...rest }: NewToken = made.token;
  assert.equal(hash, await hashSecret(made.secret));
  assert.deepEqual([rest.scope, rest.grant, rest.sessionId], ["signal", GRANT, 3]);
  assert.ok(!JSON.stringify(made.token).includes(made.secret));
});

Deno.test("scope, person and binding are required one by one", async () => {
  const { store, secret } = await holding({
    grant: GRANT,
    scope: "signal",
    projectId: 1,
    taskId: 2,
    sessionId: 3,
  });
  const agent = await callerOfSecret(store, secret);
  const me = localUser("cli:me");
  requireScope(agent, "signal", "report");
  assert.throws(() => requireScope(agent, "operate", "kill an agent"), /needs the scope "operate"/);
  requireScope(me, "admin", "do anything");
  assert.throws(() => requirePerson(agent, "merge a task"), /only a person may/);
  requirePerson(me, "merge a task");
  requireBinding(agent, { projectId: 1, taskId: 2 }, "report");
  requireBinding(agent, { projectId: 1 }, "list");
  requireBinding(me, { projectId: 9, taskId: 9 }, "report");
  assert.throws(() => requireBinding(agent, { projectId: 9 }, "list"), /another project/);
  assert.throws(() => requireBinding(agent, { projectId: 1, taskId: 9 }, "x"), /another task/);
});
