import { deepEqual, equal, throws } from "node:assert/strict";
import type { AgentGrant } from "../store/types.ts";
import { grantOf, MAX_DEPTH, requireNoOptions } from "./grant.ts";

const CALLER: AgentGrant = {
  agent: "boss",
  role: null,
  permission: "auto",
  root: "/repo",
  chain: [],
};

const context = (agent: string, cwd = "/repo/sub") => ({
  agent,
  role: null,
  permission: "ask" as const,
  cwd,
});

Deno.test("grantOf(): a person's agent has its own permission and folder, and nobody above", () => {
  deepEqual(grantOf(context("coder"), null), {
    agent: "coder",
    role: null,
    permission: "ask",
    root: "/repo/sub",
    chain: [],
  });
});

Deno.test("R40: every agent stands in the chain once, and as many as promised may nest", () => {
  let caller: AgentGrant | null = null;
  for (let n = 0; n <= MAX_DEPTH; n++) caller = grantOf(context(`a${n}`, "/repo"), caller);
  deepEqual(caller?.chain, ["a0", "a1", "a2", "a3", "a4"]);
  throws(() => grantOf(context("one-more", "/repo"), caller), { code: "guard", message: /deep/ });
});

Deno.test("grantOf() refuses an agent that is at work already, itself included", () => {
  throws(() => grantOf(context("boss"), CALLER), { code: "guard", message: /boss → boss/ });
  const deep = { ...CALLER, agent: "coder", chain: ["boss"] };
  throws(() => grantOf(context("boss"), deep), { code: "guard" });
  equal(grantOf(context("writer"), deep).chain.length, 2);
});

Deno.test("R2: only who may do everything gives a runtime words of its own", () => {
  const plain = { agent: "coder", extraArgs: [], model: "m-1", effort: "high", resume: "id" };
  requireNoOptions(plain, CALLER);
  for (
    const odd of [
      { ...plain, extraArgs: ["--yolo"] },
      { ...plain, model: "--yolo" },
      { ...plain, effort: "-y" },
      { ...plain, resume: "-c" },
    ]
  ) {
    throws(() => requireNoOptions(odd, CALLER), { code: "guard", message: /more than "auto"/ });
    requireNoOptions(odd, { ...CALLER, permission: "yolo" });
    requireNoOptions(odd, null);
  }
});

Deno.test("R2: an agent starts others in its own folder only", () => {
  for (const cwd of ["/", "/other", "/repository"]) {
    throws(() => grantOf(context("coder", cwd), CALLER), { code: "guard", message: /in "/ });
  }
  equal(grantOf(context("coder", "/repo"), CALLER).root, "/repo");
  equal(grantOf(context("coder", "/any"), { ...CALLER, root: "/" }).root, "/any");
});
