/**
 * Answers to the permission questions of the real agent CLIs, offline, in a real tmux pane. Needs npm
 * once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { givePermission, type PermissionChoice } from "../lib/engine/permission.ts";
import { isThere } from "../lib/files/there.ts";
import { harnessFor } from "../lib/harness/mod.ts";
import { agentTest } from "./support/agent_case.ts";
import { AGENT_CLIS, isMissing, PINNED_CLIS, type PinnedCli } from "./support/agent_clis.ts";
import { sleep, Stage } from "./support/agent_stage.ts";
import { settleUser } from "./support/agent_user.ts";
import type { MockStep } from "./support/mock_model.ts";
import { OTHER_CLIS, userVariables } from "./support/other_clis.ts";

/** A shell command that needs leave. */
function risky(name: PinnedCli, cmd: string): MockStep {
  if (name !== "codex") return { shell: cmd };
  const args = { cmd, sandbox_permissions: "require_escalated", justification: "Try it?" };
  return { tool: { name: "exec_command", args } };
}

async function variables(stage: Stage, name: PinnedCli): Promise<Record<string, string>> {
  const agent = AGENT_CLIS.find((known) => known === name);
  if (agent !== undefined) return await settleUser(agent, stage.home, stage.model.url);
  const other = OTHER_CLIS.find((known) => known === name);
  assert.ok(other);
  return await userVariables(other, stage.model.url);
}

/** Waits for the question and answers it as a person would through the API. */
async function answer(
  stage: Stage,
  name: PinnedCli,
  hostEnv: Record<string, string>,
  choice: PermissionChoice,
): Promise<void> {
  const states = await stage.until("asking", harnessFor(name), hostEnv);
  await sleep(1_000); // a dialog takes no keys at once
  const session = {
    title: "agent",
    tmuxName: "agent",
    harness: name,
    cwd: stage.cwd,
    evidence: states.at(-1)?.evidence ?? "",
  };
  const tmux = {
    capture: () => stage.screen(),
    keys: async (_: string, keys: readonly string[]) => {
      await stage.tmux("send-keys", "-t", "=agent:", ...keys);
    },
  };
  await givePermission({ session, launchDir: stage.launchDir, tmux }, choice);
}

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? PINNED_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);
  const more = OTHER_CLIS.some((other) => other === name) ? { model: "mock-model" } : {};

  agentTest(name, ignore, "is allowed once, always, and refused", async () => {
    await using stage = await Stage.open(name, [
      risky(name, "touch once.txt"),
      risky(name, "mkdir always"),
      risky(name, "cp once.txt refused.txt"),
      { text: "All done." },
    ]);
    const hostEnv = await variables(stage, name);
    const task = "Try it";
    const request = stage.request({ task, permission: "auto", hostEnv, ...more });
    await stage.start(await stage.prepare(harnessFor(name), request));

    await answer(stage, name, hostEnv, 0);
    await made(stage, "once.txt");
    await answer(stage, name, hostEnv, 1);
    await made(stage, "always");
    await answer(stage, name, hostEnv, 2);
    await stage.until("idle", harnessFor(name), hostEnv);
    assert.equal(await isThere(`${stage.cwd}/refused.txt`), false);
    await stage.killPane();
  });
}

async function made(stage: Stage, name: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    if (await isThere(`${stage.cwd}/${name}`)) return;
  }
  throw new Error(`${name} was not made\n${await stage.screen()}`);
}
