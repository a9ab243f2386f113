import assert from "node:assert/strict";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

interface Run {
  code: number;
  out: string;
  err: string;
}

type Kas = (...args: string[]) => Promise<Run>;

async function inRepo(body: (kas: Kas, dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-cmd-config-" });
  const env = {
    KASMOS_HOME: `${dir}/home`,
    KASMOS_STATE_DIR: `${dir}/state`,
    KASMOS_RUNTIME_DIR: `${dir}/run`,
    GIT_CONFIG_GLOBAL: "/dev/null",
    NO_COLOR: "1",
  };
  const repo = `${dir}/repo`;
  const spawn = async (program: string, args: readonly string[]): Promise<Run> => {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: repo,
      env,
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  };
  try {
    await Deno.mkdir(`${repo}/sub`, { recursive: true });
    const identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
    assert.equal((await spawn("git", ["init", "-q"])).code, 0);
    const commit = [...identity, "commit", "-q", "--allow-empty", "-m", "init"];
    assert.equal((await spawn("git", commit)).code, 0);
    await body((...args) => spawn(Deno.execPath(), ["run", "-A", "--quiet", MAIN, ...args]), dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("kas config sets, gets and shows with comments kept", () =>
  inRepo(async (kas, dir) => {
    const file = `${dir}/repo/.kasmos/config.toml`;
    await Deno.mkdir(`${dir}/repo/.kasmos`);
    await Deno.writeTextFile(file, "[ui] # looks\nauto_advance = true # yes\n");
    const set = await kas("config", "set", "ui.auto_advance", "false");
    assert.deepEqual([set.code, set.err], [0, ""]);
    assert.equal(await Deno.readTextFile(file), "[ui] # looks\nauto_advance = false # yes\n");

    const user = await kas("config", "set", "--user", "ui.auto_advance", "true", "--json");
    assert.deepEqual(JSON.parse(user.out), {
      path: `${dir}/home/config.toml`,
      key: "ui.auto_advance",
      value: true,
      changed: true,
    });
    assert.match(user.err, /^warning: the project sets ui.auto_advance too, and wins\n$/);
    assert.equal((await kas("config", "get", "ui.auto_advance")).out, "false\n");

    const rows: { key: string; value: unknown; source: string }[] = JSON.parse(
      (await kas("config", "show", "--json")).out,
    );
    assert.deepEqual(
      rows.find((row) => row.key === "ui.auto_advance"),
      { key: "ui.auto_advance", value: false, source: "project" },
    );
    assert.match(
      (await kas("config", "path")).out,
      /home\/config\.toml\n.*repo\/\.kasmos\/config\.toml\n$/,
    );
  }));

Deno.test("kas config hides environment values in show", () =>
  inRepo(async (kas) => {
    await kas("config", "set", "agents.coder.program", "claude");
    await kas("config", "set", "agents.coder.env.TOKEN", "hush");
    const show = await kas("config", "show");
    assert.match(show.out, /agents\.coder\.env\.TOKEN +\(hidden\) +project/);
    assert.doesNotMatch(show.out, /hush/);
    assert.equal((await kas("config", "get", "agents.coder.env.TOKEN")).out, "hush\n");
  }));

Deno.test("kas config explains wrong keys, wrong values and wrong files", () =>
  inRepo(async (kas, dir) => {
    const key = await kas("config", "set", "ui.auto_advanse", "true");
    assert.equal(key.code, 2);
    assert.match(key.err, /hint: Did you mean ui\.auto_advance\?/);
    const value = await kas("config", "set", "ui.auto_merge", "maybe");
    assert.equal(value.code, 2);
    assert.match(
      value.err,
      /^error: Cannot use "maybe" for \w+\.auto_merge: expected true or false\n/,
    );
    await Deno.mkdir(`${dir}/repo/.kasmos`, { recursive: true });
    await Deno.writeTextFile(`${dir}/repo/.kasmos/config.toml`, 'branch_prefix = 1\ntypo = "x"\n');
    const show = await kas("config", "show");
    assert.deepEqual([show.code, show.out], [2, ""]);
    assert.match(show.err, /config\.toml:1:1: Cannot use "1" for branch_prefix/);
  }));
