import assert from "node:assert/strict";
import { refuses } from "./_fixture.ts";
import { checkProfile, parseProfile } from "./profile_file.ts";
import { parseSecretRef } from "./secret_ref.ts";

const PLACE = { name: "x", scope: "global", directory: "/a/x" } as const;

function said(source: string): string[] {
  return checkProfile(source, PLACE).findings
    .map(({ level, line, column, message }) => `${level} ${line}:${column} ${message}`);
}

const one = (source: string): string => said(source).join("\n");

Deno.test("parseProfile() takes an empty text, CRLF and a byte order mark", () => {
  const empty = parseProfile("", PLACE);
  assert.deepEqual([empty.name, empty.runtime, empty.soulFile], ["x", null, "/a/x/soul.md"]);
  const windows = parseProfile(`\ufeff[runtime]\r\ndefault = "codex"\r\n`, PLACE);
  assert.equal(windows.runtime, "codex");
});

Deno.test("parseProfile() takes the keys and runtime names that kman writes", () => {
  const profile = parseProfile(
    `name = "x"
description = "Reads"

[runtime]
default = "copilot-cli"
model = "m"

[runtime.claude-code]
permission_mode_raw = "acceptEdits"
extra_args = ["--debug"]
model = "opus"

[soul]
prompt_file = "soul.md"

[defaults]
permission_mode = "yolo"
output_format = "stream-json"
max_turns = 20
`,
    PLACE,
  );
  assert.deepEqual(
    [profile.runtime, profile.model, profile.permission, profile.outputFormat, profile.maxTurns],
    ["copilot", "m", "yolo", "stream-json", 20],
  );
  assert.deepEqual(profile.perRuntime.claude, {
    program: null,
    model: "opus",
    effort: null,
    permissionRaw: "acceptEdits",
    extraArgs: ["--debug"],
  });
});

Deno.test("checkProfile() names line and column of every wrong value", () => {
  assert.deepEqual(
    said(`strict = 3
[defaults]
max_turns = "50"
permission_mode = "sudo"
timeout_minutes = -1
[runtime]
default = "cluade"
codex = 3
[runtime.claude]
program = "a 'b"
extra_args = ["--x", 3]
[env]
pass = "X"
set = []
`),
    [
      `error 1:1 Cannot use "3" for strict: expected true or false`,
      `error 3:1 Cannot use "50" for defaults.max_turns: expected a whole number of at least 1`,
      `error 4:1 Cannot use "sudo" for defaults.permission_mode: expected one of "ask", "auto", "yolo"`,
      `error 5:1 Cannot use "-1" for defaults.timeout_minutes: expected a whole number of at least 0`,
      `error 7:1 Cannot use "cluade" for runtime.default: expected one of "claude", "codex", ` +
      `"opencode", "copilot", "gemini", "command", "demo", "claude-code", "copilot-cli"`,
      `error 8:1 Cannot use "3" for runtime.codex: expected a table`,
      `error 10:1 Cannot use "a 'b" for runtime.claude.program: expected a command line with ` +
      `closed quotes, or a list of words`,
      `error 11:22 Cannot use "3" for runtime.claude.extra_args[1]: expected text in quotes`,
      `error 13:1 Cannot use this value for env.pass: expected a list of names of variables, not ` +
      `of kas's own; "AWS_*" stands for all that begin so`,
      `error 14:1 Cannot use a list for env.set: expected a table`,
    ],
  );
  assert.match(one("a = \n"), /^error 1:5 Cannot read it as TOML/);
});

Deno.test("checkProfile() refuses variables of kas, bad names and one that is meant twice", () => {
  assert.match(one(`env.set.KASMOS_TOKEN = "x"`), /error 1:1 Cannot use a table for env\.set/);
  assert.match(one(`env.set."A B" = "x"`), /error/);
  assert.match(one(`env.pass = ["*"]`), /error/);
  assert.match(one(`env.pass = ["kasmos_x"]`), /error/);
  assert.match(
    one(`[env]\nset.A = "1"\nsecret.A = "file:a"`),
    /^error 3:1 A stands in env\.set too/,
  );
  assert.match(
    one("[runtime.claude]\n[runtime.claude-code]\n"),
    /error 2:2 .*are the same table/,
  );
});

Deno.test("checkProfile() warns of unknown keys and another name", () => {
  assert.deepEqual(said(`name = "y"\n[runtime]\nmodell = "x"\n`), [
    `warning 1:1 "y" is not the name of its folder: the agent is called "x"`,
    `warning 3:1 Unknown key "runtime.modell"; did you mean runtime.model?`,
  ]);
});

Deno.test("checkProfile() never repeats a value that may be a secret", () => {
  for (const source of [`env.secret.T = "hunter2"`, `env.secret.T = 17`, `env.set = "hunter2"`]) {
    assert.match(one(source), /^error 1:1 Cannot use/);
    assert.doesNotMatch(one(source), /hunter2/);
  }
});

Deno.test("parseSecretRef() takes files and keychain entries only", async () => {
  assert.deepEqual(parseSecretRef("file:gh.token"), { kind: "file", name: "gh.token" });
  assert.deepEqual(parseSecretRef("keychain:s/a b/c"), {
    kind: "keychain",
    service: "s",
    account: "a b/c",
  });
  for (
    const text of [
      "",
      "gh",
      "file:",
      "file:../x",
      "file:a/b",
      "keychain:x",
      "keychain:/x",
      "keychain:s/-a",
      "keychain:-s/a",
      "keychain:s/a\nb",
      "env:X",
    ]
  ) {
    const work = Promise.resolve().then(() => parseSecretRef(text));
    await refuses(work, "invalid", /secret/);
  }
});

Deno.test("parseProfile() resolves the soul by name", () => {
  const soul = (file: string) =>
    parseProfile(`soul.prompt_file = ${JSON.stringify(file)}`, PLACE).soulFile;
  assert.deepEqual(
    ["", "./p/../s.md", "../y/soul.md", "/etc/soul.md"].map(soul),
    [null, "/a/x/s.md", "/a/y/soul.md", "/etc/soul.md"],
  );
});
