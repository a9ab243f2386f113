import assert from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";

const SESSION = "11111111-2222-4333-8444-555555555555";
const AT = "2026-01-02T03:04:05.000Z";

/** An instance with a transcript in claude's words. */
async function transcript(world: World, lines: readonly unknown[]): Promise<void> {
  const row = await world.session({ key: "k", title: "one-implement", harness: "claude" });
  const launchDir = `${world.paths.sessionsDir}/${row.id}`;
  const projects = `${world.dir}/claude/projects`;
  await Deno.mkdir(launchDir, { recursive: true });
  await Deno.mkdir(`${projects}/tree`, { recursive: true });
  const place = { sessions: `${world.dir}/claude/sessions`, projects, session: SESSION };
  await Deno.writeTextFile(`${launchDir}/claude.json`, JSON.stringify(place));
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  await Deno.writeTextFile(`${projects}/tree/${SESSION}.jsonl`, `${text}\n`);
}

Deno.test("kas instance turns prints what an agent did", () =>
  inWorld(async (world) => {
    const use = { type: "tool_use", id: "t", name: "Bash", input: { command: "ls \u001b[2J" } };
    const output = Array.from({ length: 20 }, (_, at) => `line ${at}`).join("\n");
    const result = { type: "tool_result", tool_use_id: "t", content: output, is_error: true };
    await transcript(world, [
      { type: "user", uuid: "a", timestamp: AT, message: { content: "Look\naround" } },
      { type: "assistant", timestamp: AT, message: { content: [use] } },
      { type: "user", timestamp: AT, message: { content: [result] } },
      {
        type: "assistant",
        timestamp: "2026-01-02T03:04:10.000Z",
        message: { content: [{ type: "text", text: "Done." }], stop_reason: "end_turn" },
      },
      { type: "user", uuid: "b", timestamp: AT, message: { content: "More" } },
    ]);
    const text = await world.ok("instance", "turns", "one");
    assert.match(text, /^turn 1, .*, took 5s, 1 tool\n {2}system {5}Look\n {13}around\n/);
    assert.match(text, /^ {2}result {5}Bash \(error\)\n {13}line 0$/m);
    assert.match(text, /^ {13}line 11\n {13}\(8 more lines\)\n {2}response {3}Done\.$/m);
    assert.match(text, /\n\nturn 2, .*, goes on\n {2}system {5}More\n$/);
    assert.ok(!text.includes("\u001b"));

    type Shown = { title: string; turns: { number: number; rows: { kind: string }[] }[] };
    const some = await world.json<Shown>("i", "turns", "one", "--kind", "tool,result");
    assert.deepEqual(some.turns.map(({ rows }) => rows.map(({ kind }) => kind)), [
      ["tool", "result"],
      [],
    ]);
    const last = await world.json<Shown>("i", "turns", "one", "--last", "1");
    assert.deepEqual([last.title, last.turns.map(({ number }) => number)], ["one-implement", [2]]);
    const end = await world.ok("instance", "turns", "one", "--last", "1");
    assert.match(end, /^Earlier turns are not shown\n\nturn 2, /);
    assert.equal((await world.kas("instance", "turns", "one", "--last", "0")).code, 2);
    assert.equal((await world.kas("instance", "turns", "one", "--kind", "odd")).code, 2);
  }));

Deno.test("kas instance turns says why there are none", () =>
  inWorld(async (world) => {
    await world.session({ key: "k", title: "plain", harness: "command" });
    assert.equal(
      await world.ok("instance", "turns", "plain"),
      "The runtime command keeps no transcript of its turns\n",
    );
  }));
