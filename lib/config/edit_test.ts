import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { loadConfig } from "./config.ts";
import { configGet, configSet } from "./edit.ts";
import { splitKey } from "../toml/keys.ts";
import { projectPaths, resolvePaths } from "./paths.ts";

async function inTemp(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-edit-" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Sets keys one after another in a project's file and returns its text. */
async function edit(source: string, ...pairs: readonly (readonly [string, string])[]) {
  let text = "";
  await inTemp(async (dir) => {
    const file = projectPaths(dir).config;
    if (source !== "") {
      await Deno.mkdir(projectPaths(dir).dir);
      await Deno.writeTextFile(file, source);
    }
    for (const [key, value] of pairs) await configSet(file, key, value, "project");
    text = await Deno.readTextFile(file);
  });
  return text;
}

const refuses = (message: RegExp, hint = /./) => (error: unknown): boolean => {
  assert.ok(error instanceof KasError);
  assert.match(error.message, message);
  assert.match(error.hint ?? "", hint);
  return true;
};

const SOURCE = `# settings of ann
branch_prefix = 'u/' # keep

# about ui
[ui] # looks
auto_advance = true   # yes

[agents.coder]
flags = [
  "--a b", # one
]
`;

Deno.test("configSet() keeps comments, order, spacing and quotes", async () => {
  assert.equal(
    await edit(
      SOURCE,
      ["branch_prefix", "v/"],
      ["ui.auto_advance", "false"],
      ["ui.max_review_fix_cycles", "0"],
      ["agents.coder.model", "opus"],
      ["agents.fixer.program", "claude --x 'a b'"],
      ["auto_yes", "true"],
    ),
    `# settings of ann
branch_prefix = 'v/' # keep
auto_yes = true

# about ui
[ui] # looks
auto_advance = false   # yes
max_review_fix_cycles = 0

[agents.coder]
flags = [
  "--a b", # one
]
model = "opus"

[agents.fixer]
program = "claude --x 'a b'"
`,
  );
});

Deno.test("configSet() makes the file, lists and tables", async () => {
  assert.equal(
    await edit(
      "",
      ["agents.coder.flags", "--permission-mode x"],
      ["agents.coder.temperature", "0.5"],
    ),
    `[agents.coder]\nflags = [ "--permission-mode x" ]\ntemperature = 0.5\n`,
  );
  assert.match(
    await edit("", ["agents.coder.flags", `["a", "b"]`], ["agents.coder.env.TOKEN", "5"]),
    /flags = \[ "a", "b" \][\s\S]*TOKEN = "5"/,
  );
});

Deno.test("configSet() keeps CRLF and adds root keys above comments of tables", async () => {
  assert.equal(
    await edit("# c\r\n[ui]\r\nauto_advance = true\r\n", ["auto_yes", "true"]),
    "auto_yes = true\r\n\r\n# c\r\n[ui]\r\nauto_advance = true\r\n",
  );
});

Deno.test("configSet() changes a policy key where it stands", async () => {
  assert.equal(
    await edit("[ui]\nauto_merge = false\n", ["orchestration.auto_merge", "true"]),
    "[ui]\nauto_merge = true\n",
  );
  assert.equal(
    await edit("", ["ui.stuck_after_minutes", "9"]),
    "[orchestration]\nstuck_after_minutes = 9\n",
  );
  assert.equal(
    await edit(`[phases]\nmaster_review = "m"\n`, ["phases.readiness_review", "n"]),
    `[phases]\nmaster_review = "n"\n`,
  );
});

Deno.test("configSet() refuses wrong keys and values and leaves the file alone", () =>
  inTemp(async (dir) => {
    const file = projectPaths(dir).config;
    await Deno.mkdir(projectPaths(dir).dir);
    await Deno.writeTextFile(file, SOURCE);
    const set = (key: string, value: string) => configSet(file, key, value, "project");
    await assert.rejects(
      set("ui.auto_advanc", "true"),
      refuses(/no such key/, /Did you mean ui\.auto_advance\?/),
    );
    await assert.rejects(set("ui.auto_advance", "maybe"), refuses(/"maybe" .* true or false/));
    await assert.rejects(set("ui", "true"), refuses(/expected a table/));
    await assert.rejects(set("agents.co/der.model", "x"), refuses(/as a key/));
    await assert.rejects(set(`agents."../x".program`, "x"), refuses(/name of an agent/));
    await assert.rejects(set("agents.__proto__.model", "x"), refuses(/as a key/));
    await assert.rejects(set("database_url", "postgres://h/d"), refuses(/local database/));
    assert.equal(await Deno.readTextFile(file), SOURCE);
    await Deno.writeTextFile(file, "a = \n");
    await assert.rejects(set("auto_yes", "true"), refuses(/:1:5: Cannot read it as TOML/));
    assert.equal(await Deno.readTextFile(file), "a = \n");
  }));

Deno.test("configSet() can mend one of several errors", async () => {
  const source = `auto_yes = "x"\nbranch_prefix = 5\n`;
  assert.equal(await edit(source, ["auto_yes", "true"]), "auto_yes = true\nbranch_prefix = 5\n");
});

Deno.test("configSet() keeps the mode, leaves no other file, and tells when nothing changes", () =>
  inTemp(async (dir) => {
    const paths = projectPaths(dir);
    await configSet(paths.config, "auto_yes", "true", "project");
    await Deno.chmod(paths.config, 0o640);
    const { changed } = await configSet(paths.config, "auto_yes", "false", "project");
    const again = await configSet(paths.config, "auto_yes", "false", "project");
    assert.deepEqual([changed, again.changed], [true, false]);
    assert.equal(((await Deno.stat(paths.config)).mode ?? 0) & 0o777, 0o640);
    const names = [...Deno.readDirSync(paths.dir)].map((entry) => entry.name);
    assert.deepEqual(names, ["config.toml"]);
  }));

Deno.test("configSet() follows the user's symlink and refuses a project's", () =>
  inTemp(async (dir) => {
    const { configDir, userConfig } = resolvePaths({ HOME: dir, KASMOS_HOME: `${dir}/home` }, 1);
    await configSet(userConfig, "auto_yes", "true", "user");
    assert.equal(((await Deno.stat(userConfig)).mode ?? 0) & 0o777, 0o600);
    assert.equal(((await Deno.stat(configDir)).mode ?? 0) & 0o777, 0o700);
    await Deno.rename(userConfig, `${dir}/dotfile`);
    await Deno.symlink(`${dir}/dotfile`, userConfig);
    await configSet(userConfig, "auto_yes", "false", "user");
    assert.ok((await Deno.lstat(userConfig)).isSymlink);
    assert.equal(await Deno.readTextFile(`${dir}/dotfile`), "auto_yes = false\n");

    const repo = projectPaths(`${dir}/repo`);
    await Deno.mkdir(repo.dir, { recursive: true });
    await Deno.symlink(`${dir}/dotfile`, repo.config);
    await assert.rejects(
      configSet(repo.config, "auto_yes", "true", "project"),
      refuses(/symbolic link/),
    );
    assert.equal(await Deno.readTextFile(`${dir}/dotfile`), "auto_yes = false\n");
  }));

Deno.test("configGet() gives values, tables and the nearest key", () =>
  inTemp(async (dir) => {
    const paths = resolvePaths({ HOME: dir }, 1);
    const file = projectPaths(dir).config;
    await configSet(file, `agents."my.agent".program`, "codex", "project");
    const loaded = await loadConfig(dir, paths);
    assert.equal(configGet(loaded, "ui.max_review_fix_cycles"), 5);
    assert.equal(configGet(loaded, "ui.auto_merge"), false);
    assert.equal(configGet(loaded, `agents."my.agent".program`), "codex");
    const phases = configGet(loaded, "phases");
    assert.equal(Object.entries(phases ?? {}).length, 6);
    assert.throws(
      () => configGet(loaded, "ui.auto_advanse"),
      refuses(/Cannot find/, /Did you mean ui\.auto_advance\?/),
    );
  }));

Deno.test("splitKey() takes bare and quoted parts only", () => {
  assert.deepEqual(splitKey(`a."b.c".d-e`), ["a", "b.c", "d-e"]);
  for (const bad of ["", ".", "a.", ".a", "a..b", 'a."b', "a b", "a[0]", "__proto__"]) {
    assert.throws(() => splitKey(bad), KasError, bad);
  }
});

Deno.test("configSet() takes text in quotes as TOML does", async () => {
  const [model, flags] = ["agents.coder.model", "agents.coder.flags"];
  assert.match(await edit("", [model, '"opus"']), /^model = "opus"$/m);
  assert.match(await edit("", [model, "'a \"b\"'"]), /^model = (?:'a "b"'|"a \\"b\\"")$/m);
  assert.match(await edit("", [model, '"opus']), /^model = (?:'"opus'|"\\"opus")$/m);
  assert.match(await edit("", [flags, '"--x y"']), /^flags = \[ ?"--x y" ?\]$/m);
});
