import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { inRepo, installed, missing, NO_FLAGS } from "./_testing.ts";
import { describeAgents, parseAgentFlag, proposeAnswers, usable } from "./answers.ts";
import type { SetupFacts } from "./types.ts";

const FACTS: SetupFacts = {
  root: "/r",
  runtimes: [missing("claude"), installed("codex"), installed("opencode")],
  files: new Map(),
  folders: new Set(),
  excluded: [],
  manifest: null,
  agents: { fallback: "", roles: {} },
};

Deno.test("proposeAnswers() takes what is installed, the first for every role", async () => {
  const answers = await proposeAnswers(FACTS, NO_FLAGS);
  assert.deepEqual(answers.runtimes, ["codex", "opencode"]);
  assert.deepEqual(answers.agents, { fallback: "codex", roles: {} });
  assert.deepEqual(answers.parts, ["skills", "mcp", "instructions", "subagents"]);
});

Deno.test("proposeAnswers() prefers who is logged in, and leaves out what is too old", () => {
  const old = { ...installed("claude"), version: "1.0.0", recent: false };
  const out = { ...installed("codex"), login: "no" as const };
  const names = usable([old, out, installed("opencode")]).map(({ runtime }) => runtime);
  assert.deepEqual(names, ["opencode", "codex"]);
});

Deno.test("proposeAnswers() follows flags, and sets up whoever is in a role", async () => {
  const answers = await proposeAnswers(FACTS, {
    ...NO_FLAGS,
    runtimes: ["opencode"],
    agents: ["reviewer=codex:gpt-5"],
    parts: { mcp: false, tools: true },
  });
  assert.deepEqual(answers.runtimes, ["opencode", "codex"]);
  assert.deepEqual(describeAgents(answers.agents), [
    "opencode: planner, architect, coder, fixer, master, chat",
    "codex (gpt-5): reviewer",
  ]);
  assert.deepEqual(answers.parts, ["skills", "instructions", "subagents", "tools"]);
});

Deno.test("proposeAnswers() says how to go on without any program", async () => {
  const facts = { ...FACTS, runtimes: [missing("claude"), missing("codex")] };
  await assert.rejects(proposeAnswers(facts, NO_FLAGS), (error) => {
    assert.ok(error instanceof KasError);
    assert.equal(error.exitCode, 4);
    assert.match(error.hint ?? "", /npm install -g claude[\s\S]*kas setup --runtime demo/);
    return true;
  });
  const demo = await proposeAnswers(facts, { ...NO_FLAGS, runtimes: ["demo"] });
  assert.deepEqual(demo.agents, { fallback: "demo", roles: {} });
});

Deno.test("proposeAnswers() remembers what was chosen before", () =>
  inRepo(async (repo) => {
    await repo.setup({ runtimes: ["codex"], parts: ["mcp"], agentFlags: ["coder=codex:m"] });
    const answers = await proposeAnswers(await repo.facts(), NO_FLAGS);
    assert.ok(answers.runtimes.includes("codex"));
    assert.deepEqual(answers.parts, ["mcp"]);
    assert.deepEqual(answers.agents.roles.coder, { program: "codex", model: "m" });
  }));

Deno.test("proposeAnswers() keeps settings that were written by hand, whatever is named", () =>
  inRepo(async (repo) => {
    const text = 'default_program = "my-agent --fast"\n[agents.coder]\nprogram = "gemini"\n';
    await repo.write(".kasmos/config.toml", text);
    const answers = await proposeAnswers(await repo.facts(), { ...NO_FLAGS, runtimes: ["claude"] });
    assert.equal(answers.agents.fallback, "my-agent --fast");
    assert.deepEqual(answers.agents.roles.coder, { program: "gemini", model: null });
    assert.deepEqual(answers.runtimes, ["claude", "gemini"]);
  }));

Deno.test("parseAgentFlag() reads roles, runtimes and models with colons", () => {
  assert.deepEqual(parseAgentFlag("coder=opencode:anthropic/x:thinking"), {
    role: "coder",
    choice: { program: "opencode", model: "anthropic/x:thinking" },
  });
  for (
    const wrong of [
      "",
      "coder",
      "coder=",
      "=codex",
      "nobody=codex",
      "coder=nothing",
      "coder=codex:",
      "coder=command",
    ]
  ) {
    assert.throws(() => parseAgentFlag(wrong), KasError, wrong);
  }
});
