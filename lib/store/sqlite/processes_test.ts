import assert from "node:assert/strict";
import { openStore } from "../mod.ts";

const WORKER = new URL("../testdata/open_worker.ts", import.meta.url).pathname;

interface Report {
  readonly open: unknown;
  readonly write: { readonly value?: unknown; readonly error?: { code: string; message: string } };
  readonly read: { readonly value?: unknown; readonly error?: { code: string; message: string } };
}

/** Runs the worker, as an unprivileged user when asked (root may write anywhere). */
async function work(args: string[], as: { home: string; drop: boolean }): Promise<Report> {
  const nobody = as.drop && Deno.uid() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "--no-check", "-A", WORKER, ...args],
    env: { HOME: as.home, DENO_DIR: `${as.home}/deno`, DENO_NO_UPDATE_CHECK: "1" },
    cwd: as.home,
    ...nobody,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as Report;
}

async function withFolders(body: (data: string, home: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.chmod(folder, 0o755);
    await Deno.mkdir(`${folder}/data`);
    await Deno.mkdir(`${folder}/home`);
    await Deno.chmod(`${folder}/home`, 0o777); // mkdir's mode is cut by the umask
    await body(`${folder}/data`, `${folder}/home`);
  } finally {
    await Deno.chmod(`${folder}/data`, 0o755);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openStore() lets many processes create one store at once", () =>
  withFolders(async (data, home) => {
    const roots = ["a", "b", "c", "d", "e", "f"].map((name) => `/nowhere/${name}`);
    const path = `${data}/deep/store.db`;
    const reports = await Promise.all(
      roots.map((root) => work([path, "write", root], { home, drop: false })),
    );
    for (const { open, write } of reports) {
      assert.equal(open, "ok");
      assert.equal(write.error, undefined);
    }
    await using store = await openStore(path);
    assert.deepEqual((await store.projects()).map((project) => project.key), [..."abcdef"]);
  }));

Deno.test("openStore() reads a store that may not be written", () =>
  withFolders(async (data, home) => {
    const path = `${data}/store.db`;
    const store = await openStore(path);
    await store.ensureProject({ root: "/nowhere/kept", rootCommit: "k" });
    await store.close();
    const seal = async (file: number, folder: number) => {
      await Deno.chmod(path, file);
      await Deno.chmod(data, folder);
    };
    const as = { home, drop: true };
    const check = (report: Report) => {
      assert.equal(report.open, "ok");
      assert.deepEqual(report.read.value, ["kept"]);
      assert.equal(report.write.error?.code, "store_unavailable");
      assert.match(report.write.error?.message ?? "", /read-only/);
    };
    await seal(0o444, 0o555);
    check(await work([path, "read"], as));
    const refused = await work([path, "write"], as);
    assert.match(JSON.stringify([refused.open, refused.write]), /store_unavailable/);

    await seal(0o000, 0o555);
    const unreadable = await work([path, "read"], as);
    assert.match(JSON.stringify(unreadable.open), /store_unavailable.*permission/is);
  }));

Deno.test("openStore() says when it may not create the store", () =>
  withFolders(async (data, home) => {
    await Deno.chmod(data, 0o555);
    const report = await work([`${data}/sub/store.db`, "write"], { home, drop: true });
    assert.match(JSON.stringify(report.open), /store_unavailable.*sub\/store\.db/s);
  }));
