import assert from "node:assert/strict";
import type { Session } from "../lib/store/types.ts";
import { inWorld, type World } from "./_testing.ts";

const DIALOG = [
  " Bash command",
  " touch a",
  " Do you want to proceed?",
  " ❯ 1. Yes",
  "   2. No",
  "",
  " Esc to cancel · Tab to amend",
].join("\n");

/** An agent that asks once, in the words of claude, and says which key it got. */
async function asking(world: World, title: string): Promise<Session> {
  const row = await world.session({ key: title, title, harness: "claude" });
  const file = `${world.dir}/${title}.txt`;
  await Deno.writeTextFile(file, `${DIALOG}\n`);
  const key = "dd bs=1 count=1 2>/dev/null | od -An -tx1";
  const script = `stty -icanon -echo; cat ${file}; k=$(${key}); clear; echo "got $k"; sleep 1000`;
  const { pid } = await world.tmux().start({
    name: row.tmuxName,
    cwd: world.repo,
    argv: ["sh", "-c", script],
    env: { TERM: "screen" },
    marker: `${world.dir}/started-${row.id}`,
  });
  await world.store.commit([{
    kind: "session",
    id: row.id,
    patch: { status: "running", pid, activity: "asking", evidence: "a question" },
  }]);
  return row;
}

async function screen(world: World, title: string, wanted: RegExp): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (wanted.test(await world.ok("instance", "capture", title))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`the screen of ${title} never showed ${wanted}`);
}

Deno.test("kas instance permission presses what the answer means, and the agent asks no more", () =>
  inWorld(async (world) => {
    const row = await asking(world, "one");
    const refused = await world.kas("instance", "permission", "one", "always");
    assert.equal(refused.code, 3);
    assert.match(refused.err, /its question has no such answer/);
    const answered = await world.ok("instance", "permission", "one", "once");
    assert.equal(answered, "answered: one (once)\n");
    await screen(world, "one", /^got +0[ad]$/m);
    assert.equal((await world.store.session(row.id))?.activity, "busy");
    const again = await world.kas("instance", "permission", "one", "once");
    assert.equal(again.code, 3);
    assert.match(again.err, /it asks nothing/);

    await asking(world, "two");
    const shown = await world.json("instance", "permission", "two", "reject");
    assert.equal(shown.activity, "busy");
    await screen(world, "two", /^got +1b$/m);
    const log = await world.store.events({ kinds: ["permission_answered"], limit: 9 });
    assert.deepEqual(log.map(({ detail }) => detail), [{ choice: 0 }, { choice: 2 }]);
  }));

Deno.test("kas instance permission is a person's, and takes three words", () =>
  inWorld(async (world) => {
    await asking(world, "one");
    const agent = await world.run(["instance", "permission", "one", "once"], { session: "9" });
    assert.equal(agent.code, 3);
    const wrong = await world.kas("instance", "permission", "one", "yes");
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /Choose one of: once, always, reject/);
  }));
