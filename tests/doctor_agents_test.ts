/**
 * `kas doctor` with the real agent CLIs: what their help has of what their adapters stand on. Needs npm
 * once; runs with KAS_TEST_AGENTS=1.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { inWorld, type World } from "../commands/_testing.ts";
import type { DoctorFinding } from "../lib/doctor/types.ts";
import { harnessFor } from "../lib/harness/mod.ts";
import { agentTest } from "./support/agent_case.ts";
import {
  fetchAgentCli,
  isMissing,
  PINNED_CLIS,
  type PinnedCli,
  pinnedVersion,
} from "./support/agent_clis.ts";
import { userVariables } from "./support/other_clis.ts";
import { kas } from "./support/run_world.ts";

/** What `kas doctor` finds where all roles work on a CLI, which is on the PATH as this script. */
async function findings(world: World, name: PinnedCli, script: string): Promise<DoctorFinding[]> {
  const bin = `${world.dir}/bin`;
  for (const dir of [bin, `${world.dir}/tmp`, `${world.repo}/.kasmos`, world.paths.stateDir]) {
    await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  }
  await Deno.writeTextFile(`${bin}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await Deno.writeTextFile(`${world.repo}/.kasmos/config.toml`, `default_program = "${name}"\n`);
  const run = await kas(world, ["doctor", "--json"], {
    env: {
      ...name === "copilot" ? await userVariables("copilot", "http://127.0.0.1:1") : {},
      PATH: `${bin}:${world.env.PATH ?? ""}`,
      TMPDIR: `${world.dir}/tmp`,
    },
  });
  equal(run.code, 0, run.out + run.err);
  return JSON.parse(run.out).findings;
}

/** Those that have nobody logged in here; copilot has a token, and opencode works without. */
const NEEDS_LOGIN: readonly string[] = ["claude", "codex", "gemini"];
const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? PINNED_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);

  agentTest(name, ignore, "kas doctor finds every option that kas uses", async () => {
    await inWorld(async (world) => {
      const all = await findings(world, name, `exec "${await fetchAgentCli(name)}" "$@"`);
      const about = all.filter(({ id }) => id.startsWith(`runtime.${name}`));
      deepEqual(about.map(({ id, severity }) => [id, severity]), [
        [`runtime.${name}`, "ok"],
        ...NEEDS_LOGIN.includes(name) ? [[`runtime.${name}.login`, "warning"]] : [],
      ]);
      const [{ message, capabilities } = { message: "" }] = about;
      match(message, new RegExp(`^${name} ${pinnedVersion(name).replaceAll(".", "\\.")} .*coder`));
      const asked = new Set(
        (harnessFor(name).probes ?? []).flatMap((probe) => Object.keys(probe.words)),
      );
      ok(asked.size > 4, [...asked].join(" "));
      for (const [capability, report] of Object.entries(capabilities ?? {})) {
        equal(report.probed, asked.delete(capability) ? "found" : null, capability);
      }
      deepEqual([...asked], []);
    });
  });

  agentTest(name, ignore, "kas doctor sees an option that is gone", async () => {
    await inWorld(async (world) => {
      const program = await fetchAgentCli(name);
      const all = await findings(
        world,
        name,
        `"${program}" "$@" 2>&1 | sed 's/--model/--other-model/g'`,
      );
      const found = all.find(({ id }) => id === `runtime.${name}.missing`);
      equal(found?.severity, "warning");
      match(found?.message ?? "", /does not list what kas starts it with: --model \(model\)/);
      equal(all.find(({ id }) => id === `runtime.${name}`)?.capabilities?.model?.probed, "missing");
    });
  });
}
