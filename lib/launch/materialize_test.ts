import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { Harness, SettingsAnswer } from "../harness/types.ts";
import {
  type LaunchWorld,
  launchWorld,
  NO_PARTS,
  recordingHarness,
  testContext,
  testInput,
} from "./_testing.ts";
import { applyAnswers } from "./answers.ts";
import { materialize } from "./materialize.ts";
import { prepareLaunch } from "./prepare.ts";

const modeOf = async (path: string): Promise<number> => ((await Deno.stat(path)).mode ?? 0) & 0o777;

/** Everything under a folder: path and content, or `link`. */
async function listing(root: string, under = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(root + under)) {
    const path = `${under}/${name}`;
    if (isDirectory) Object.assign(found, await listing(root, path));
    else found[path.slice(1)] = isSymlink ? "link" : await Deno.readTextFile(root + path);
  }
  return found;
}

async function fullAgent(world: LaunchWorld): Promise<void> {
  await Deno.remove(world.agent, { recursive: true });
  for (const dir of ["skills/tdd/ref", "commands", "hooks", "scripts", "bin"]) {
    await Deno.mkdir(`${world.agent}/${dir}`, { recursive: true });
  }
  await Deno.writeTextFile(`${world.agent}/skills/tdd/SKILL.md`, "skill");
  await Deno.symlink("../SKILL.md", `${world.agent}/skills/tdd/ref/again.md`);
  await Deno.writeTextFile(`${world.agent}/commands/ship.md`, "command");
  await Deno.writeTextFile(`${world.agent}/hooks/hooks.json`, "{ as written }");
  await Deno.writeTextFile(`${world.agent}/hooks/check.sh`, "hook", { mode: 0o755 });
  await Deno.writeTextFile(`${world.agent}/scripts/s.sh`, "script", { mode: 0o755 });
  await Deno.writeTextFile(`${world.agent}/bin/tool`, "tool", { mode: 0o755 });
}

async function prepareFull(world: LaunchWorld, harness: Harness = recordingHarness()) {
  await fullAgent(world);
  const context = testContext(world, {
    parts: {
      ...NO_PARTS,
      skills: { tdd: `${world.agent}/skills/tdd` },
      commands: { ship: `${world.agent}/commands/ship.md` },
      hooks: { Stop: [{ hooks: [{ type: "command", command: "x" }] }] },
      scriptsDir: `${world.agent}/scripts`,
      binDir: `${world.agent}/bin`,
    },
  });
  return await prepareLaunch(testInput(world, context), harness);
}

Deno.test("R7: the launched agent is a copy; nothing links back to its folder", async () => {
  await using world = await launchWorld();
  const prepared = await prepareFull(world);
  await materialize(prepared);
  deepEqual(await listing(world.launchDir), {
    "prompt.md": "- do it",
    "gen/settings.json": "{}",
    "agent/skills/tdd/SKILL.md": "skill",
    "agent/skills/tdd/ref/again.md": "skill",
    "agent/commands/ship.md": "command",
    "agent/hooks/check.sh": "hook",
    "agent/hooks/hooks.json":
      `{\n  "hooks": {\n    "Stop": [\n      {\n        "hooks": [\n          {\n            "type": "command",\n            "command": "x"\n          }\n        ]\n      }\n    ]\n  }\n}\n`,
    "agent/scripts/s.sh": "script",
    "agent/bin/tool": "tool",
  });
  equal(await modeOf(world.launchDir), 0o700);
  equal(await modeOf(`${world.launchDir}/prompt.md`), 0o600);
  equal(await modeOf(`${prepared.agentDir}/skills/tdd/SKILL.md`), 0o600);
  equal(await modeOf(`${prepared.agentDir}/bin/tool`), 0o700);
  await Deno.writeTextFile(`${prepared.agentDir}/skills/tdd/SKILL.md`, "rewritten");
  equal(await Deno.readTextFile(`${world.agent}/skills/tdd/SKILL.md`), "skill");
});

Deno.test("materialize() may be done again, and leaves nothing of the time before", async () => {
  await using world = await launchWorld();
  const prepared = await prepareFull(world);
  await materialize(prepared);
  const once = await listing(world.launchDir);
  await Deno.writeTextFile(`${prepared.agentDir}/skills/stray.md`, "stray");
  await Deno.mkdir(`${prepared.agentDir}.new`);
  await materialize(prepared);
  deepEqual(await listing(world.launchDir), once);
});

Deno.test("a link that leads out of the agent is refused, also one made after loading", async () => {
  await using world = await launchWorld();
  const prepared = await prepareFull(world);
  await Deno.writeTextFile(`${world.root}/outside`, "secret");
  await Deno.symlink(`${world.root}/outside`, `${world.agent}/skills/tdd/leak`);
  await rejects(materialize(prepared), { code: "guard", message: /leads out/ });
  await Deno.remove(`${world.agent}/skills/tdd/leak`);
  await Deno.symlink("..", `${world.agent}/skills/tdd/loop`);
  await rejects(materialize(prepared), { code: "guard", message: /circle/ });
  await Deno.remove(`${world.agent}/skills/tdd/loop`);
  await Deno.symlink("nothing", `${world.agent}/skills/tdd/dangling`);
  await rejects(materialize(prepared), { code: "guard", message: /link to nothing/ });
});

Deno.test("a harness cannot write outside of the launch folder", async () => {
  await using world = await launchWorld();
  const plain = recordingHarness();
  const harness: Harness = {
    ...plain,
    render: async (request) => ({
      ...await plain.render(request),
      files: [{ path: `${request.launchDir}/../escaped`, text: "" }],
    }),
  };
  const prepared = await prepareFull(world, harness);
  await rejects(materialize(prepared), { code: "internal" });
});

Deno.test("links to the user's own: made, made anew, and never into the agent's folder", async () => {
  await using world = await launchWorld();
  const plain = recordingHarness();
  let target = `${world.home}/login`;
  const harness: Harness = {
    ...plain,
    render: async (request) => ({
      ...await plain.render(request),
      links: ["own/login", "own/history"].map((name) => ({
        path: `${request.launchDir}/${name}`,
        target,
      })),
    }),
  };
  const again = async () => await materialize(await prepareFull(world, harness));
  await again();
  equal(await Deno.readLink(`${world.launchDir}/own/login`), target);
  await Deno.remove(`${world.launchDir}/own/history`);
  await Deno.writeTextFile(`${world.launchDir}/own/history`, "of the runtime");
  target = `${world.home}/other`;
  await again();
  equal(await Deno.readLink(`${world.launchDir}/own/login`), target);
  equal(await Deno.readTextFile(`${world.launchDir}/own/history`), "of the runtime");
  target = `${world.agent}/skills`;
  await rejects(again(), { code: "internal" });
});

Deno.test("answers: kept text, mode and link; made when missing; untouched without a change", async () => {
  await using world = await launchWorld();
  const lock = `${world.root}/run/answers.lock`;
  await Deno.writeTextFile(`${world.root}/dot.json`, "a", { mode: 0o644 });
  await Deno.symlink(`${world.root}/dot.json`, `${world.home}/settings`);
  const answer = (path: string, edit: SettingsAnswer["edit"]): SettingsAnswer => ({
    path,
    purpose: "trust",
    edit,
  });
  await applyAnswers([
    answer(`${world.home}/settings`, (text) => `${text}b`),
    answer(`${world.home}/.new/settings`, (text) => text === null ? "fresh" : null),
    answer(`${world.home}/.none/settings`, () => null),
  ], lock);
  equal(await Deno.readTextFile(`${world.root}/dot.json`), "ab");
  equal(await modeOf(`${world.root}/dot.json`), 0o644);
  ok((await Deno.lstat(`${world.home}/settings`)).isSymlink);
  equal(await Deno.readTextFile(`${world.home}/.new/settings`), "fresh");
  equal(await modeOf(`${world.home}/.new/settings`), 0o600);
  await rejects(Deno.lstat(`${world.home}/.none`), Deno.errors.NotFound);
});

Deno.test("answers of many launches at once are all there in the end", async () => {
  await using world = await launchWorld();
  const path = `${world.home}/settings`;
  await Promise.all(Array.from({ length: 20 }, (_, index) =>
    applyAnswers([{
      path,
      purpose: "trust",
      edit: (text) => `${text ?? ""}${index}\n`,
    }], `${world.root}/run/answers.lock`)));
  const lines = (await Deno.readTextFile(path)).trim().split("\n");
  deepEqual(lines.map(Number).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i));
});

Deno.test("a file in the place of a folder is explained", async () => {
  await using world = await launchWorld();
  await Deno.writeTextFile(`${world.root}/blocked`, "");
  const answer = { path: `${world.root}/blocked/x`, purpose: "trust /repo", edit: () => "x" };
  await rejects(applyAnswers([answer], `${world.root}/run/lock`), {
    code: "invalid",
    message: /trust \/repo.*a file is in the place/,
  });
});
