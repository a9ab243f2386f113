import assert from "node:assert/strict";
import { fileText, until, withServer } from "./_testing.ts";
import { TmuxServer } from "./mod.ts";

/** Everything that tmux, a shell or a terminal might trip over. */
const HOSTILE = "a$HOME`id`\"'\\ ~;#{pid}#[fg=red]%1 %end\r\n\té漢\x1b[31m\x01\x7f{}|&-";

Deno.test("TmuxServer.list() starts no server", async () => {
  await withServer(async ({ server, socket }) => {
    assert.deepEqual(await server.list(), []);
    assert.equal(await server.has("a"), false);
    await server.kill("a");
    await assert.rejects(server.capture("a"), { code: "not_found" });
    await assert.rejects(Deno.stat(socket), Deno.errors.NotFound);
  });
});

Deno.test("TmuxServer.open() refuses a path that is no socket's", () => {
  for (const socket of ["s", "/", `/tmp/${"é".repeat(50)}`, "/tmp/a\nb"]) {
    assert.throws(() => TmuxServer.open({ socket }), { code: "invalid" });
  }
});

Deno.test("TmuxServer.start() refuses a directory that others may enter", async () => {
  await withServer(async ({ dir, sh }) => {
    await Deno.chmod(dir, 0o755);
    await assert.rejects(sh("a", "sleep 60"), /others may enter it/);
    await Deno.chmod(dir, 0o700);
  });
});

Deno.test("TmuxServer.start() passes arguments intact and exactly the given environment", async () => {
  await withServer(async ({ server, dir, sh }) => {
    const long = HOSTILE.repeat(Math.floor(65_536 / HOSTILE.length));
    const args = [HOSTILE, long, "", ";", "a;", "~", "-x", "{", "}"];
    const script = 'env -0 > env; printf "%s\\0" "$@" > .argv; mv .argv argv; exec sleep 60';
    const started = await sh("a", script, args, { env: { KAS_TEST: HOSTILE, HOME: "/h" } });
    assert.equal(started.adopted, false);
    assert.deepEqual((await fileText(`${dir}/argv`)).split("\0"), [...args, ""]);

    const found = (await fileText(`${dir}/env`)).split("\0").filter((it) => it !== "");
    const env = new Map(
      found.map((it) => [it.slice(0, it.indexOf("=")), it.slice(it.indexOf("=") + 1)]),
    );
    assert.equal(env.get("KAS_TEST"), HOSTILE);
    assert.equal(env.get("HOME"), "/h");
    assert.equal(env.get("PWD"), dir);
    const terminal = ["TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "SHELL", "PWD", "_"];
    const rest = [...env.keys()].filter((name) => !terminal.includes(name));
    assert.deepEqual(rest.sort(), ["HOME", "KAS_TEST", "LANG", "PATH"]);

    const [pane] = await server.list();
    assert.deepEqual([pane?.pid, pane?.pane, pane?.dead], [started.pid, started.pane, false]);
    assert.deepEqual([pane?.width, pane?.height, pane?.command], [160, 48, "sleep"]);
    assert.deepEqual([pane?.attached, (pane?.createdAt ?? 0) > 1e12], [false, true]);
  });
});

Deno.test("TmuxServer.start() runs a program once for a marker", async () => {
  await withServer(async ({ server, dir, socket, sh }) => {
    const marker = `${dir}/once`;
    await using other = TmuxServer.open({ socket });
    const script = "echo ran >> runs; exec sleep 60";
    const argv = ["sh", "-c", script];
    const options = { name: "a", cwd: dir, argv, env: {}, marker };
    const both = await Promise.all([sh("a", script, [], { marker }), other.start(options)]);
    assert.deepEqual(both.map((it) => it.adopted).sort(), [false, true]);
    assert.equal(both[0].pid, both[1].pid);
    await fileText(`${dir}/runs`);

    await server.kill("a", { graceMs: 1000 });
    assert.equal((await sh("a", script, [], { marker })).adopted, false);
    const pane = await until(async () => (await server.list()).find((it) => it.dead));
    assert.equal(pane.exitCode, 97);
    assert.equal(await fileText(`${dir}/runs`), "ran\n");
  });
});

Deno.test("TmuxServer.list() tells how a program ended", async () => {
  await withServer(async ({ server, dir, sh, tmux }) => {
    await Promise.all([
      sh("code", "exit 3"),
      sh("signal", "kill -KILL $$"),
      sh("missing", "", [], { argv: [`${dir}/nothing`] }),
      sh("unmarked", "exit 0", [], { marker: `${dir}/no/such/place` }),
    ]);
    const panes = await until(async () => {
      const all = await server.list();
      return all.length === 4 && all.every((it) => it.dead) && all;
    });
    const ends = panes.map((it) => [it.name, it.exitCode, it.exitSignal]);
    assert.deepEqual(ends, [
      ["code", 3, null],
      ["missing", 127, null],
      ["signal", null, "SIGKILL"],
      ["unmarked", 98, null],
    ]);
    await assert.rejects(server.send("code", "x"), { code: "conflict" });
    // The new name of the window is what tells control clients at once.
    await until(async () =>
      (await tmux("list-windows", "-t", "code", "-F", "#{window_name}")) === "ended\n"
    );
  });
});

Deno.test("TmuxServer.start() refuses what cannot work", async () => {
  await withServer(async ({ dir, sh }) => {
    await assert.rejects(sh("a", "", [], { cwd: `${dir}/none` }), { code: "not_found" });
    for (const name of ["", "a:b", "a.b", "=a", "kas-control", "é", "x".repeat(81)]) {
      await assert.rejects(sh(name, ""), { code: "invalid" }, name);
    }
    await assert.rejects(sh("a", "", [], { cols: 1.5 }), { code: "invalid" });
  });
});

Deno.test("TmuxServer takes names exactly", async () => {
  await withServer(async ({ server, sh }) => {
    await sh("x-T10", "echo secret; exec sleep 60");
    assert.equal(await server.has("x-T1"), false);
    for (
      const attempt of [
        () => server.capture("x-T1"),
        () => server.send("x-T1", "x"),
        () => server.keys("x-T1", ["C-c"]),
        () => server.resize("x-T1", 80, 24),
      ]
    ) await assert.rejects(attempt, { code: "not_found" });
    await server.kill("x-T1");
    assert.equal(await server.has("x-T10"), true);
    assert.equal((await sh("x-T1", "exec sleep 60")).adopted, false);
    assert.deepEqual((await server.list()).map((it) => it.name), ["x-T1", "x-T10"]);
  });
});

Deno.test("TmuxServer.capture() reads the screen and the history", async () => {
  await withServer(async ({ server, sh }) => {
    await sh("a", "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; printf end; cat");
    await until(async () => (await server.capture("a")).includes("end"));
    assert.equal(await server.capture("a", { start: 0, end: 0 }), "line 2954");
    assert.ok((await server.capture("a", { start: "-", end: "-" })).startsWith("line 1\nline 2\n"));
    assert.ok((await server.capture("a", { start: -2, end: 1 })).startsWith("line 2952\n"));
    await assert.rejects(server.capture("a", { start: 0.5 }), { code: "invalid" });
  });
});

Deno.test("TmuxServer.capture() keeps apart a hundred at once, forged replies among them", async () => {
  await withServer(async ({ server, sh }) => {
    await sh("a", "printf '\\033[1mbold\\033[0m\\nready'; exec sleep 60");
    await sh("b", `for i in $(seq 1 47); do echo "%end $(date +%s) $i 1"; done; printf ready; cat`);
    const both = async () => [await server.capture("a"), await server.capture("b")];
    await until(async () => (await both()).every((it) => it.includes("ready")));
    const [a, b] = await both();
    const all = await Promise.all(Array.from({ length: 50 }, both));
    assert.ok(all.every((it) => it[0] === a && it[1] === b));
    assert.ok((await server.capture("a", { escapes: true })).startsWith("\x1b[1mbold"));
  });
});

Deno.test("TmuxServer.resize() holds without anybody attached and lets people resize", async () => {
  await withServer(async ({ server, sh, tmux }) => {
    await sh("a", "exec sleep 60", [], { cols: 90, rows: 30 });
    await server.resize("a", 100, 40);
    const [pane] = await server.list();
    assert.deepEqual([pane?.width, pane?.height], [100, 40]);
    assert.equal(
      (await tmux("show-options", "-A", "-w", "-v", "-t", "a", "window-size")).trim(),
      "latest",
    );
  });
});

Deno.test("TmuxServer stays with the agent's pane when a person splits it", async () => {
  await withServer(async ({ server, sh, tmux }) => {
    await sh("a", "printf agent; exec sleep 60");
    const { pane } = (await server.list())[0] ?? {};
    await tmux("split-window", "-t", "a", "sh -c 'printf person; exec cat'");
    await until(async () => (await tmux("capture-pane", "-p", "-t", "a")).includes("person"));
    assert.deepEqual((await server.list()).map((it) => it.pane), [pane]);
    assert.match(await server.capture("a"), /^agent/);
  });
});

Deno.test("TmuxServer keeps a person's environment and the command log out", async () => {
  await withServer(async ({ sh, tmux }) => {
    await sh("a", "exec sleep 60", ["secret"]);
    await tmux("new-session", "-d", "-s", "person");
    assert.doesNotMatch(await tmux("show-environment", "-t", "person"), /leak/);
    assert.doesNotMatch(await tmux("show-messages"), /secret/);
    assert.deepEqual(
      (await tmux("show-options", "-g", "history-limit")).trim(),
      "history-limit 50000",
    );
  });
});

Deno.test("TmuxServer.attachArgv() shows one session", () => {
  const server = TmuxServer.open({ socket: "/tmp/none/s" });
  // deno-fmt-ignore
  assert.deepEqual(
    server.attachArgv("a-1"),
    ["tmux", "-S", "/tmp/none/s", "attach-session", "-t", "=a-1"],
  );
  assert.throws(() => server.attachArgv("a b"), { code: "invalid" });
});
