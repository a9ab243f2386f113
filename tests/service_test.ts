/**
 * kas under a real manager of systemd. Where the machine was not started by systemd the manager runs
 * in a mount namespace that looks as if it was; that takes root. Skipped where neither can be had.
 */
import assert from "node:assert/strict";
import { resolvePaths } from "../lib/config/paths.ts";
import { type ServiceHost, SPECS } from "../lib/service/mod.ts";
import { systemdManager } from "../lib/service/systemd.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const SYSTEMD = "/lib/systemd/systemd";
const BOOTED = "/run/systemd/system";

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const booted = Deno.build.os === "linux" && await isThere(BOOTED);
const possible = Deno.build.os === "linux" && await isThere(SYSTEMD) &&
  (booted || (Deno.uid() === 0 && await isThere("/usr/bin/unshare") &&
    await isThere("/run/systemd")));

/** A manager of its own, with everything of it in one folder. */
interface Manager {
  readonly dir: string;
  readonly env: Record<string, string>;
  run(argv: readonly string[]): Promise<{ code: number; out: string; err: string }>;
}

async function withManager(body: (manager: Manager) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-sd " }));
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: `${dir}/my home`,
    XDG_RUNTIME_DIR: `${dir}/run`,
    USER: "ann",
    NO_COLOR: "1",
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${cache}/deno`,
  };
  await Deno.mkdir(env.HOME);
  await Deno.mkdir(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  const stage = booted ? [SYSTEMD, "--user"] : [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `mount -t tmpfs none /run/systemd && mkdir ${BOOTED} &&
       exec ${SYSTEMD} --user`,
  ];
  const [program = "", ...args] = stage;
  const child = new Deno.Command(program, {
    args,
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  stack.defer(async () => {
    child.kill("SIGTERM");
    await child.status;
  });
  const enter = booted ? [] : ["nsenter", "-t", String(child.pid), "--mount", "--"];
  const run: Manager["run"] = async (argv) => {
    const [first = "", ...rest] = [...enter, ...argv];
    const { code, stdout, stderr } = await new Deno.Command(first, {
      args: rest,
      env: { ...env, LC_ALL: "C" },
      clearEnv: true,
      cwd: "/",
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  };
  await until(async () =>
    /running|degraded/.test((await run(["systemctl", "--user", "is-system-running"])).out)
  );
  await body({ dir, env, run });
}

async function until(look: () => Promise<boolean>): Promise<void> {
  for (let n = 0; !(await look()); n++) {
    if (n > 300) throw new Error("It did not happen within 30 seconds");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

Deno.test({
  name: "systemd starts a service with exactly the words and variables it was given",
  ignore: !possible,
  fn: () =>
    withManager(async ({ dir, env, run }) => {
      const odd = `${dir}/100%h ;kas $HOME`;
      await Deno.mkdir(odd);
      const program = `${odd}/kas`;
      const said = `${dir}/said`;
      await Deno.writeTextFile(
        program,
        `#!/bin/sh\nprintf '%s\\n' "$@" "$ODD" > '${said}.new'; mv '${said}.new' '${said}'; exec sleep 60\n`,
        { mode: 0o755 },
      );
      const host: ServiceHost = { env, uid: 0, paths: resolvePaths(env), run };
      const manager = systemdManager(host);
      await manager.check();
      const launch = {
        program: [program, '$HOME ${X} %n "a"'],
        version: "1.2.3",
        env: { ODD: 'a %h $b "c" \\d' },
      };
      assert.equal((await manager.install(SPECS.serve, launch)).action, "started");
      await until(() => isThere(said));
      assert.deepEqual((await Deno.readTextFile(said)).split("\n"), [
        '$HOME ${X} %n "a"',
        "serve",
        'a %h $b "c" \\d',
        "",
      ]);
      assert.equal((await manager.install(SPECS.serve, launch)).action, "unchanged");
      const status = await manager.status(SPECS.serve);
      assert.deepEqual([status.running, status.enabled, status.installed], [true, true, true]);
      const changed = await manager.install(SPECS.serve, { ...launch, env: {} });
      assert.equal(changed.action, "restarted");
      assert.equal((await manager.uninstall(SPECS.serve)).removed, true);
      assert.equal((await manager.status(SPECS.serve)).state, "not installed");
      assert.equal(await isThere(manager.fileOf(SPECS.serve)), false);
    }),
});

Deno.test({
  name: "kas service install takes over the daemon, brings it back when killed, and takes it away",
  ignore: !possible,
  fn: () =>
    withManager(async ({ env, run }) => {
      const kas = (...words: string[]) =>
        run([Deno.execPath(), "run", "-A", "--quiet", MAIN, ...words]);
      const ok = async (...words: string[]) => {
        const { code, out, err } = await kas(...words);
        assert.equal(code, 0, `kas ${words.join(" ")}: ${err}${out}`);
        return out;
      };
      await ok("daemon", "start");
      const byHand = JSON.parse(await ok("daemon", "status", "--json")).pid;
      assert.match(await ok("service", "install", "daemon"), /^daemon started: /);
      const pidOf = async () =>
        JSON.parse((await kas("service", "status", "daemon", "--json")).out)[0].pid;
      await until(async () => (await kas("daemon", "status")).out.includes("running ("));
      const pid = await pidOf();
      assert.notEqual(pid, byHand);
      assert.equal(JSON.parse(await ok("daemon", "status", "--json")).pid, pid);
      assert.match(await ok("service", "install", "daemon"), /^daemon unchanged: /);
      assert.equal(await pidOf(), pid);
      Deno.kill(pid, "SIGKILL");
      await until(async () => (await kas("daemon", "status")).out.includes("running ("));
      assert.notEqual(await pidOf(), pid);
      // Asked to stop, it stays stopped.
      await ok("daemon", "stop");
      await until(async () => (await kas("service", "status", "daemon")).out.includes("inactive"));
      assert.match(await ok("service", "uninstall"), /daemon removed: .*\nserve was not installed/);
      assert.equal(await isThere(`${env.HOME}/.config/systemd/user/kasmos.service`), false);
    }),
});
