import assert from "node:assert/strict";
import { inMcpWorld } from "../lib/mcp/_testing.ts";
import { denoDir } from "./support/agent_stage.ts";

/**
 * An agent that does nothing but call the next one through the `kas mcp` it finds on its PATH, as
 * the programs of real agents do.
 */
function relay(next: string): string {
  const lines = [
    {
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "relay", version: "1" },
      },
    },
    { method: "notifications/initialized" },
    {
      id: 2,
      method: "tools/call",
      params: { name: "agent_run", arguments: { agent: next, task: "go on", permission: "yolo" } },
    },
  ].map((message) => `'${JSON.stringify({ jsonrpc: "2.0", ...message })}'`);
  return `d=$(mktemp -d)
mkfifo $d/in
kas mcp <$d/in >$d/out &
exec 3>$d/in
printf '%s\\n' ${lines.join(" ")} >&3
until grep -q '"id":2' $d/out; do sleep 0.05; done
echo "$KASMOS_AGENT/$KASMOS_PERMISSION got:"
grep '"id":2' $d/out
exec 3>&-
wait
rm -r $d`;
}

Deno.test("R40, R46: agents call agents through the server kas gives them", async () => {
  // the `kas` that agents find takes it along: run from source, kas needs what it was loaded with
  Deno.env.set("DENO_DIR", await denoDir());
  await inMcpWorld(async (world) => {
    await world.agentDirectory("a", relay("b"), '[defaults]\npermission_mode = "auto"');
    await world.agentDirectory("b", relay("c"), '[defaults]\npermission_mode = "yolo"');
    await world.agentDirectory("c", relay("a"), '[defaults]\npermission_mode = "yolo"');
    const client = await world.stdio();
    const { isError, text } = await client.call("agent_run", { agent: "a", task: "go" });
    assert.equal(isError, false, text);
    const plain = text.replaceAll("\\", "");
    // nobody gets past what the first one had
    for (const name of ["a", "b", "c"]) assert.match(plain, new RegExp(`${name}/auto got:`));
    assert.match(plain, /Cannot run "a": it waits for you already \(a → b → c → a\)/);
    const log = await world.home.store.events({ projectId: world.project.id, limit: 100 });
    const chains = log.filter(({ kind }) => kind === "agent_dispatched").map(({ detail }) =>
      detail["chain"]
    );
    assert.deepEqual(chains, [[], ["a"], ["a", "b"]]);
    const tokens = await world.home.store.tokens({ agents: true });
    assert.deepEqual(tokens.filter(({ revokedAt }) => revokedAt === null), []);
  });
});
