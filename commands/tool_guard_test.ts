import assert from "node:assert/strict";
import { inWorld } from "./_testing.ts";

const event = (command: string): string => JSON.stringify({ tool_input: { command } });

Deno.test("kas tool-guard blocks by its status, or by an answer where that is asked for", () =>
  inWorld(async (world) => {
    const banned = { stdin: event("ls | grep x") };
    const blocked = await world.run(["tool-guard"], banned);
    assert.deepEqual([blocked.code, blocked.out], [2, ""]);
    assert.match(blocked.err, /instead of grep use rg/);
    const answered = await world.run(["tool-guard", "--json"], banned);
    assert.deepEqual([answered.code, answered.err], [0, ""]);
    const answer: Record<string, string> = JSON.parse(answered.out);
    assert.equal(answer.permissionDecision, "deny");
    assert.match(answer.permissionDecisionReason ?? "", /instead of grep use rg/);
    for (const argv of [["tool-guard"], ["tool-guard", "--json"]]) {
      const passed = await world.run(argv, { stdin: event("rg x") });
      assert.deepEqual([passed.code, passed.out, passed.err], [0, "", ""]);
    }
  }));
