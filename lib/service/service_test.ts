import assert from "node:assert/strict";
import { resolvePaths } from "../config/paths.ts";
import { KasError } from "../errors.ts";
import { launchdManager, renderPlist } from "./launchd.ts";
import { launchOf, type ServiceHost, serviceManager, SPECS } from "./mod.ts";
import { renderUnit, systemdManager } from "./systemd.ts";
import { MARKER } from "./unit_file.ts";

const ODD = "/opt/my kas/100%h/$HOME/<a>&b/kas";

async function inTemp(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas service-" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A host whose service manager answers from a table, and which keeps what was asked. */
function hostAt(dir: string, answers: Record<string, number> = {}) {
  const asked: string[] = [];
  const host: ServiceHost = {
    env: { HOME: dir, PATH: "/bin", XDG_RUNTIME_DIR: `${dir}/run`, SECRET_KEY: "s3cret" },
    uid: 501,
    paths: resolvePaths({ HOME: dir, XDG_RUNTIME_DIR: `${dir}/run` }),
    run(argv) {
      const words = argv.join(" ");
      asked.push(words);
      const code = Object.entries(answers).find(([part]) => words.includes(part))?.[1] ?? 0;
      return Promise.resolve({ code, out: "", err: "" });
    },
  };
  return { host, asked };
}

const isCode = (code: string) => (error: unknown) =>
  error instanceof KasError && error.code === code;

Deno.test("renderUnit() quotes spaces, percent signs, dollars, quotes and backslashes", () => {
  const unit = renderUnit(SPECS.daemon, {
    program: [ODD, '$a "b" \\c'],
    version: "1.2.3",
    env: { HOME: "/h %o", A: "$b" },
  });
  const line = (start: string) => unit.split("\n").find((text) => text.startsWith(start));
  assert.equal(
    line("ExecStart="),
    String
      .raw`ExecStart="/opt/my kas/100%%h/$HOME/<a>&b/kas" "$$a \"b\" \\c" "daemon" "start" "--foreground"`,
  );
  assert.ok(unit.includes('Environment="A=$b"\nEnvironment="HOME=/h %%o"\n'));
});

Deno.test("renderUnit() restarts on failure after 5 seconds and leaves agents alone", () => {
  const unit = renderUnit(SPECS.serve, { program: ["/bin/kas"], version: "1.2.3", env: {} });
  for (const line of ["Type=simple", "Restart=on-failure", "RestartSec=5", "KillMode=process"]) {
    assert.ok(unit.includes(`\n${line}\n`), line);
  }
});

Deno.test("renderUnit() and renderPlist() refuse control characters", () => {
  const launch = { program: ["/bin/k\nExecStartPre=/bin/false"], version: "1.2.3", env: {} };
  assert.throws(() => renderUnit(SPECS.daemon, launch), isCode("invalid"));
  assert.throws(() => renderPlist(SPECS.daemon, launch, "/l"), isCode("invalid"));
  const quotes = { program: ['/bin/"k'], version: "1.2.3", env: {} };
  assert.throws(() => renderUnit(SPECS.daemon, quotes), isCode("invalid"));
});

Deno.test("launchOf() passes the places of kas and PATH, and no secrets", () =>
  inTemp((dir) => {
    const { host } = hostAt(dir);
    const { env, program } = launchOf(host, ["/usr/local/bin/kas"]);
    assert.deepEqual(program, ["/usr/local/bin/kas"]);
    assert.deepEqual(Object.keys(env).sort(), [
      "HOME",
      "KASMOS_DB",
      "KASMOS_HOME",
      "KASMOS_RUNTIME_DIR",
      "KASMOS_STATE_DIR",
      "PATH",
    ]);
    assert.equal(env.KASMOS_RUNTIME_DIR, `${dir}/run/kasmos`);
    return Promise.resolve();
  }));

Deno.test("serviceManager() names what it knows on another system", () =>
  inTemp((dir) => {
    const { host } = hostAt(dir);
    assert.equal(serviceManager(host, "linux").kind, "systemd");
    assert.equal(serviceManager(host, "darwin").kind, "launchd");
    assert.throws(() => serviceManager(host, "windows"), isCode("missing_program"));
    return Promise.resolve();
  }));

Deno.test("install() writes and starts once, and restarts only after a change", () =>
  inTemp(async (dir) => {
    const { host, asked } = hostAt(dir, { "is-active": 0 });
    const active = {
      ...host,
      run: async (argv: readonly string[]) => {
        const said = await host.run(argv);
        return argv.includes("is-active") ? { ...said, out: "active\n" } : said;
      },
    };
    const launch = { program: ["/bin/kas"], version: "1.2.3", env: { HOME: dir } };
    const first = await systemdManager(host).install(SPECS.daemon, launch);
    assert.deepEqual([first.changed, first.action], [true, "started"]);
    assert.ok((await Deno.readTextFile(first.file)).includes(MARKER));
    asked.length = 0;
    const second = await systemdManager(active).install(SPECS.daemon, launch);
    assert.deepEqual([second.changed, second.action], [false, "unchanged"]);
    assert.ok(!asked.some((words) => /restart|daemon-reload/.test(words)), asked.join("; "));
    const third = await systemdManager(active).install(SPECS.daemon, { ...launch, env: {} });
    assert.deepEqual([third.changed, third.action], [true, "restarted"]);
    // An upgrade leaves the path as it is; the program that runs is the old one all the same.
    const newer = { ...launch, env: {}, version: "1.2.4" };
    const fourth = await systemdManager(active).install(SPECS.daemon, newer);
    assert.deepEqual([fourth.changed, fourth.action], [true, "restarted"]);
  }));

Deno.test("install() and uninstall() leave a unit alone that kas did not write", () =>
  inTemp(async (dir) => {
    const { host, asked } = hostAt(dir);
    const manager = systemdManager(host);
    const file = manager.fileOf(SPECS.daemon);
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, "[Service]\nExecStart=/bin/true\n");
    const launch = { program: ["/bin/kas"], version: "1.2.3", env: {} };
    await assert.rejects(manager.install(SPECS.daemon, launch), isCode("guard"));
    await assert.rejects(manager.uninstall(SPECS.daemon), isCode("guard"));
    assert.equal(await Deno.readTextFile(file), "[Service]\nExecStart=/bin/true\n");
    assert.deepEqual(asked, []);
  }));

Deno.test("check() explains a manager that cannot be reached", () =>
  inTemp(async (dir) => {
    const { host } = hostAt(dir, { "show-environment": 1 });
    await assert.rejects(systemdManager(host).check(), isCode("missing_program"));
  }));

Deno.test("launchd loads a new agent, and takes out an old one before a changed one", () =>
  inTemp(async (dir) => {
    const { host, asked } = hostAt(dir, { "print gui/501/com.kasmos.daemon": 113 });
    const launch = { program: ["/bin/kas"], version: "1.2.3", env: {} };
    const manager = launchdManager(host);
    const file = `${dir}/Library/LaunchAgents/com.kasmos.daemon.plist`;
    assert.equal((await manager.install(SPECS.daemon, launch)).action, "started");
    assert.deepEqual(asked.slice(1), [`launchctl bootstrap gui/501 ${file}`]);
    const loaded = hostAt(dir);
    const again = launchdManager(loaded.host);
    assert.equal((await again.install(SPECS.daemon, launch)).action, "unchanged");
    assert.equal(
      (await again.install(SPECS.daemon, { ...launch, env: { A: "b" } })).action,
      "restarted",
    );
    assert.deepEqual(loaded.asked.slice(2), [
      "launchctl bootout gui/501/com.kasmos.daemon",
      `launchctl bootstrap gui/501 ${file}`,
    ]);
    assert.equal((await again.uninstall(SPECS.daemon)).removed, true);
    assert.equal((await again.uninstall(SPECS.daemon)).removed, false);
  }));

/** Whether a program can be started here. */
async function has(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const READ_PLIST = `import json, plistlib, sys
print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))`;

Deno.test({
  name: "renderPlist() is read back as it was meant",
  ignore: !(await has("python3")),
  fn: () =>
    inTemp(async (dir) => {
      const launch = { program: [ODD], version: "1.2.3", env: { A: "]]> & <!-- ö" } };
      const file = `${dir}/a.plist`;
      await Deno.writeTextFile(file, renderPlist(SPECS.serve, launch, `${dir}/log & s`));
      const { code, stdout, stderr } = await new Deno.Command("python3", {
        args: ["-c", READ_PLIST, file],
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const read = JSON.parse(new TextDecoder().decode(stdout));
      assert.deepEqual(read.ProgramArguments, [ODD, "serve"]);
      assert.deepEqual(read.EnvironmentVariables, launch.env);
      assert.equal(read.StandardErrorPath, `${dir}/log & s/taskstore.log`);
      assert.deepEqual(read.KeepAlive, { SuccessfulExit: false });
    }),
});

Deno.test({
  name: "renderUnit() passes systemd-analyze verify",
  ignore: Deno.build.os !== "linux" || !(await has("systemd-analyze")),
  fn: () =>
    inTemp(async (dir) => {
      const program = `${dir}/100% $kas`;
      await Deno.writeTextFile(program, "#!/bin/sh\n", { mode: 0o755 });
      const file = `${dir}/kasmos.service`;
      await Deno.writeTextFile(
        file,
        renderUnit(SPECS.daemon, { program: [program], version: "1.2.3", env: { A: "%" } }),
      );
      const { code, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["--user", "verify", file],
        env: { XDG_RUNTIME_DIR: dir, HOME: dir },
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const own = new TextDecoder().decode(stderr).split("\n").filter((line) => line.includes(dir));
      assert.deepEqual(own, []);
    }),
});

Deno.test("systemd's log is read by the unit of the user, and followed when that is asked", () =>
  inTemp((dir) => {
    const { logArgv } = systemdManager(hostAt(dir).host);
    const argv = logArgv(SPECS.daemon, { lines: 7, follow: true });
    assert.deepEqual(argv, [
      "journalctl",
      "--no-pager",
      "--output=short-iso",
      "--lines=7",
      "--follow",
      "--user-unit=kasmos.service",
    ]);
    assert.ok(!logArgv(SPECS.serve, { lines: 7, follow: false }).includes("--follow"));
    return Promise.resolve();
  }));
