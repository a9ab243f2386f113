import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { checkSocketPath, projectPaths, resolvePaths, withSocket } from "./paths.ts";

const isInvalid = (error: unknown) =>
  error instanceof KasError && error.code === "invalid" && error.hint !== undefined;

Deno.test("resolvePaths() defaults below HOME and /tmp", () => {
  assert.deepEqual(resolvePaths({ HOME: "/home/ann" }, 1000), {
    configDir: "/home/ann/.config/kasmos",
    userConfig: "/home/ann/.config/kasmos/config.toml",
    daemonConfig: "/home/ann/.config/kasmos/daemon.toml",
    database: "/home/ann/.config/kasmos/taskstore.db",
    runtimeDir: "/tmp/kasmos-1000",
    socket: "/tmp/kasmos-1000/kas.sock",
    lock: "/tmp/kasmos-1000/kas.sock.pid",
    tmuxSocket: "/tmp/kasmos-1000/tmux.sock",
    stateDir: "/home/ann/.local/state/kasmos",
    sessionsDir: "/home/ann/.local/state/kasmos/sessions",
    daemonLog: "/home/ann/.local/state/kasmos/daemon.log",
  });
});

Deno.test("resolvePaths() prefers KASMOS_*, then XDG_*, and ignores relative XDG paths", () => {
  const xdg = {
    HOME: "/h",
    XDG_CONFIG_HOME: "/c/",
    XDG_STATE_HOME: "rel",
    XDG_RUNTIME_DIR: "/run/user/1",
    TMPDIR: "/t",
  };
  const one = resolvePaths(xdg, 1);
  assert.deepEqual(
    [one.configDir, one.stateDir, one.runtimeDir],
    ["/c/kasmos", "/h/.local/state/kasmos", "/run/user/1/kasmos"],
  );
  assert.equal(resolvePaths({ ...xdg, XDG_RUNTIME_DIR: "" }, 7).runtimeDir, "/t/kasmos-7");
  const two = resolvePaths({
    KASMOS_HOME: "/k",
    KASMOS_STATE_DIR: "/s",
    KASMOS_RUNTIME_DIR: "/r",
    KASMOS_DB: "/d/x.db",
  }, 1);
  assert.deepEqual(
    [two.userConfig, two.database, two.socket, two.daemonLog],
    ["/k/config.toml", "/d/x.db", "/r/kas.sock", "/s/daemon.log"],
  );
});

Deno.test("resolvePaths() explains a missing home and relative KASMOS paths", () => {
  assert.throws(() => resolvePaths({}, 1), isInvalid);
  assert.throws(() => resolvePaths({ HOME: "" }, 1), isInvalid);
  assert.throws(() => resolvePaths({ HOME: "/h", KASMOS_DB: "x.db" }, 1), isInvalid);
});

Deno.test("withSocket() moves the lock with the socket", () => {
  const paths = withSocket(resolvePaths({ HOME: "/h" }, 1), "/x/y.sock");
  assert.deepEqual([paths.socket, paths.lock], ["/x/y.sock", "/x/y.sock.pid"]);
  assert.throws(() => withSocket(paths, "y.sock"), isInvalid);
});

Deno.test("checkSocketPath() counts bytes", () => {
  checkSocketPath(`/${"a".repeat(102)}`);
  assert.throws(() => checkSocketPath(`/${"a".repeat(103)}`), isInvalid);
  assert.throws(() => checkSocketPath(`/${"ä".repeat(52)}`), isInvalid);
});

Deno.test("projectPaths() stays inside the repository", () => {
  const paths = projectPaths("/repo/");
  assert.equal(paths.config, "/repo/.kasmos/config.toml");
  assert.equal(paths.signals.failed, "/repo/.kasmos/signals/failed");
  assert.deepEqual([paths.cache, paths.worktrees], ["/repo/.kasmos/cache", "/repo/.worktrees"]);
  assert.throws(() => projectPaths("repo"), isInvalid);
});
