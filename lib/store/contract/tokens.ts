import assert from "node:assert/strict";
import type { AgentGrant, NewToken, Store } from "../types.ts";
import { contractTest, log, one, only, refused, sessionOf, type Suite } from "./support.ts";

const GRANT: AgentGrant = {
  agent: "researcher",
  role: "coder",
  permission: "auto",
  root: "/nowhere/app",
  chain: ["lead"],
};

function tokenOf(fields: Partial<NewToken> = {}): NewToken {
  return {
    name: "laptop",
    scope: "operate",
    hash: crypto.randomUUID(),
    projectId: null,
    taskId: null,
    sessionId: null,
    grant: null,
    createdBy: "cli:test",
    expiresAt: null,
    ...fields,
  };
}

async function make(store: Store, fields: Partial<NewToken> = {}) {
  const token = tokenOf(fields);
  return { hash: token.hash, made: only((await one(store, { kind: "token_new", token })).tokens) };
}

/** Tokens. */
export function tokensContract(suite: Suite): void {
  contractTest(suite, "a token is found by the hash of its secret", async (store, project) => {
    const { hash, made } = await make(store, { projectId: project.id, expiresAt: 5 });
    const { name, scope, projectId, expiresAt, revokedAt, lastUsedAt, grant } = made;
    assert.deepEqual([name, scope, projectId, expiresAt, revokedAt, lastUsedAt, grant], [
      "laptop",
      "operate",
      project.id,
      5,
      null,
      null,
      null,
    ]);
    assert.deepEqual(await store.tokenByHash(hash), made);
    assert.equal(await store.tokenByHash("none"), null);
    assert.ok(!JSON.stringify(made).includes(hash));
    const events = await log(store, project);
    assert.equal(events.filter((event) => event.kind === "token_created").length, 1);
    assert.ok(!JSON.stringify(events).includes(hash));
  });

  contractTest(suite, "two tokens never share a secret", async (store) => {
    const { hash } = await make(store);
    await assert.rejects(make(store, { hash }));
  });

  contractTest(suite, "the token of an agent says what it may hand on", async (store, project) => {
    const session = only(
      (await one(store, { kind: "session_new", session: sessionOf(project) })).sessions,
    );
    const { made, hash } = await make(store, { sessionId: session.id, grant: GRANT });
    assert.deepEqual(made.grant, GRANT);
    assert.deepEqual(await store.tokens({ sessionId: session.id }), [made]);
    await one(store, { kind: "token_revoke", sessionId: session.id, actor: "kas" });
    assert.notEqual((await store.tokenByHash(hash))?.revokedAt, null);
  });

  contractTest(suite, "a token is revoked once and stays listed", async (store) => {
    const { made, hash } = await make(store);
    await one(store, { kind: "token_revoke", id: made.id, actor: "cli:test" });
    const first = (await store.tokenByHash(hash))?.revokedAt;
    assert.ok(typeof first === "number");
    await one(store, { kind: "token_revoke", id: made.id, actor: "cli:other" });
    assert.equal((await store.tokenByHash(hash))?.revokedAt, first);
    await refused(one(store, { kind: "token_revoke", id: 999_999, actor: "x" }), "not_found");
  });

  contractTest(suite, "tokens() filters by life and by holder", async (store) => {
    const now = Date.now();
    const ids = async (filter: { live?: number; agents?: boolean }) => {
      const mine = [live.made.id, over.made.id, gone.made.id, agent.made.id];
      return (await store.tokens(filter)).map((t) => t.id).filter((id) => mine.includes(id));
    };
    const live = await make(store, { expiresAt: now + 60_000 });
    const over = await make(store, { expiresAt: now - 1 });
    const gone = await make(store);
    const agent = await make(store, { grant: GRANT });
    await one(store, { kind: "token_revoke", id: gone.made.id, actor: "cli:test" });
    assert.deepEqual(await ids({ live: now }), [agent.made.id, live.made.id]);
    assert.deepEqual(await ids({ agents: false }), [gone.made.id, over.made.id, live.made.id]);
    assert.deepEqual(await ids({ agents: true }), [agent.made.id]);
  });

  contractTest(suite, "touchToken() writes once a minute", async (store) => {
    const { made, hash } = await make(store);
    const used = async (): Promise<unknown> => (await store.tokenByHash(hash))?.lastUsedAt;
    await store.touchToken(made.id, 100_000);
    assert.equal(await used(), 100_000);
    await store.touchToken(made.id, 150_000);
    assert.equal(await used(), 100_000);
    await store.touchToken(made.id, 160_001);
    assert.equal(await used(), 160_001);
  });
}
