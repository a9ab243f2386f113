import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import type { Args } from "./define.ts";
import { parseWords } from "./parse.ts";

const ARGS = {
  task: { type: "positional" },
  note: { type: "positional", required: false },
  title: { type: "string", short: "t", default: "none" },
  maxAge: { type: "number" },
  state: { type: "enum", choices: ["open", "done"] },
  tag: { type: "string", multiple: true },
  force: { type: "boolean", short: "f" },
  wait: { type: "boolean", negatable: true },
} as const satisfies Args;

const parse = (...argv: string[]) => parseWords(ARGS, argv, "kas x");

async function refused(argv: string[], message: RegExp, hint?: RegExp): Promise<void> {
  await assert.rejects(parse(...argv), (error) => {
    assert.ok(error instanceof KasError);
    assert.equal(error.code, "usage");
    assert.match(error.message, message);
    if (hint !== undefined) assert.match(error.hint ?? "", hint);
    return true;
  });
}

Deno.test("parseWords() types and reads options, arguments and defaults", async () => {
  const { values, explicit } = await parse("one", "--max-age=5", "-f", "--tag", "a", "--tag", "b");
  const title: string = values.title;
  const age: number | undefined = values.maxAge;
  const state: "open" | "done" | undefined = values.state;
  const task: string = values.task;
  assert.deepEqual([title, age, state, task], ["none", 5, undefined, "one"]);
  assert.deepEqual([values.tag, values.force, values.note], [["a", "b"], true, undefined]);
  assert.deepEqual([...explicit].sort(), ["force", "maxAge", "tag", "task"]);
});

Deno.test("parseWords() keeps empty strings and a lone dash", async () => {
  const { values } = await parse("", "-", "--title", "");
  assert.deepEqual([values.task, values.note, values.title], ["", "-", ""]);
});

Deno.test("R28: parseWords() takes the word behind a text option, whatever it looks like", async () => {
  const of = async (...argv: string[]) => (await parse("a", ...argv)).values;
  for (const text of ["- do it", "-v", "--verbose", "---", "-x=1"]) {
    assert.equal((await of("--title", text)).title, text);
    assert.equal((await of("-t", text)).title, text);
  }
  assert.deepEqual((await of("--tag", "-a", "--tag", "b")).tag, ["-a", "b"]);
  assert.equal((await of("--title", "-")).title, "-");
  // an option of the command is one, and what is behind -- is none
  await refused(["a", "--title", "--force"], /^Missing value for --title$/);
  await refused(["a", "--title", "--tag=b"], /^Missing value for --title$/);
  assert.equal((await parse("--", "--title", "-v")).values.note, "-v");
});

Deno.test("parseWords() takes every word after -- as an argument", async () => {
  const { values, behind } = await parse("--no-wait", "--", "--force", "");
  assert.deepEqual(behind, ["--force", ""]);
  assert.deepEqual((await parse("one")).behind, []);
  assert.deepEqual(
    [values.task, values.note, values.force, values.wait],
    ["--force", "", undefined, false],
  );
});

Deno.test("parseWords() fills repeated arguments around required ones", async () => {
  const args = {
    files: { type: "positional", multiple: true },
    target: { type: "positional" },
  } as const satisfies Args;
  const { values } = await parseWords(args, ["a", "b", "c"], "kas x");
  assert.deepEqual([values.files, values.target], [["a", "b"], "c"]);
  assert.deepEqual((await parseWords(args, ["c"], "kas x")).values.files, []);
});

Deno.test("parseWords() refuses wrong words and says how to repair them", async () => {
  await refused([], /^Missing argument <task>$/, /kas x --help/);
  await refused(["a", "b", "c"], /^Unexpected argument "c"/);
  await refused(["a", "--forse"], /^Unknown option "--forse"/, /--force/);
  await refused(["a", "-x"], /^Unknown option "-x"/);
  await refused(["a", "--title"], /^Missing value for --title$/, /--title=VALUE/);
  await refused(["a", "--max-age"], /^Missing value for --max-age$/);
  await refused(["a", "--max-age", "soon"], /"soon" is not a number/);
  await refused(["a", "--max-age", ""], /"" is not a number/);
  await refused(["a", "--state", "odd"], /^Cannot use "odd" for --state$/, /open, done/);
  await refused(["a", "--force=no"], /^Cannot give a value to --force/);
});
