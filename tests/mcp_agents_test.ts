/**
 * A real agent CLI, run through `agent_run`, runs another agent through the `kas mcp` that kas gave it:
 * its identity must reach that server, and the answer must come all the way back. Offline, against the
 * mock model. Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { inMcpWorld } from "../lib/mcp/_testing.ts";
import { agentTest } from "./support/agent_case.ts";
import { AGENT_CLIS, type AgentCli, fetchAgentCli, isMissing } from "./support/agent_clis.ts";
import { denoDir } from "./support/agent_stage.ts";
import { settleUser } from "./support/agent_user.ts";
import { startMockModel } from "./support/mock_model.ts";

async function relay(name: AgentCli): Promise<void> {
  const binary = await fetchAgentCli(name);
  // the `kas` that agents find takes it along: run from source, kas needs what it was loaded with
  Deno.env.set("DENO_DIR", await denoDir());
  await using model = startMockModel({
    rules: [{
      match: /relay the work/,
      steps: [
        {
          mcp: {
            server: "kasmos",
            tool: "agent_run",
            args: { agent: "worker", task: "the work", permission: "yolo", cwd: "sub" },
          },
        },
        { mcp: { server: "kasmos", tool: "agent_run", args: { agent: "lead", task: "again" } } },
        { text: "Relayed." },
      ],
    }],
  });
  await inMcpWorld(async (world) => {
    world.extraEnv = {
      [`KASMOS_${name.toUpperCase()}_BIN`]: binary,
      LANG: "C.UTF-8",
      SHELL: "/bin/sh",
      ...await settleUser(name, `${world.root}/home`, model.url),
    };
    await Deno.mkdir(`${world.repo}/sub`);
    await world.agentDirectory("worker", 'cat; echo " done in $PWD with $KASMOS_PERMISSION"');
    const folder = `${world.paths.configDir}/agents/lead`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/soul.md`, "You hand work over.\n");
    await Deno.writeTextFile(
      `${folder}/agent.toml`,
      `[runtime]\ndefault = "${name}"\n[defaults]\npermission_mode = "auto"\n`,
    );
    const client = await world.stdio();
    const args = { agent: "lead", task: "- relay the work", wait: false };
    const { run } = await client.ok("agent_run", args);
    let answer = await client.call("agent_status", { run, wait_seconds: 50 });
    for (let n = 0; n < 3 && answer.data["state"] === "running"; n++) {
      answer = await client.call("agent_status", { run, wait_seconds: 50 });
    }
    assert.equal(answer.text, "Relayed.", JSON.stringify(answer.data));
    assert.equal(answer.isError, false);
    assert.equal(typeof answer.data["session_id"], "string");
    const asked = JSON.stringify(model.requests().map(({ body }) => body));
    assert.ok(asked.includes(`the work done in ${world.repo}/sub with auto`), asked.slice(-3000));
    assert.match(asked, /an agent cannot run itself/);
    const log = await world.home.store.events({ projectId: world.project.id, limit: 100 });
    const chains = log.filter(({ kind }) => kind === "agent_dispatched").map(({ detail }) =>
      detail["chain"]
    );
    assert.deepEqual(chains, [[], ["lead"]]);
  });
}

if (Deno.env.get("KAS_TEST_AGENTS") === "1") {
  for (const name of AGENT_CLIS) {
    const ignore = await isMissing(name);
    agentTest(name, ignore, "runs another agent through kas, as itself", () => relay(name));
  }
}
