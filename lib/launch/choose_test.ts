import { deepEqual } from "node:assert/strict";
import { NO_SETTINGS } from "../agent/context.ts";
import { loadConfig } from "../config/config.ts";
import { resolvePaths } from "../config/paths.ts";
import { type LaunchWorld, launchWorld, script } from "./_testing.ts";
import { defaultsOf, installedRuntimes, programsOf, settingsOf } from "./choose.ts";

async function configOf(world: LaunchWorld, user: string, project: string) {
  const paths = resolvePaths({ HOME: world.home, KASMOS_HOME: `${world.root}/config` });
  await Deno.mkdir(paths.configDir, { recursive: true });
  await Deno.mkdir(`${world.cwd}/.kasmos`, { recursive: true });
  await Deno.writeTextFile(paths.userConfig, user);
  await Deno.writeTextFile(`${world.cwd}/.kasmos/config.toml`, project);
  return { config: (await loadConfig(world.cwd, paths)).config };
}

Deno.test("rows 2 and 3: the project's [agents.<name>] wins over the user's, key by key", async () => {
  await using world = await launchWorld();
  const { config } = await configOf(
    world,
    `[agents.coder]
program = "codex --user"
model = "user-model"
permission_default = "bypass"
timeout_minutes = 5
env = { A = "user", B = "user" }`,
    `[agents.coder]
model = "project-model"
permission_default = "prompt"
env = { A = "project" }`,
  );
  deepEqual(settingsOf(config, "coder").map((row) => ({ ...row })), [{
    ...NO_SETTINGS,
    runtime: "codex",
    program: ["codex", "--user"],
    model: "project-model",
    permission: "auto",
    timeoutMinutes: 5,
    setEnv: { ...config.agents["coder"]?.env },
  }]);
  deepEqual({ ...settingsOf(config, "coder")[0]?.setEnv }, { A: "project", B: "user" });
  deepEqual(settingsOf(config, "reviewer"), []);
});

Deno.test("a disabled agent of config.toml says nothing; one without a program still does", async () => {
  await using world = await launchWorld();
  const { config } = await configOf(
    world,
    `[agents.off]
enabled = false
program = "codex"
[agents.model-only]
model = "m"`,
    "",
  );
  deepEqual(settingsOf(config, "off"), []);
  const [row] = settingsOf(config, "model-only");
  deepEqual([row?.model, row?.runtime, row?.program], ["m", null, []]);
});

Deno.test("row 7: [defaults] and default_program", async () => {
  await using world = await launchWorld();
  const { config } = await configOf(
    world,
    `default_program = "/opt/codex -q"
[defaults]
model = "d"
max_turns = 9`,
    "",
  );
  const defaults = defaultsOf(config);
  deepEqual(
    [defaults.runtime, defaults.program, defaults.model, defaults.maxTurns],
    ["codex", ["/opt/codex", "-q"], "d", 9],
  );
  const other = await configOf(
    world,
    `default_program = "codex"
[defaults]
runtime = "claude"`,
    "",
  );
  deepEqual(
    [defaultsOf(other.config).runtime, defaultsOf(other.config).program],
    ["claude", []],
  );
});

Deno.test("row 8: the first known runtime on the PATH, also by KASMOS_<RUNTIME>_BIN", async () => {
  await using world = await launchWorld();
  deepEqual(await installedRuntimes({ PATH: world.bin }), []);
  await script(world, "gemini", "");
  await script(world, "codex", "");
  await Deno.mkdir(`${world.bin}/claude`);
  deepEqual(await installedRuntimes({ PATH: world.bin }), ["codex"]);
  const other = await script(world, "other", "");
  deepEqual(await installedRuntimes({ PATH: world.bin, KASMOS_CLAUDE_BIN: other }), ["claude"]);
  deepEqual(programsOf({ KASMOS_CLAUDE_BIN: other, KASMOS_CODEX_BIN: "" }), { claude: [other] });
});
