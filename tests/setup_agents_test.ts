/**
 * What `kas setup` writes, read by the real agent CLIs of the pinned versions: skills and agents are
 * listed, instructions are told, the MCP server is connected and may be used unasked. Offline, against
 * the mock model; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { agentTest } from "./support/agent_case.ts";
import {
  AGENT_CLIS,
  type AgentCli,
  fetchAgentCli,
  isMissing,
  PINNED_CLIS,
  type PinnedCli,
} from "./support/agent_clis.ts";
import { denoDir } from "./support/agent_stage.ts";
import { settleUser } from "./support/agent_user.ts";
import { type MockModel, startMockModel } from "./support/mock_model.ts";
import { OTHER_CLIS, userVariables } from "./support/other_clis.ts";
import { SetupStage } from "./support/setup_stage.ts";

const ARGV: Readonly<Record<PinnedCli, readonly string[]>> = {
  claude: ["-p", "--output-format", "stream-json", "--verbose"],
  codex: ["exec", "--json"],
  opencode: ["run"],
  copilot: ["-p"],
  gemini: ["-m", "mock-model", "-p"],
};

/** Programs that offer no shell unless nothing is asked. */
const UNASKED: Readonly<Partial<Record<PinnedCli, readonly string[]>>> = {
  copilot: ["--allow-all-tools"],
  gemini: ["-y"],
};

/** A user who trusts the repository, as everybody who works in it does. */
async function settle(stage: SetupStage, name: PinnedCli, url: string): Promise<void> {
  const { home, repo, env } = stage;
  const other = OTHER_CLIS.find((one) => one === name);
  const own = AGENT_CLIS.find((one): one is AgentCli => one === name);
  if (other !== undefined) Object.assign(env, await userVariables(other, url));
  if (own !== undefined) Object.assign(env, await settleUser(own, home, url));
  const write = async (path: string, text: string, append = false): Promise<void> => {
    await Deno.mkdir(`${home}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${home}/${path}`, text, { append });
  };
  switch (name) {
    case "claude": {
      const projects = { [repo]: { hasTrustDialogAccepted: true } };
      await write("/.claude.json", JSON.stringify({ hasCompletedOnboarding: true, projects }));
      break;
    }
    case "codex":
      await write(".codex/config.toml", `\n[projects."${repo}"]\ntrust_level = "trusted"\n`, true);
      break;
    case "copilot":
      await write(".copilot/config.json", JSON.stringify({ trustedFolders: [repo] }));
      break;
    case "gemini":
      env["GEMINI_CLI_TRUST_WORKSPACE"] = "true";
      await write(
        ".gemini/settings.json",
        JSON.stringify({
          security: { auth: { selectedType: "gemini-api-key" } },
          privacy: { usageStatisticsEnabled: false },
        }),
      );
      break;
    case "opencode":
      env["OPENCODE_DISABLE_MODELS_FETCH"] = "1";
  }
}

/** Lets the CLI answer a prompt in the repository. */
async function ask(
  stage: SetupStage,
  name: PinnedCli,
  options: readonly string[] = [],
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(await fetchAgentCli(name), {
    args: [...options, ...ARGV[name], "Work"],
    cwd: stage.repo,
    clearEnv: true,
    env: { ...stage.env, TMPDIR: stage.root },
    stdin: "null",
    signal: AbortSignal.timeout(150_000),
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, `${text}\n${new TextDecoder().decode(stderr)}`);
  return text;
}

/** All a model was told, whatever the protocol. */
function told(model: MockModel): string {
  return JSON.stringify(model.requests().map(({ body }) => body));
}

async function onStage(
  name: PinnedCli,
  steps: Parameters<typeof startMockModel>[0]["rules"][number]["steps"],
  test: (stage: SetupStage, model: MockModel) => Promise<void>,
): Promise<void> {
  await using model = startMockModel({ rules: [{ match: /^Work$/m, steps }] });
  await using stage = await SetupStage.open([]);
  await Deno.symlink(await fetchAgentCli(name), `${stage.bin}/${name}`);
  // the CLIs need what a machine has, node for one
  stage.env["PATH"] = `${stage.bin}:${Deno.env.get("PATH")}`;
  stage.env["DENO_DIR"] = await denoDir();
  // codex hands its servers a few variables alone
  const script = await Deno.readTextFile(`${stage.bin}/kas`);
  const exported = `#!/bin/sh\nexport DENO_DIR='${stage.env["DENO_DIR"]}' HOME='${stage.home}'\n`;
  await Deno.writeTextFile(`${stage.bin}/kas`, script.replace("#!/bin/sh\n", exported));
  await settle(stage, name, model.url);
  await test(stage, model);
}

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? PINNED_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);

  agentTest(
    name,
    ignore,
    "what kas setup writes is read, and its tools are used unasked",
    () =>
      onStage(name, [
        { mcp: { server: "kasmos", tool: "task_list", args: {} } },
        { text: "Done." },
      ], async (stage, model) => {
        const setup = await stage.kas(["setup", "--yes", "-r", name]);
        assert.equal(setup.code, 0, setup.err);
        const check = await stage.kas(["check"]);
        assert.equal(check.code, 0, check.out);
        const created = await stage.kas(["task", "create", "find-me-again", "--description", "x"]);
        assert.equal(created.code, 0, created.err);
        await ask(stage, name);
        const all = told(model);
        assert.ok(all.includes("find-me-again"), "the tool of kas did not answer");
        assert.ok(all.includes("Use when building a task of a kas plan"), "no skill");
        assert.ok(all.includes("is worked on by a team of agents"), "no instructions");
        if (name !== "gemini") assert.ok(all.includes("kas-reviewer"), "no agent");
        if (name !== "gemini") assert.ok(all.includes("Mends what a review found"), "no agent");
      }),
  );

  // codex has each person review hooks of a project first
  if (name === "codex") continue;
  agentTest(name, ignore, "the ban of shell tools reaches the agent", () =>
    onStage(name, [
      { shell: "grep -r secret ." },
      { text: "Done." },
    ], async (stage, model) => {
      const setup = await stage.kas(["setup", "--yes", "-r", name, "--enforce-tools"]);
      assert.equal(setup.code, 0, setup.err);
      await ask(stage, name, UNASKED[name] ?? []);
      assert.ok(told(model).includes("instead of grep use rg"), "the ban was not told");
    }));
}
