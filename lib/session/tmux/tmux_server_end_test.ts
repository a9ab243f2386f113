import assert from "node:assert/strict";
import { fileText, until, withServer } from "./_testing.ts";
import { KasError } from "../../errors.ts";
import { type PaneInfo, TmuxServer } from "./mod.ts";
import { listProcesses } from "./processes.ts";

async function alive(pids: readonly number[]): Promise<number[]> {
  return (await listProcesses()).map((it) => it.pid).filter((pid) => pids.includes(pid));
}

Deno.test("TmuxServer.kill() leaves no process of a session, whatever it ignores", async () => {
  await withServer(async ({ server, dir, sh }) => {
    // One child in the group, one in a session of its own, one whose parent is gone.
    const script = `trap "" TERM HUP INT
      sleep 300 & echo $! >> .pids
      setsid sleep 300 & echo $! >> .pids
      sh -c 'sleep 300 & echo $! >> .pids'
      echo $$ >> .pids; mv .pids pids; while :; do sleep 300; done`;
    const { pid } = await sh("a", script);
    await sh("b", "exec sleep 300");
    const pids = (await fileText(`${dir}/pids`)).trim().split("\n").map(Number);
    assert.equal(pids.at(-1), pid);
    assert.deepEqual((await alive(pids)).length, 4);
    await server.kill("a", { graceMs: 100 });
    assert.deepEqual(await alive(pids), []);
    assert.deepEqual((await server.list()).map((it) => [it.name, it.dead]), [["b", false]]);
    await server.kill("a");
  });
});

Deno.test("TmuxServer.kill() lets a program end by itself and finds what a dead one left", async () => {
  await withServer(async ({ server, dir, sh }) => {
    await sh("polite", "trap 'echo bye > bye; exit' TERM; touch up; while :; do sleep 0.02; done");
    await sh("gone", "trap '' HUP; sleep 300 > /dev/null 2>&1 < /dev/null & echo $! > pid");
    const left = [Number(await fileText(`${dir}/pid`))];
    await until(async () => (await server.list()).some((it) => it.name === "gone" && it.dead));
    await until(async () => (await alive(left)).length === 1);
    await until(() => Deno.stat(`${dir}/up`).catch(missing));
    await Promise.all([server.kill("polite"), server.kill("gone")]);
    assert.equal(await Deno.readTextFile(`${dir}/bye`), "bye\n");
    assert.deepEqual(await alive(left), []);
    assert.deepEqual(await server.list(), []);
  });
});

function missing(error: unknown): false {
  if (error instanceof Deno.errors.NotFound) return false;
  throw error;
}

Deno.test("TmuxServer tells of a start, of an exit and of an end", async () => {
  let list = (): Promise<PaneInfo[]> => Promise.resolve([]);
  const pending: Promise<void>[] = [];
  const seen = new Set<string>();
  // What somebody knows who looks only when told.
  const onChange = () => {
    pending.push(
      list().then((panes) => {
        seen.add(panes.map((it) => `${it.name}:${it.dead ? it.exitCode : "runs"}`).join());
      }),
    );
  };
  await withServer(async ({ server, sh }) => {
    list = () => server.list();
    await sh("a", "read line; exit 5");
    await until(() => Promise.resolve(seen.has("a:runs")));
    await server.send("a", "");
    await until(() => Promise.resolve(seen.has("a:5")));
    seen.delete("");
    await server.kill("a");
    await until(() => Promise.resolve(seen.has("")));
  }, onChange);
  await Promise.all(pending);
});

Deno.test("TmuxServer survives the death of its server", async () => {
  await withServer(async ({ server, dir, sh, tmux }) => {
    await sh("a", "exec sleep 60");
    const calls = Array.from({ length: 50 }, () => server.capture("a"));
    const [results] = await Promise.all([Promise.allSettled(calls), tmux("kill-server")]);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      assert.ok(result.reason instanceof KasError, String(result.reason));
      assert.ok(["tmux_failed", "not_found"].includes(result.reason.code));
    }
    assert.deepEqual(await server.list(), []);
    assert.equal((await sh("a", "exec sleep 60", [], { marker: `${dir}/m2` })).adopted, false);
    assert.equal((await server.list()).length, 1);
  });
});

Deno.test("TmuxServer survives the death of its control session", async () => {
  await withServer(async ({ server, sh, tmux }) => {
    const { pid } = await sh("a", "exec sleep 60");
    await tmux("kill-session", "-t", "=kas-control");
    assert.deepEqual((await server.list()).map((it) => it.pid), [pid]);
    assert.equal((await sh("a", "exec sleep 60")).adopted, true);
  });
});

Deno.test("TmuxServer.close() leaves the sessions to the next one", async () => {
  await withServer(async ({ server, socket, sh, tmux }) => {
    const { pid } = await sh("a", "exec sleep 60");
    await server.close();
    assert.equal((await tmux("list-clients")).trim(), "");
    await using next = TmuxServer.open({ socket });
    assert.deepEqual((await next.list()).map((it) => it.pid), [pid]);
  });
});

Deno.test("TmuxServer.killServer() ends every process and may be repeated", async () => {
  await withServer(async ({ server, dir, sh }) => {
    await sh("a", 'trap "exit" TERM; trap "" HUP; echo $$ > pid; while :; do sleep 0.02; done');
    const pid = Number(await fileText(`${dir}/pid`));
    await server.killServer();
    assert.deepEqual(await alive([pid]), []);
    await server.killServer();
    assert.deepEqual(await server.list(), []);
  });
});
