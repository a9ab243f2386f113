import assert from "node:assert/strict";
import { defineCommand, defineGroup } from "../cli/define.ts";
import { answerFor, wordsOf } from "./answer.ts";
import { complete } from "./complete.ts";
import { scriptFor } from "./scripts.ts";
import { type Asked, type Candidate, SHELLS } from "./types.ts";

const run = () => {};
const opened: string[] = [];

const TREE = defineGroup({
  description: "root",
  commands: {
    task: {
      summary: "Tasks",
      aliases: ["t"],
      load() {
        opened.push("task");
        return Promise.resolve({
          default: defineGroup({
            description: "tasks",
            commands: {
              start: defineCommand({
                description: "Start",
                args: {
                  task: { type: "positional" },
                  force: { type: "boolean", short: "f", description: "By force" },
                  repo: { type: "string", metavar: "path" },
                  output: { type: "enum", choices: ["text", "json"] },
                },
                run,
              }),
              list: defineCommand({
                description: "List",
                args: { status: { type: "string", multiple: true, metavar: "list" } },
                run,
              }),
              secretly: defineCommand({ description: "Hidden", hidden: true, run }),
            },
          }),
        });
      },
    },
    skills: defineCommand({
      description: "Skills",
      args: { skills: { type: "positional", multiple: true, metavar: "skill" } },
      run,
    }),
    read: defineCommand({ description: "Read", args: { file: { type: "positional" } }, run }),
  },
});

const asked: Asked[] = [];
const lookUp = (what: Asked): Promise<Candidate[]> => {
  asked.push(what);
  return Promise.resolve([
    { value: "add-login", about: "ready" },
    { value: "ärger", about: "" },
    { value: "$(rm -rf)", about: "hostile" },
    { value: "two words", about: "" },
  ]);
};

async function values(...words: string[]): Promise<string[]> {
  return (await complete(TREE, words, lookUp)).candidates.map(({ value }) => value);
}

Deno.test("complete() gives commands and loads no module for them", async () => {
  opened.length = 0;
  assert.deepEqual(await values(""), ["task", "skills", "read"]);
  assert.deepEqual(await values("sk"), ["skills"]);
  assert.deepEqual(await values("--j"), ["--json"]);
  assert.deepEqual(opened, []);
});

Deno.test("complete() follows aliases and hides what is hidden", async () => {
  assert.deepEqual(await values("t", ""), ["start", "list"]);
  assert.deepEqual(await values("--json", "t", "li"), ["list"]);
  assert.deepEqual(await values("nope", ""), []);
  assert.deepEqual(await values("help", "task", "st"), ["start"]);
});

Deno.test("complete() gives options that are not used yet", async () => {
  const globals = ["--json", "--no-color", "--help"];
  assert.deepEqual(await values("task", "start", "-"), [
    "--force",
    "--repo",
    "--output",
    ...globals,
  ]);
  assert.deepEqual(await values("task", "start", "-f", "--output=text", "-"), [
    "--repo",
    ...globals,
  ]);
  assert.deepEqual(await values("task", "list", "--status", "done", "--s"), ["--status"]);
  assert.deepEqual(await values("task", "start", "--", "-"), []);
});

Deno.test("complete() gives values of options, behind a space, = and commas", async () => {
  assert.deepEqual(await values("task", "start", "--output", ""), ["text", "json"]);
  assert.deepEqual(await values("task", "start", "--output=j"), ["--output=json"]);
  assert.deepEqual(await values("task", "list", "--status", "ready,done,pl"), [
    "ready,done,planning",
  ]);
  assert.deepEqual(await values("task", "list", "--status=ready,r"), ["--status=ready,reviewing"]);
});

Deno.test("complete() looks up names, in the repository that was named", async () => {
  asked.length = 0;
  assert.deepEqual(await values("task", "start", "--repo", "/x", "add"), ["add-login"]);
  assert.deepEqual(asked, [{ kind: "task", operands: [], repo: "/x", typed: "add" }]);
  assert.deepEqual(await values("task", "start", "add-login", ""), []);
});

Deno.test("complete() leaves out values that a shell would run or split", async () => {
  assert.deepEqual(await values("task", "start", ""), ["add-login", "ärger"]);
});

Deno.test("complete() gives each of several names once", async () => {
  assert.deepEqual(await values("skills", "add-login", ""), ["ärger"]);
});

Deno.test("complete() leaves files and folders to the shell", async () => {
  const fallback = async (...words: string[]) => (await complete(TREE, words, lookUp)).fallback;
  assert.equal(await fallback("read", ""), "files");
  assert.equal(await fallback("task", "start", "--repo", ""), "folders");
  assert.equal(await fallback("task", "start", ""), "none");
});

Deno.test("wordsOf() puts together what bash splits at =", () => {
  const split = ["task", "list", "--status", "=", "re"];
  assert.deepEqual(wordsOf("bash", split), ["task", "list", "--status=re"]);
  assert.deepEqual(wordsOf("bash", ["task", "list", "--status", "="]), [
    "task",
    "list",
    "--status=",
  ]);
  assert.deepEqual(wordsOf("zsh", split), split);
});

Deno.test("answerFor() makes explanations one line, and gives bash the part it replaces", () => {
  const candidates = [{ value: "--status=ready", about: "a\tb\n\x1b[31mc" }];
  const shown = { candidates, fallback: "none" } as const;
  assert.equal(answerFor("bash", shown, "--status=re"), "ready\n:none\n");
  const [line = ""] = answerFor("fish", shown, "--status=re").split("\n");
  assert.match(line, /^--status=ready\t[^\t\p{Cc}]+$/u);
});

Deno.test("scriptFor() has a script for each shell that calls kas", () => {
  for (const shell of SHELLS) assert.ok(scriptFor(shell).includes(` complete ${shell} -- `), shell);
});
