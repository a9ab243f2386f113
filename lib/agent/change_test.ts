import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { filesBelow, inScene, refuses, type Scene, SMALL } from "./_fixture.ts";
import { createAgent, type NewAgent, parseRuntime } from "./create.ts";
import { editProfile, openAgentFile, saveAgentFile } from "./edit.ts";
import { inspectAgent, listAgents, loadAgent } from "./library.ts";
import { deleteAgent, renameAgent } from "./move.ts";
import { agentPlaces, findAgent } from "./places.ts";
import { sweepStages } from "./staging.ts";
import { importAgent } from "./transfer.ts";

const BARE: Omit<NewAgent, "name"> = {
  scope: "global",
  description: null,
  runtime: null,
  model: null,
  effort: null,
  permission: null,
  outputFormat: null,
  maxTurns: null,
  soul: null,
};

const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;

Deno.test("createAgent() makes an agent in order, the user's for nobody else to read", () =>
  inScene(async ({ places, dir }) => {
    const path = await createAgent(places, {
      ...BARE,
      name: "scout",
      description: 'Finds "it".',
      runtime: "codex",
      effort: "high",
      permission: "auto",
      maxTurns: 9,
    });
    assert.equal(path, `${dir}/home/agents/scout`);
    assert.deepEqual(await filesBelow(path), {
      "agent.toml": `name = "scout"
description = "Finds \\"it\\"."

[runtime]
default = "codex"
effort = "high"

[defaults]
permission_mode = "auto"
max_turns = 9
`,
      "soul.md": `# scout\n\nYou are scout. Finds "it".\n`,
    });
    assert.deepEqual(await inspectAgent(places, "scout"), []);
    assert.deepEqual([await modeOf(path), await modeOf(`${path}/soul.md`)], [0o700, 0o600]);
    const shared = await createAgent(places, { ...BARE, name: "scout", scope: "project" });
    assert.deepEqual([await modeOf(shared), await modeOf(`${shared}/soul.md`)], [0o755, 0o644]);
    assert.equal((await loadAgent(places, "scout")).profile.scope, "project");
  }));

Deno.test("createAgent() leaves an agent alone that is there", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout");
    const error = await refuses(
      createAgent(places, { ...BARE, name: "scout" }),
      "exists",
      /look at ".*\/agents\/scout"/,
    );
    assert.equal(error.exitCode, 1);
    assert.deepEqual(await filesBelow(path), SMALL);
    assert.deepEqual([...Deno.readDirSync(places.global)].map(({ name }) => name), ["scout"]);
  }));

Deno.test("createAgent() lets one of several at once win", () =>
  inScene(async ({ places }) => {
    const names = Array.from({ length: 8 }, (_, i) => `soul ${i}\n`);
    const done = await Promise.allSettled(
      names.map((soul) => createAgent(places, { ...BARE, name: "scout", soul })),
    );
    const won = done.findIndex(({ status }) => status === "fulfilled");
    assert.equal(done.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal((await loadAgent(places, "scout")).parts.soul, names[won]);
    for (const one of done) {
      if (one.status === "rejected") await refuses(Promise.reject(one.reason), "exists", /exists/);
    }
    assert.deepEqual([...Deno.readDirSync(places.global)].map(({ name }) => name), ["scout"]);
  }));

Deno.test("createAgent() explains a home it cannot write to, and a soul it cannot read again", () =>
  inScene(async ({ places, dir }) => {
    const sealed = agentPlaces({ configDir: "/proc/kas-test" }, null);
    await refuses(
      createAgent(sealed, { ...BARE, name: "scout" }),
      "invalid",
      /Cannot create the folder/,
    );
    const soul = "x".repeat(10_000_000);
    await refuses(
      createAgent(places, { ...BARE, name: "a", soul }),
      "invalid",
      /soul of 10000000 bytes/,
    );
    await refuses(createAgent(places, { ...BARE, name: "../a" }), "invalid", /agent name/);
    const none = agentPlaces({ configDir: `${dir}/home` }, null);
    const project = createAgent(none, { ...BARE, name: "a", scope: "project" });
    await refuses(project, "not_a_repository", /outside a git repository/);
  }));

Deno.test("R36: a mistyped runtime is refused at once, with the nearest one", async () => {
  const typed = (word: string) => Promise.resolve().then(() => parseRuntime(word));
  await refuses(typed("cluade"), "invalid", /Did you mean "claude"\? Choose from: claude, codex/);
  await refuses(typed("zzz"), "invalid", /Choose from/);
  assert.deepEqual([await typed("claude-code"), await typed("gemini")], ["claude", "gemini"]);
});

const COMMENTED = `# mine
name = "scout" # the name
future = "kept"

[runtime] # what thinks
default = 'claude'
model = "opus"   # dear

[later.table]
x = 1
`;

Deno.test("editProfile() sets and takes out keys, and keeps comments and unknown keys", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout", { ...SMALL, "agent.toml": COMMENTED });
    const { changed } = await editProfile(places, "scout", {
      set: [
        { key: "runtime.default", value: "codex" },
        { key: "defaults.max_turns", value: "30" },
        { key: "env.pass", value: "AWS_*" },
        { key: "runtime.codex.extra_args", value: '["--a", "b c"]' },
        { key: "strict", value: "true" },
        { key: "description", value: "true" },
      ],
      unset: ["runtime.model", "runtime.effort"],
    });
    assert.equal(changed, true);
    assert.equal(
      await Deno.readTextFile(`${path}/agent.toml`),
      `# mine
name = "scout" # the name
future = "kept"
strict = true
description = "true"

[runtime] # what thinks
default = 'codex'

[later.table]
x = 1

[defaults]
max_turns = 30

[env]
pass = [ "AWS_*" ]

[runtime.codex]
extra_args = [ "--a", "b c" ]
`,
    );
    const { profile } = await loadAgent(places, "scout");
    assert.deepEqual(
      [profile.runtime, profile.model, profile.maxTurns, profile.passEnv, profile.strict],
      ["codex", null, 30, ["AWS_*"], true],
    );
    const again = await editProfile(places, "scout", { set: [{ key: "strict", value: "true" }] });
    assert.equal(again.changed, false);
  }));

Deno.test("editProfile() takes text in quotes without them, and only what is quoted as a whole", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout");
    await Deno.writeTextFile(`${path}/agent.toml`, "");
    const set = async (key: string, value: string) => {
      await editProfile(places, "scout", { set: [{ key, value }] });
      const text = await Deno.readTextFile(`${path}/agent.toml`);
      return JSON.parse(JSON.stringify(parse(text)));
    };
    for (
      const [typed, kept] of [
        ['"opus"', "opus"],
        ["'op\"us'", 'op"us'],
        ["opus", "opus"],
        ["7", "7"],
        ['"my" # opus', '"my" # opus'],
        ['"half', '"half'],
      ] as const
    ) {
      assert.deepEqual(await set("runtime.model", typed), { runtime: { model: kept } }, typed);
    }
    const { env } = await set("env.pass", '"AWS_*"');
    assert.deepEqual(env, { pass: ["AWS_*"] });
  }));

Deno.test("editProfile() refuses wrong keys and values and changes nothing", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout", { ...SMALL, "agent.toml": COMMENTED });
    const set = (key: string, value: string) =>
      editProfile(places, "scout", {
        set: [{ key: "strict", value: "true" }, { key, value }],
      });
    await refuses(set("runtime.modle", "x"), "invalid", /did you mean runtime\.model\?/);
    await refuses(set("defaults.max_turns", "many"), "invalid", /"many" for defaults\.max_turns/);
    await refuses(set("env.set.KASMOS_TOKEN", "x"), "invalid", /env\.set/);
    await refuses(set("env.secret.T", "hunter2"), "invalid", /"file:<name>"/);
    await refuses(set("name", "y"), "invalid", /kas agent rename scout/);
    await refuses(set("a..b", "y"), "invalid", /as a key/);
    await refuses(set("future.other.z", "y"), "invalid", /Unknown key/);
    assert.equal(await Deno.readTextFile(`${path}/agent.toml`), COMMENTED);
    await refuses(editProfile(places, "coder", {}), "not_found", /built in/);
  }));

Deno.test("editProfile() loses nothing of two edits at once", () =>
  inScene(async ({ places, agent }) => {
    await agent("global", "scout");
    const keys = ["runtime.model", "runtime.effort", "description", "env.set.A", "env.set.B"];
    await Promise.all(
      keys.map((key) => editProfile(places, "scout", { set: [{ key, value: key }] })),
    );
    const { profile } = await loadAgent(places, "scout");
    assert.deepEqual(
      [profile.model, profile.effort, profile.description, profile.setEnv],
      ["runtime.model", "runtime.effort", "description", { A: "env.set.A", B: "env.set.B" }],
    );
  }));

Deno.test("saveAgentFile() checks a text before it is kept, and notices other writers", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout", { ...SMALL, "scripts/a.sh!": "" });
    const save = (file: "profile" | "soul" | "mcp" | "hooks", text: string) =>
      saveAgentFile(places, "scout", file, text);
    const before = await filesBelow(path);
    await refuses(save("profile", "runtime = 3"), "invalid", /agent\.toml:1:1/);
    await refuses(save("mcp", "{"), "invalid", /mcp\.json:1:2/);
    await refuses(save("hooks", `{"hooks": 3}`), "invalid", /hooks\.json:1:\d+/);
    await refuses(save("soul", "a\0"), "invalid", /not a text/);
    assert.deepEqual(await filesBelow(path), before);
    const hooks = `{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}}`;
    await Deno.mkdir(`${path}/hooks`);
    assert.equal((await save("hooks", hooks)).changed, true);
    assert.equal((await save("hooks", hooks)).changed, false);
    const open = await openAgentFile(places, "scout", "soul");
    assert.equal(open.text, SMALL["soul.md"]);
    await save("soul", "Other.");
    await refuses(
      saveAgentFile(places, "scout", "soul", "Mine.", open.text),
      "conflict",
      /changed meanwhile/,
    );
    assert.equal((await loadAgent(places, "scout")).parts.soul, "Other.\n");
  }));

Deno.test("R35: a rename reads first, moves in one step and keeps comments and unknown keys", () =>
  inScene(async ({ places, agent, dir }: Scene) => {
    const path = await agent("global", "scout", { ...SMALL, "agent.toml": COMMENTED });
    await agent("global", "taken");
    await refuses(renameAgent(places, "scout", "taken"), "exists", /taken/);
    await refuses(renameAgent(places, "scout", "scout"), "exists", /scout/);
    await refuses(renameAgent(places, "scout", "../x"), "invalid", /agent name/);
    await Deno.writeTextFile(`${path}/agent.toml`, "runtime = 3");
    await refuses(renameAgent(places, "scout", "ranger"), "invalid", /agent\.toml:1:1/);
    assert.deepEqual(Object.keys(await filesBelow(path)), ["agent.toml", "soul.md"]);
    await Deno.writeTextFile(`${path}/agent.toml`, COMMENTED);
    const renamed = await renameAgent(places, "scout", "ranger");
    assert.deepEqual(renamed, { name: "ranger", path: `${places.global}/ranger`, scope: "global" });
    assert.deepEqual(await filesBelow(`${dir}/home/agents`), {
      "ranger/agent.toml": COMMENTED.replace('"scout"', '"ranger"'),
      "ranger/soul.md": SMALL["soul.md"],
      "taken/agent.toml": SMALL["agent.toml"],
      "taken/soul.md": SMALL["soul.md"],
    });
  }));

Deno.test("R1: deleteAgent() removes one real folder of the library and nothing else", () =>
  inScene(async ({ places, agent, dir }) => {
    await agent("global", "coder");
    await agent("project", "coder");
    await agent("global", "other");
    await Deno.mkdir(`${dir}/precious`);
    await Deno.writeTextFile(`${dir}/precious/agent.toml`, "");
    await Deno.symlink(`${dir}/precious`, `${places.global}/linked`);
    for (const name of ["..", ".", "", "other/..", "../precious", `${dir}/precious`]) {
      await refuses(deleteAgent(places, name), "invalid", /agent name/);
    }
    await refuses(deleteAgent(places, "linked"), "guard", /symbolic link/);
    await refuses(deleteAgent(places, "planner"), "not_found", /built in/);
    assert.equal((await deleteAgent(places, "coder")).uncovers, "global");
    assert.equal((await deleteAgent(places, "coder")).uncovers, "builtin");
    // A link inside goes; what it points to stays, though such an agent cannot be launched.
    await Deno.symlink(`${dir}/precious`, `${places.global}/other/out`);
    assert.equal((await deleteAgent(places, "other")).uncovers, null);
    assert.deepEqual(await filesBelow(dir), {
      "home/agents/linked": `-> ${dir}/precious`,
      "precious/agent.toml": "",
    });
  }));

Deno.test("what a killed command left in the folder of agents goes with a later one, not what is under way", () =>
  inScene(async ({ places, agent }) => {
    await agent("global", "other");
    const left = ["new", "gone"].map((kind) => `${places.global}/.${kind}-${crypto.randomUUID()}`);
    for (const folder of left) {
      await Deno.mkdir(folder);
      await Deno.writeTextFile(`${folder}/agent.toml`, "");
    }
    await createAgent(places, { ...BARE, name: "scout" });
    assert.equal([...Deno.readDirSync(places.global)].length, 4);
    await deleteAgent(places, "other");
    assert.equal([...Deno.readDirSync(places.global)].length, 3);
    await sweepStages(places.global, Date.now() + 2 * 60 * 60_000);
    const names = [...Deno.readDirSync(places.global)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["scout"]);
  }));

Deno.test("an agent whose replacement was cut off is put back by whoever asks for it", () =>
  inScene(async ({ places, agent }) => {
    const root = places.global;
    const cutOff = async (name: string) => {
      const path = await agent("global", name);
      await Deno.writeTextFile(`${path}/soul.md`, "The only copy.\n");
      await Deno.rename(path, `${root}/.old-${crypto.randomUUID()}-${name}`);
    };
    // one of a role: the built-in one must not take its place unseen
    for (const name of ["scout", "coder"]) {
      await cutOff(name);
      assert.equal((await loadAgent(places, name)).parts.soul, "The only copy.\n");
    }
    await cutOff("scout");
    assert.deepEqual((await listAgents(places)).map(({ name }) => name).slice(0, 2), [
      "architect",
      "chat",
    ]);
    assert.deepEqual(await rootNames(root), ["coder", "scout"]);
    await cutOff("scout");
    await refuses(createAgent(places, { ...BARE, name: "scout" }), "exists", /scout/);
    assert.deepEqual(await rootNames(root), ["coder", "scout"]);
  }));

Deno.test("an agent that was replaced does not come back when its successor is deleted or renamed", () =>
  inScene(async ({ places, agent }) => {
    const root = places.global;
    const aside = async () => {
      await Deno.mkdir(`${root}/.old-${crypto.randomUUID()}-scout`, { recursive: true });
    };
    await agent("global", "scout");
    await aside();
    await renameAgent(places, "scout", "ranger");
    await refuses(loadAgent(places, "scout"), "not_found", /scout/);
    await agent("global", "scout");
    await aside();
    await deleteAgent(places, "scout");
    assert.deepEqual(await rootNames(root), ["ranger"]);
    // neither a link nor a name that can be none
    await Deno.symlink(`${root}/ranger`, `${root}/.old-${crypto.randomUUID()}-scout`);
    await Deno.mkdir(`${root}/.old-${crypto.randomUUID()}-..`);
    await refuses(loadAgent(places, "scout"), "not_found", /scout/);
    assert.equal((await rootNames(root)).length, 3);
  }));

Deno.test("an agent is there for whoever looks while it is being replaced", () =>
  inScene(async ({ dir, places, agent }) => {
    const source = `${dir}/scout`;
    await agent("global", "scout");
    await Deno.rename(`${places.global}/scout`, source);
    await importAgent(places, source, { scope: "global" });
    let isDone = false;
    const replace = async () => {
      for (let round = 0; round < 30; round += 1) {
        await importAgent(places, source, { scope: "global", force: true });
      }
    };
    const replacing = replace().finally(() => isDone = true);
    try {
      while (!isDone) {
        assert.equal((await findAgent(places, "scout")).scope, "global");
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    } finally {
      await replacing;
    }
    assert.deepEqual(await rootNames(places.global), ["scout"]);
  }));

async function rootNames(root: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(root))).map(({ name }) => name).sort();
}
