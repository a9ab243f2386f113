import assert from "node:assert/strict";
import { KasError } from "../../errors.ts";
import { type ClientName, CLIENTS, type InstallScope } from "./clients.ts";
import { inspect, install, type InstallOptions, uninstall } from "./install.ts";

/** A home and a repository that are gone at the end. */
interface Place extends AsyncDisposable {
  readonly root: string;
  of(client: ClientName, scope?: InstallScope, env?: Record<string, string>): InstallOptions;
}

async function place(): Promise<Place> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-install-" }));
  for (const folder of ["home", "repo"]) await Deno.mkdir(`${root}/${folder}`);
  return {
    root,
    of: (client, scope = "user", env = {}) => ({
      client,
      scope,
      place: {
        env: { PATH: "/usr/bin:/bin", ...env },
        home: `${root}/home`,
        repoRoot: `${root}/repo`,
      },
      lockFile: `${root}/state/settings.lock`,
    }),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** The real file of each program, below the home or the repository. */
const FILES: Readonly<Record<ClientName, Readonly<Record<InstallScope, string>>>> = {
  claude: { user: "home/.claude.json", project: "repo/.mcp.json" },
  codex: { user: "home/.codex/config.toml", project: "repo/.codex/config.toml" },
  opencode: { user: "home/.config/opencode/opencode.json", project: "repo/opencode.json" },
  copilot: { user: "home/.copilot/mcp-config.json", project: "repo/.github/mcp.json" },
  gemini: { user: "home/.gemini/settings.json", project: "repo/.gemini/settings.json" },
};

Deno.test("R37: each program's own file is written, for the user and for a project", async () => {
  await using at = await place();
  for (const client of CLIENTS) {
    for (const scope of ["user", "project"] as const) {
      const options = at.of(client, scope);
      assert.equal((await inspect(options)).state, "absent");
      const done = await install(options, false);
      assert.equal(done.path, `${at.root}/${FILES[client][scope]}`);
      assert.equal(done.changed, true);
      assert.match(await Deno.readTextFile(done.path), /kasmos/);
      const again = await install(options, false);
      assert.deepEqual([again.changed, again.state], [false, "current"]);
      const { mode } = await Deno.stat(done.path);
      assert.equal((mode ?? 0) & 0o777, scope === "user" ? 0o600 : 0o644, done.path);
    }
  }
});

Deno.test("R38: nothing that is installed has a placeholder or a secret", async () => {
  await using at = await place();
  for (const client of CLIENTS) {
    for (const scope of ["user", "project"] as const) {
      const options = at.of(client, scope, { KASMOS_IDENTITY: "kas_planted", SECRET: "planted" });
      const { path } = await install(options, false);
      assert.doesNotMatch(await Deno.readTextFile(path), /\$|\{env:|planted/, path);
    }
  }
});

Deno.test("R39: an installed server knows an agent by the identity it inherits", async () => {
  await using at = await place();
  // codex hands its servers only what is named; the others hand on everything
  const { path } = await install(at.of("codex"), false);
  const text = await Deno.readTextFile(path);
  for (const name of ["KASMOS_IDENTITY", "KASMOS_SESSION", "KASMOS_DB"]) {
    assert.match(text, new RegExp(`env_vars = .*"${name}"`));
  }
});

Deno.test("R45: the folders that programs are told to use are honoured", async () => {
  await using at = await place();
  const env = {
    CLAUDE_CONFIG_DIR: `${at.root}/c`,
    CODEX_HOME: `${at.root}/x/`,
    XDG_CONFIG_HOME: `${at.root}/xdg`,
    COPILOT_HOME: `${at.root}/p`,
    GEMINI_CLI_HOME: `${at.root}/g`,
  };
  const paths: string[] = [];
  for (const client of CLIENTS) paths.push((await inspect(at.of(client, "user", env))).path);
  assert.deepEqual(paths.map((path) => path.slice(at.root.length)), [
    "/c/.claude.json",
    "/x/config.toml",
    "/xdg/opencode/opencode.json",
    "/p/mcp-config.json",
    "/g/.gemini/settings.json",
  ]);
});

Deno.test("install() keeps comments and other settings, uninstall() gives the file back", async () => {
  await using at = await place();
  const files: [ClientName, string, string][] = [
    [
      "codex",
      ".codex/config.toml",
      '# mine\nmodel = "x" # good\n\n[mcp_servers.a]\ncommand = "a"\n',
    ],
    [
      "opencode",
      ".config/opencode/opencode.jsonc",
      '{\n  // mine\n  "mcp": { "a": {} }, // a\n}\n',
    ],
    ["claude", ".claude.json", '{\n  "mcpServers": {\n    "a": {}\n  },\n  "numStartups": 7\n}\n'],
    [
      "gemini",
      ".gemini/settings.json",
      '{\r\n  /* x */ "mcpServers": {\r\n    "a": {}\r\n  }\r\n}\r\n',
    ],
    ["copilot", ".copilot/mcp-config.json", '{"mcpServers": {"a": {"b": 1}}}'],
  ];
  for (const [client, file, text] of files) {
    const path = `${at.root}/home/${file}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text, { mode: 0o640 });
    const options = at.of(client);
    const { path: written } = await install(options, false);
    assert.equal(written, path);
    const changed = await Deno.readTextFile(path);
    assert.notEqual(changed, text);
    for (const part of text.matchAll(/# \w+|\/\/ \w+|\/\* \w+ \*\/|"a"/g)) {
      assert.ok(changed.includes(part[0]), `${client}: ${part[0]}`);
    }
    assert.equal((await uninstall(options)).changed, true);
    assert.equal(await Deno.readTextFile(path), text, client);
    assert.equal((await uninstall(options)).changed, false);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o640);
  }
});

Deno.test("another entry under kas's name is replaced only when that is asked for", async () => {
  await using at = await place();
  for (const client of CLIENTS) {
    const options = at.of(client);
    const { path } = await install(options, false);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/"mcp"(?=\s*\])/, '"other"'));
    assert.equal((await inspect(options)).state, "other");
    await assert.rejects(install(options, false), { code: "exists" });
    assert.equal((await install(options, true)).changed, true);
    assert.equal((await inspect(options)).state, "current");
    assert.equal(await Deno.readTextFile(path), text);
  }
});

Deno.test("a broken file is left as it is, and the error says where and what would be added", async () => {
  await using at = await place();
  const broken: [ClientName, string, number, number][] = [
    ["claude", '{\n  "a": 1,\n}\n', 3, 1],
    ["claude", "// comments are none of JSON\n{}\n", 1, 1],
    ["claude", '{\n  "mcpServers": []\n}\n', 2, 17],
    ["claude", "[]", 1, 1],
    ["codex", "a = 1\nb = \n", 2, 5],
    ["opencode", '{ "mcp": { "a": } }', 1, 17],
    ["gemini", '{\n  "mcpServers": "none"\n}', 2, 17],
    ["copilot", "\u0000\u0001", 1, 1],
  ];
  for (const [client, text, line, column] of broken) {
    const { path } = await inspect({
      ...at.of(client),
      place: { ...at.of(client).place, home: `${at.root}/none` },
    });
    const file = path.replace(`${at.root}/none`, `${at.root}/home`);
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
    for (const work of [install, uninstall]) {
      await assert.rejects(work(at.of(client), true), (error) => {
        assert.ok(error instanceof KasError);
        assert.equal(error.code, "invalid");
        assert.equal(error.message.slice(0, `${file}:${line}:`.length), `${file}:${line}:`);
        assert.equal(error.context["column"], column, `${client} ${error.message}`);
        assert.match(error.hint ?? "", /left as it is/);
        assert.equal(/be added:\n[^]*kasmos/.test(error.hint ?? ""), work === install);
        return true;
      });
    }
    assert.equal(await Deno.readTextFile(file), text);
  }
});

Deno.test("settings that are a link of the user's are followed, a project's link is refused", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.root}/dotfiles`);
  await Deno.writeTextFile(`${at.root}/dotfiles/claude.json`, "{}\n");
  await Deno.symlink(`${at.root}/dotfiles/claude.json`, `${at.root}/home/.claude.json`);
  await install(at.of("claude"), false);
  assert.match(await Deno.readTextFile(`${at.root}/dotfiles/claude.json`), /kasmos/);
  assert.equal((await Deno.lstat(`${at.root}/home/.claude.json`)).isSymlink, true);

  await Deno.writeTextFile(`${at.root}/outside.json`, "{}\n");
  await Deno.symlink(`${at.root}/outside.json`, `${at.root}/repo/.mcp.json`);
  await assert.rejects(install(at.of("claude", "project"), false), { code: "guard" });
  assert.equal(await Deno.readTextFile(`${at.root}/outside.json`), "{}\n");
});

Deno.test("a user's own kas is called by its path, a project's by its name", async () => {
  await using at = await place();
  const user = await inspect(at.of("claude"));
  assert.doesNotMatch(user.snippet, /"command": "kas"/);
  const project = await inspect(at.of("claude", "project"));
  assert.match(project.snippet, /"command": "kas"/);
  const nowhere = { ...at.of("claude", "project") };
  await assert.rejects(
    inspect({ ...nowhere, place: { ...nowhere.place, repoRoot: null } }),
    { code: "not_a_repository" },
  );
});

Deno.test("install() explains a folder of state that cannot be made, and writes nothing", async () => {
  await using at = await place();
  await Deno.writeTextFile(`${at.root}/blocked`, "");
  const options = { ...at.of("claude"), lockFile: `${at.root}/blocked/state/settings.lock` };
  await assert.rejects(install(options, false), { code: "invalid", message: /Cannot create/ });
  assert.equal((await inspect(options)).state, "absent");
});
