import assert from "node:assert/strict";
import {
  buildTurns,
  inputText,
  MAX_ROWS,
  MAX_TEXT,
  MAX_TURNS,
  readTail,
  timeOf,
  type TurnEvent,
  turnsOfLines,
} from "./turns.ts";

const row = (kind: "prose" | "tool" | "status", text: string, at: number | null = null) =>
  ({ type: "row", kind, text, at }) as const;

Deno.test("buildTurns() closes a turn when it ends or the next begins", () => {
  const { turns } = buildTurns([
    { type: "begin", id: "a", at: 1 },
    row("prose", "first", 2),
    row("tool", "ls", 3),
    { type: "begin", id: "b", at: 10 },
    row("prose", "looking", 11),
    { type: "end", at: 12 },
    row("prose", "done", 13),
    { type: "end", at: 14 },
    row("status", "1 hook ran", 15),
    { type: "resume", at: 16 },
    { type: "end", at: 17 },
    { type: "begin", id: "c", at: 20 },
    row("prose", "stopped", 21),
    { type: "end", at: 22, interrupted: true },
    { type: "begin", id: "d", at: 30 },
    row("prose", "at work", 31),
  ]);
  assert.deepEqual(
    turns.map(({ id, number, startedAt, completedAt, interrupted, toolCount, rows }) => [
      [id, number, startedAt, completedAt, interrupted, toolCount].join(" "),
      rows.map(({ kind, text }) => `${kind} ${text}`).join("; "),
    ]),
    [
      ["a 1 1 3 false 1", "prose first; tool ls"],
      ["b 2 10 17 false 0", "prose looking; response done; status 1 hook ran"],
      ["c 3 20 22 true 0", "prose stopped"],
      ["d 4 30  false 0", "prose at work"],
    ],
  );
});

Deno.test("buildTurns() keeps to its limits and says what it left out", () => {
  const long = buildTurns([row("prose", "x".repeat(MAX_TEXT - 1) + "\u{1f600}")]).turns[0]?.rows[0];
  assert.deepEqual([long?.isCut, long?.text.length, long?.text.isWellFormed()], [
    true,
    MAX_TEXT,
    true,
  ]);
  const many = Array.from({ length: MAX_TURNS + 5 }, (_, at): TurnEvent => ({
    type: "begin",
    id: String(at),
    at,
  }));
  const { turns } = buildTurns(many);
  assert.deepEqual([turns.length, turns[0]?.number, turns.at(-1)?.number], [
    MAX_TURNS,
    6,
    MAX_TURNS + 5,
  ]);
  const busy = buildTurns(Array.from({ length: MAX_ROWS + 7 }, () => row("prose", "x"))).turns;
  assert.equal(busy[0]?.rows.length, MAX_ROWS + 1);
  assert.equal(busy[0]?.rows[0]?.text, "7 earlier rows are not shown");
});

Deno.test("turnsOfLines() counts what it cannot read, but not a line that is being written", () => {
  const seen: unknown[] = [];
  const { turns, isCut } = turnsOfLines(
    `{"n":1}\nnot json\n[1]\n\n{"n":2}\n{"n":3`,
    function* (lines) {
      for (const line of lines) {
        seen.push(line.n);
        yield row("prose", String(line.n));
      }
    },
    true,
  );
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(turns[0]?.rows.map(({ kind, text }) => `${kind} ${text}`), [
    "prose 1",
    "prose 2",
    "status 2 lines of the transcript cannot be read",
  ]);
  assert.equal(isCut, true);
});

Deno.test("readTail() begins with a whole line and stays in the folder", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const root = `${dir}/own`;
    await Deno.mkdir(root);
    await Deno.writeTextFile(`${root}/a.jsonl`, "first\nsecond\nthird\n");
    assert.deepEqual(await readTail(root, `${root}/a.jsonl`), {
      text: "first\nsecond\nthird\n",
      isCut: false,
    });
    assert.deepEqual(await readTail(root, `${root}/a.jsonl`, 9), { text: "third\n", isCut: true });
    await Deno.writeTextFile(`${dir}/secret.jsonl`, "secret\n");
    await Deno.symlink(`${dir}/secret.jsonl`, `${root}/link.jsonl`);
    await Deno.symlink(`${root}/a.jsonl`, `${root}/near.jsonl`);
    await Deno.symlink(dir, `${root}/up`);
    const { code } = await new Deno.Command("mkfifo", { args: [`${root}/pipe.jsonl`] }).output();
    assert.equal(code, 0);
    for (const name of ["link.jsonl", "up/secret.jsonl", "../secret.jsonl", "pipe.jsonl", "none"]) {
      assert.equal(await readTail(root, `${root}/${name}`), null, name);
    }
    assert.equal((await readTail(root, `${root}/near.jsonl`))?.isCut, false);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("what a transcript says of times and inputs is checked", () => {
  assert.deepEqual(
    [
      timeOf("2026-01-02T03:04:05Z"),
      timeOf(1.5),
      timeOf("x"),
      timeOf(1e300),
      timeOf(-1),
      timeOf({}),
    ],
    [1_767_323_045_000, 1, null, null, null, null],
  );
  assert.deepEqual(
    [inputText({ command: "ls", x: 1 }), inputText("raw"), inputText(null), inputText({})],
    ["ls", "raw", "", ""],
  );
  assert.equal(
    inputText({ command: ["sh", "-c"] }),
    JSON.stringify({ command: ["sh", "-c"] }, null, 2),
  );
});
