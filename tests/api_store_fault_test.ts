import assert from "node:assert/strict";
import { inWorld } from "../commands/_testing.ts";
import { inApi } from "../lib/api/_testing.ts";
import type { Problem } from "../lib/api/schema/common.ts";
import type { Paths } from "../lib/config/paths.ts";
import { closeClients, daemonFetch, pingDaemon } from "../lib/daemon/client.ts";
import { selfArgv } from "../lib/self.ts";

/** A database that another process keeps locked, and one on a full disk. */

/** Locks the file it is given until its stdin ends. */
const LOCKER = `const { DatabaseSync } = await import("node:sqlite");
const db = new DatabaseSync(Deno.args[0]);
db.exec("BEGIN IMMEDIATE");
console.log("locked");
await Deno.stdin.read(new Uint8Array(1));`;

Deno.test("while another process locks the database a write is refused, reads go on", () =>
  inApi(async (api) => {
    await api.task("a");
    const before = await api.store.lastEventId();
    const other = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", LOCKER, api.paths.database],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = other.stdout.getReader();
    try {
      await reader.read();
      const body = { name: "late" };
      const refused = await api.refused("POST P/tasks", "store_unavailable", { body });
      assert.equal(refused.status, 503);
      assert.match(refused.detail, /locked/);
      assert.equal((await api.ask("GET P/tasks/a", { as: "read" })).status, 200);
    } finally {
      await other.stdin.close();
      await other.status;
      await reader.cancel();
    }
    assert.equal(await api.store.lastEventId(), before);
    assert.equal((await api.ask("POST P/tasks", { body: { name: "late" } })).status, 201);
  }));

/** Runs the program behind a folder, for which that folder is a disk of its own with little space. */
const SMALL_DISK = [
  ...["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"],
  'mount -t tmpfs -o size=6m,mode=700 tmpfs "$0" && exec "$@"',
];

/** Whether this machine lets a user have such a folder. */
async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const dir = await Deno.makeTempDir({ prefix: "kas-mount-" });
  try {
    const [program = "", ...args] = SMALL_DISK;
    const { success } = await new Deno.Command(program, { args: [...args, dir, "true"] }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  } finally {
    await Deno.remove(dir);
  }
}

/** Writes a file until the small disk is full. */
async function fill(path: string): Promise<void> {
  using file = await Deno.create(path);
  for (let size = 256 * 1024; size >= 1;) {
    try {
      await file.write(new Uint8Array(size));
      assert.ok((await file.stat()).size < 64 * 1024 * 1024, "the disk is not the small one");
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      assert.equal(error instanceof Error && "code" in error ? error.code : error, "ENOSPC");
      size = Math.floor(size / 2);
    }
  }
}

/** What the daemon answered. */
interface Told<T> {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly json: T;
}

async function ask<T>(paths: Paths, key: string, body?: unknown): Promise<Told<T>> {
  const [method = "", path = ""] = key.split(" ");
  const init = body === undefined ? { method } : {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await daemonFetch(paths, path, init);
  const text = await response.text();
  const type = response.headers.get("content-type");
  return { status: response.status, type, text, json: JSON.parse(text) };
}

async function names(paths: Paths, tasks: string): Promise<string[]> {
  const { json } = await ask<{ items: { name: string }[] }>(paths, `GET ${tasks}`);
  return json.items.map((task) => task.name).sort();
}

async function lastEvent(paths: Paths): Promise<number | undefined> {
  const log = await ask<{ items: { id: number }[] }>(paths, "GET /v1/audit-events?limit=1");
  return log.json.items[0]?.id;
}

Deno.test({
  name: "on a full disk a daemon refuses a write and changes nothing, and goes on afterwards",
  ignore: !(await canMount()),
  fn: () =>
    inWorld(async (world) => {
      const { configDir, socket } = world.paths;
      const [program = "", ...args] = SMALL_DISK;
      const [self = "", ...words] = selfArgv();
      const daemon = new Deno.Command(program, {
        args: [...args, configDir, self, ...words, "daemon", "start", "--foreground"],
        clearEnv: true,
        env: { ...world.env },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        while (!(await pingDaemon(world.paths))) await new Promise((go) => setTimeout(go, 20));
        const repo = await ask<{ project: string }>(world.paths, "POST /v1/repos", {
          path: world.repo,
        });
        assert.equal(repo.status, 201, repo.text);
        const tasks = `/v1/projects/${repo.json.project}/tasks`;
        // the folder as the daemon sees it; its pid is that of unshare, which became it
        const filler = `/proc/${daemon.pid}/root${configDir}/filler`;
        await fill(filler);
        const content = "x".repeat(400_000);
        const made: string[] = [];
        let refused: Told<Problem>;
        // a little fits into what the journal has got already
        for (;;) {
          const name = `t${made.length}`;
          refused = await ask<Problem>(world.paths, `POST ${tasks}`, { name, content });
          if (refused.status !== 201) break;
          assert.ok(made.length < 20, "the disk is not full");
          made.push(name);
        }
        assert.deepEqual([refused.status, refused.json.code], [503, "store_unavailable"]);
        assert.match(refused.json.detail, /the disk is full/);
        assert.equal(refused.type, "application/problem+json");
        assert.deepEqual(await names(world.paths, tasks), made);
        const last = await lastEvent(world.paths);
        const again = await ask<Problem>(world.paths, `POST ${tasks}`, { name: "again", content });
        assert.equal(again.json.code, "store_unavailable");
        assert.equal(await lastEvent(world.paths), last);

        await Deno.remove(filler);
        const late = await ask(world.paths, `POST ${tasks}`, { name: "late", content });
        assert.equal(late.status, 201, late.text);
        assert.deepEqual(await names(world.paths, tasks), [...made, "late"].sort());
      } finally {
        daemon.kill("SIGTERM");
        await daemon.status;
        closeClients();
      }
      await assert.rejects(Deno.stat(socket), Deno.errors.NotFound);
    }),
});
