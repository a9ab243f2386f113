/**
 * `kas run` with the real agent CLIs, offline: the whole way from the command line to the envelope,
 * with the mock model behind. Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { inWorld, type World } from "../commands/_testing.ts";
import { agentTest } from "./support/agent_case.ts";
import {
  AGENT_CLIS,
  type AgentCli,
  fetchAgentCli,
  isMissing,
  PINNED_CLIS,
  type PinnedCli,
  pinnedVersion,
} from "./support/agent_clis.ts";
import { settleUser } from "./support/agent_user.ts";
import { type MockModel, startMockModel } from "./support/mock_model.ts";
import { userVariables } from "./support/other_clis.ts";
import { filesUnder, kas } from "./support/run_world.ts";

const TASK = "- Write down\n$HOME what you see";

/** A user of the CLI with an agent on it. @returns variables of the user's shell */
async function settle(
  world: World,
  name: PinnedCli,
  model: MockModel,
): Promise<Record<string, string>> {
  const folder = `${world.paths.configDir}/agents/seer`;
  await Deno.mkdir(folder, { recursive: true });
  // gemini's own choice asks the model which one to ask, in a form that the mock does not know
  const choice = name === "gemini" ? `model = "mock-model"\n` : "";
  await Deno.writeTextFile(`${folder}/agent.toml`, `[runtime]\ndefault = "${name}"\n${choice}`);
  await Deno.writeTextFile(`${folder}/soul.md`, "You are SEER-SOUL.\n");
  const cli = AGENT_CLIS.find((one): one is AgentCli => one === name);
  const variables = cli !== undefined
    ? await settleUser(cli, world.dir, model.url)
    : await userVariables(name === "copilot" ? "copilot" : "gemini", model.url);
  return { ...variables, [`KASMOS_${name.toUpperCase()}_BIN`]: await fetchAgentCli(name) };
}

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? PINNED_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);

  agentTest(name, ignore, "kas run --json gives the one envelope", async () => {
    await inWorld(async (world) => {
      await using model = startMockModel({
        rules: [{
          match: /Write down/,
          steps: [
            { write: { path: `${world.repo}/seen.txt`, content: "seen\n" } },
            { text: "All is seen." },
          ],
        }],
      });
      const env = await settle(world, name, model);
      const argv = ["run", "-a", "seer", "--permission", "yolo", "--task", TASK];
      const run = await kas(world, [...argv, "--json"], { env });
      equal(run.code, 0, run.out + run.err);
      const envelope = JSON.parse(run.out);
      const { agent, runtime, version, result, exit_reason, exit_code, error } = envelope;
      deepEqual([agent, runtime, exit_reason, exit_code, error], [
        "seer",
        name,
        "completed",
        0,
        null,
      ]);
      equal(version, pinnedVersion(name));
      equal(result, "All is seen.");
      ok(typeof envelope.session_id === "string", run.out);
      ok(envelope.usage !== null, run.out);
      equal(await Deno.readTextFile(`${world.repo}/seen.txt`), "seen\n");
      const asked = model.requests().map(({ body }) => JSON.stringify(body)).join("\n");
      ok(asked.includes("SEER-SOUL"), "the soul did not arrive");
      ok(asked.includes(JSON.stringify(TASK).slice(1, -1)), "the task did not arrive");
      ok(/kasmos/.test(asked), "the tools of kas did not arrive");
      deepEqual(await filesUnder(`${world.paths.stateDir}/runtime`), []);
    });
  });

  agentTest(
    name,
    ignore,
    "kas run pipes one answer into the next task, and tells a failure",
    async () => {
      await inWorld(async (world) => {
        await using model = startMockModel({
          rules: [
            { match: /BROKEN/, steps: [{ error: { status: 400, message: "no credit left" } }] },
            { match: /Sum this up/, steps: [{ text: "The sum." }] },
          ],
        });
        const env = await settle(world, name, model);
        const piped = { env, stdin: "what the first one found" };
        const run = await kas(world, ["run", "-a", "seer", "--task", "Sum this up"], piped);
        deepEqual([run.code, run.out.trim()], [0, "The sum."], run.err);
        const prompt = model.requests().map((request) => request.prompt).join("\n");
        match(prompt, /Sum this up\s+what the first one found/);
        const failed = await kas(world, ["run", "-a", "seer", "--json", "--task", "BROKEN"], {
          env,
        });
        equal(failed.code, 1, failed.out + failed.err);
        const { exit_reason, error } = JSON.parse(failed.out);
        equal(exit_reason, "failed");
        match(error, new RegExp(`^${name} `));
      });
    },
  );

  // the others refuse it
  const hasLimit = ["claude", "gemini"].includes(name);
  agentTest(name, ignore || !hasLimit, "kas run --json tells a limit of turns as one", async () => {
    await inWorld(async (world) => {
      await using model = startMockModel({
        rules: [{ match: /Write down/, steps: Array(5).fill({ shell: "true" }) }],
      });
      const env = await settle(world, name, model);
      const argv = ["run", "-a", "seer", "--permission", "yolo", "--model", "mock-model"];
      const limit = ["--max-turns", "2", "--task", TASK, "--json"];
      const run = await kas(world, [...argv, ...limit], { env });
      equal(run.code, 1, run.out + run.err);
      const { exit_reason, session_id, usage } = JSON.parse(run.out);
      equal(exit_reason, "max_turns");
      ok(typeof session_id === "string" && usage.turns >= 2, run.out);
    });
  });

  // opencode's and copilot's go on, which a warning says
  const obeys = ["claude", "codex", "gemini"].includes(name);
  agentTest(name, ignore || !obeys, "R19: a task that a hook refused is a failure", async () => {
    await inWorld(async (world) => {
      await using model = startMockModel({
        rules: [{ match: /Write down/, steps: [{ text: "All is seen." }] }],
      });
      const env = await settle(world, name, model);
      const folder = `${world.paths.configDir}/agents/seer/hooks`;
      await Deno.mkdir(folder);
      const refuse = [{ hooks: [{ type: "command", command: "echo no >&2; exit 2" }] }];
      await Deno.writeTextFile(
        `${folder}/hooks.json`,
        JSON.stringify({ hooks: { UserPromptSubmit: refuse } }),
      );
      const run = await kas(world, ["run", "-a", "seer", "--task", TASK, "--json"], { env });
      equal(run.code, 1, run.out + run.err);
      equal(JSON.parse(run.out).exit_reason, "failed");
      equal(model.requests().length, 0);
    });
  });
}
