import { deepEqual, equal } from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";

/** What an agent cannot do with the `kas` in its shell. */

/** Words that are a person's; each is refused with 3 before anything is looked at. */
const OF_PERSONS: readonly string[][] = [
  ["task", "transition", "mine", "cancel"],
  ["task", "set-status", "mine", "done", "--force"],
  ["task", "start", "mine"],
  ["task", "delete", "mine"],
  ["task", "topic", "mine", "x"],
  ["decision", "answer", "1", "approve"],
  ["token", "create", "--name", "x"],
  ["token", "revoke", "1"],
  ["agent", "create", "other"],
  ["agent", "edit", "scout", "--set", "defaults.permission_mode=yolo"],
  ["agent", "rename", "scout", "other"],
  ["agent", "delete", "scout", "--yes"],
  ["agent", "import", "."],
  ["secret", "set", "key"],
  ["secret", "remove", "key"],
  ["skills", "add", ".", "--all", "--user"],
  ["skills", "add", ".", "--all", "-a", "scout"],
  ["skills", "remove", "x", "--yes", "--user"],
  ["skills", "sync", "--user"],
  ["config", "set", "defaults.permission_mode", "yolo"],
  ["mcp", "install", "claude"],
  ["mcp", "uninstall", "claude"],
  ["instance", "kill", "x"],
  ["instance", "send", "x", "hello"],
  ["daemon", "stop"],
  ["daemon", "add", "."],
  ["daemon", "reload"],
  ["doctor", "--fix", "--yes"],
  ["check", "--fix", "--yes"],
  ["serve"],
  ["run", "-a", "scout", "--task", "x", "--detach"],
  ["run", "-a", "scout", "--task", "x", "--worktree", "x"],
];

async function tasks(world: World): Promise<unknown> {
  return (await world.store.tasks({ projectId: world.projectId })).map((
    { name, status, topic },
  ) => [
    name,
    status,
    topic,
  ]);
}

Deno.test("an agent is refused what is a person's, and nothing changes", async () => {
  await inWorld(async (world) => {
    await world.ok("agent", "create", "scout");
    await Deno.writeTextFile(
      `${world.paths.configDir}/agents/scout/agent.toml`,
      '[runtime]\ndefault = "command"\n[runtime.command]\nprogram = ["/bin/cat"]\n',
    );
    await world.ok("task", "create", "mine", "--description", "x");
    const agent = await world.agent({ taskId: (await world.task("mine")).id, role: "coder" });
    const before = await tasks(world);
    for (const words of OF_PERSONS) {
      const { code, out, err } = await world.run(words, agent);
      deepEqual([code, out], [3, ""], `kas ${words.join(" ")}: ${err}`);
    }
    deepEqual(await tasks(world), before);
    equal(await Deno.lstat(`${world.dir}/.claude.json`).catch(() => null), null);
    deepEqual((await world.json<{ name: string }[]>("secret", "list")).length, 0);
  });
});

Deno.test("what an agent reports bears its own name, whatever it says", async () => {
  await inWorld(async (world) => {
    await world.ok("task", "create", "mine", "--description", "x");
    const agent = await world.agent({ taskId: (await world.task("mine")).id, role: "coder" });
    const emit = ["signal", "emit", "review_approved", "mine"];
    const forged = { ...agent, identity: "kas_forged" };
    for (const nobody of [forged, { ...agent, identity: "" }]) {
      const { code, err } = await world.run(emit, nobody);
      equal(code, 3, err);
    }
    deepEqual(await world.store.signals({ limit: 9 }), []);
    // a coder's approval is refused by its own name, its own report is taken under it
    equal((await world.run(emit, agent)).code, 3);
    const report = ["signal", "emit", "implement_finished", "mine"];
    equal((await world.run(report, agent)).code, 0);
    const [signal] = await world.store.signals({ limit: 9 });
    equal(signal?.source, `session:${agent.session}`);
  });
});

Deno.test("an agent reads the screens and the words of its own task alone", async () => {
  await inWorld(async (world) => {
    for (const name of ["mine", "other"]) await world.ok("task", "create", name, "-d", "x");
    const agent = await world.agent({ taskId: (await world.task("mine")).id, title: "mine-1" });
    const taskId = (await world.task("other")).id;
    const other = await world.session({ key: "o", title: "other-1", taskId });
    for (const id of [agent.session, other.id]) {
      await Deno.mkdir(`${world.paths.sessionsDir}/${id}`, { recursive: true });
      await Deno.writeTextFile(`${world.paths.sessionsDir}/${id}/screen.txt`, "words\n");
    }
    for (const verb of ["capture", "turns"]) {
      const { code, out, err } = await world.run(["instance", verb, "other-1"], agent);
      deepEqual([code, out, /another task/.test(err)], [3, "", true], `${verb}: ${err}`);
      const own = await world.run(["instance", verb, "mine-1"], agent);
      equal(own.code, 0, own.err);
      await world.ok("instance", verb, "other-1");
    }
  });
});

Deno.test("an agent syncs the skills of its repository and leaves the user's alone", async () => {
  await inWorld(async (world) => {
    for (const home of [world.repo, world.dir]) {
      const skill = `${home}/.agents/skills/s`;
      await Deno.mkdir(skill, { recursive: true });
      await Deno.writeTextFile(`${skill}/SKILL.md`, "---\nname: s\ndescription: d\n---\n");
    }
    const agent = await world.agent();
    const { code, out, err } = await world.run(["skills", "sync", "--json"], agent);
    equal(code, 0, err);
    const layers = JSON.parse(out).map(({ layer }: { layer: string }) => layer);
    deepEqual([...new Set(layers)], ["project"]);
  });
});
