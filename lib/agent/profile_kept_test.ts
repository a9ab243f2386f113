import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { inScene, type Scene } from "./_fixture.ts";
import { inspectAgent, listAgents, loadAgent, loadProfile } from "./library.ts";
import type { AgentPlaces } from "./places.ts";

const TOML = `description = "small"
[runtime]
default = "command"
[runtime.command]
program = ["/bin/echo", "a b"]
[env.secret]
KEY = "file:key"
`;

function keeping({ dir, places }: Scene): AgentPlaces & { keep: { folder: string } } {
  return { ...places, keep: { folder: `${dir}/read`, build: "one" } };
}

/** Changes what is kept, so that it shows whether it is used. */
async function mark(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    const entry = JSON.parse(text);
    const value = { ...entry.value, description: "kept" };
    await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify({ ...entry, value }));
  }
}

Deno.test("an agent.toml that was read before is not read again", () =>
  inScene(async (scene) => {
    await scene.agent("global", "a", { "agent.toml": TOML, "soul.md": "You are a.\n" });
    const places = keeping(scene);
    const plain = await loadAgent(scene.places, "a");
    assert.deepEqual(await loadAgent(places, "a"), plain);
    assert.deepEqual(await loadAgent(places, "a"), plain);
    await mark(places.keep.folder);
    assert.equal((await loadProfile(places, "a")).description, "kept");
    assert.equal((await loadAgent(places, "a")).profile.description, "kept");
    assert.equal((await listAgents(places))[0]?.description, "kept");
  }));

Deno.test("a changed agent.toml is read, and an agent of another place is another", () =>
  inScene(async (scene) => {
    const folder = await scene.agent("global", "a", { "agent.toml": TOML, "soul.md": "A\n" });
    const places = keeping(scene);
    await loadProfile(places, "a");
    await mark(places.keep.folder);
    await Deno.writeTextFile(`${folder}/agent.toml`, TOML.replace("small", "other"));
    assert.equal((await loadProfile(places, "a")).description, "other");
    await scene.agent("project", "a", { "agent.toml": TOML, "soul.md": "A\n" });
    const { scope, description } = await loadProfile(places, "a");
    assert.deepEqual([scope, description], ["project", "small"]);
  }));

Deno.test("an agent.toml with something to say about it says it each time", () =>
  inScene(async (scene) => {
    const folder = await scene.agent("global", "a", {
      "agent.toml": `colour = 1\n${TOML}`,
      "soul.md": "A\n",
    });
    const places = keeping(scene);
    for (let round = 0; round < 2; round++) {
      await loadProfile(places, "a");
      const ids = (await inspectAgent(places, "a")).map(({ id }) => id);
      assert.ok(ids.length > 0, "nothing was said");
    }
    await Deno.writeTextFile(`${folder}/agent.toml`, "description = 1\n");
    for (let round = 0; round < 2; round++) {
      await assert.rejects(
        loadProfile(places, "a"),
        (error) => error instanceof KasError && error.code === "invalid",
      );
    }
    await assert.rejects(Deno.stat(places.keep.folder), Deno.errors.NotFound);
  }));
