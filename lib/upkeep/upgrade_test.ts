import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { unpackProgram } from "./archive.ts";
import { compareVersions, fetchArchive, findRelease, releasesUrl } from "./release.ts";
import { ownFile, planUpgrade, upgrade, type UpgradeOptions } from "./upgrade.ts";

const isCode = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof KasError && error.code === code && message.test(error.message);

const NEW = '#!/bin/sh\necho "kas 0.3.0"\n';
const OLD = '#!/bin/sh\necho "kas 0.2.0"\n';

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** A gzip'd tar as the release makes it, by the real tar. */
async function packed(dir: string, script: string, name = "kas"): Promise<Uint8Array<ArrayBuffer>> {
  const stage = await Deno.makeTempDir({ dir });
  const folder = `${stage}/kas-0.3.0-linux-x64`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/LICENSE`, "text\n".repeat(500));
  await Deno.writeTextFile(`${folder}/${name}`, script, { mode: 0o755 });
  const { code } = await new Deno.Command("tar", {
    args: ["-C", stage, "-czf", `${stage}/a.tar.gz`, "kas-0.3.0-linux-x64"],
  }).output();
  assert.equal(code, 0);
  return await Deno.readFile(`${stage}/a.tar.gz`);
}

/** Releases on a server, and a kas in a folder. */
interface Scene {
  readonly dir: string;
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly options: UpgradeOptions;
  readonly path: string;
  release(version: string, archive: Uint8Array<ArrayBuffer>, sum?: string): Promise<void>;
}

async function inScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas up " }));
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const files: Scene["files"] = new Map();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname;
    const file = files.get(path);
    if (file === undefined) return new Response("no", { status: 404 });
    return new Response(file);
  });
  stack.defer(() => server.shutdown());
  const path = `${dir}/bin/kas`;
  await Deno.mkdir(`${dir}/bin`);
  await Deno.writeTextFile(path, OLD, { mode: 0o755 });
  await body({
    dir,
    files,
    path,
    options: {
      program: [path],
      current: "0.2.0",
      base: `http://127.0.0.1:${server.addr.port}/releases`,
      wanted: null,
      platform: "linux-x64",
    },
    async release(version, archive, sum) {
      const name = `kas-${version}-linux-x64.tar.gz`;
      const list = `${"0".repeat(64)}  kas-${version}-macos-arm64.tar.gz\n` +
        `${sum ?? await sha256(archive)}  ${name}\n`;
      const text = new TextEncoder().encode(list);
      files.set("/releases/latest/download/checksums.txt", text);
      files.set(`/releases/download/v${version}/checksums.txt`, text);
      files.set(`/releases/download/v${version}/${name}`, archive);
    },
  });
}

/** Tries an upgrade that must fail, and looks that nothing was changed. */
async function fails(scene: Scene, code: string, message: RegExp): Promise<void> {
  await assert.rejects(
    async () => await upgrade(scene.options, await planUpgrade(scene.options)),
    isCode(code, message),
  );
  assert.equal(await Deno.readTextFile(scene.path), OLD);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(`${scene.dir}/bin`))).map((e) => e.name), [
    "kas",
  ]);
}

Deno.test("upgrade() puts the newest release in place and keeps the one before", () =>
  inScene(async (scene) => {
    await Deno.chmod(scene.path, 0o750);
    await scene.release("0.3.0", await packed(scene.dir, NEW));
    const plan = await planUpgrade(scene.options);
    assert.deepEqual([plan.needed, plan.release.version], [true, "0.3.0"]);
    const done = await upgrade(scene.options, plan);
    assert.deepEqual([done.from, done.to, done.path], ["0.2.0", "0.3.0", scene.path]);
    assert.equal(await Deno.readTextFile(scene.path), NEW);
    assert.equal(((await Deno.stat(scene.path)).mode ?? 0) & 0o777, 0o750);
    assert.equal(await Deno.readTextFile(done.kept), OLD);
    const left = await Array.fromAsync(Deno.readDir(`${scene.dir}/bin`));
    assert.deepEqual(left.map((entry) => entry.name).sort(), ["kas", "kas.old"]);
    // A second one replaces the copy, too.
    await upgrade({ ...scene.options, current: "0.1.0" }, plan);
    assert.equal(await Deno.readTextFile(done.kept), NEW);
  }));

Deno.test("upgrade() replaces what a link leads to", () =>
  inScene(async (scene) => {
    await scene.release("0.3.0", await packed(scene.dir, NEW));
    await Deno.symlink(scene.path, `${scene.dir}/link`);
    const options = { ...scene.options, program: [`${scene.dir}/link`] };
    await upgrade(options, await planUpgrade(options));
    assert.equal(await Deno.readTextFile(scene.path), NEW);
    assert.equal((await Deno.lstat(`${scene.dir}/link`)).isSymlink, true);
  }));

Deno.test("planUpgrade() needs no older version unless it is asked for", () =>
  inScene(async (scene) => {
    await scene.release("0.1.0", await packed(scene.dir, NEW));
    assert.equal((await planUpgrade(scene.options)).needed, false);
    assert.equal((await planUpgrade({ ...scene.options, wanted: "v0.1.0" })).needed, true);
    assert.equal((await planUpgrade({ ...scene.options, current: "0.1.0" })).needed, false);
    await assert.rejects(
      planUpgrade({ ...scene.options, wanted: "0.9.9" }),
      isCode("not_found", /v0\.9\.9/),
    );
    await assert.rejects(
      planUpgrade({ ...scene.options, wanted: "../../x" }),
      isCode("usage", /as a version/),
    );
    await assert.rejects(
      planUpgrade({ ...scene.options, platform: "linux-arm64" }),
      isCode("not_found", /linux-arm64/),
    );
  }));

Deno.test("upgrade() refuses a wrong checksum", () =>
  inScene(async (scene) => {
    await scene.release("0.3.0", await packed(scene.dir, NEW), "a".repeat(64));
    await fails(scene, "guard", /checksum is wrong/);
  }));

Deno.test("upgrade() refuses a damaged archive whose checksum holds", () =>
  inScene(async (scene) => {
    const archive = await packed(scene.dir, NEW);
    await scene.release("0.3.0", archive.slice(0, archive.length - 200));
    await fails(scene, "guard", /Cannot unpack/);
    await scene.release("0.3.0", new TextEncoder().encode("<html>"));
    await fails(scene, "guard", /Cannot unpack/);
    await scene.release("0.3.0", await packed(scene.dir, NEW, "other"));
    await fails(scene, "guard", /no program kas/);
  }));

Deno.test("upgrade() refuses a program that does not start or is another version", () =>
  inScene(async (scene) => {
    await scene.release("0.3.0", await packed(scene.dir, '#!/bin/sh\necho "kas 0.2.9"\n'));
    await fails(scene, "guard", /it says "kas 0\.2\.9"/);
    await scene.release("0.3.0", await packed(scene.dir, "\x7fELF nonsense"));
    await fails(scene, "guard", /Cannot use kas 0\.3\.0/);
  }));

Deno.test("upgrade() changes nothing when the download breaks off", () =>
  inScene(async (scene) => {
    await scene.release("0.3.0", await packed(scene.dir, NEW));
    const plan = await planUpgrade(scene.options);
    using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const served = (async () => {
      using line = await listener.accept();
      await line.read(new Uint8Array(4096));
      const head = "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\npart";
      await line.write(new TextEncoder().encode(head));
    })();
    const url = `http://127.0.0.1:${listener.addr.port}/kas.tar.gz`;
    const cut = { ...plan, release: { ...plan.release, url } };
    await assert.rejects(upgrade(scene.options, cut), isCode("internal", /Cannot fetch/));
    await served;
    assert.equal(await Deno.readTextFile(scene.path), OLD);
    assert.equal((await Array.fromAsync(Deno.readDir(`${scene.dir}/bin`))).length, 1);
  }));

Deno.test("planUpgrade() explains a server that is not there", () =>
  inScene(async (scene) => {
    const options = { ...scene.options, base: "http://127.0.0.1:9/releases" };
    await assert.rejects(planUpgrade(options), isCode("internal", /Cannot fetch/));
  }));

Deno.test("upgrade() explains a folder that cannot be written", () =>
  inScene(async (scene) => {
    await scene.release("0.3.0", await packed(scene.dir, NEW));
    const plan = await planUpgrade(scene.options);
    // For root permissions say nothing; a file in the place of the folder does.
    const gone = Deno.uid() === 0;
    if (gone) {
      const options = { ...scene.options, program: ["/proc/self/environ"] };
      await assert.rejects(upgrade(options, plan), isCode("invalid", /Cannot write into "\/proc/));
      return;
    }
    await Deno.chmod(`${scene.dir}/bin`, 0o555);
    try {
      await fails(scene, "invalid", /Cannot write into/);
    } finally {
      await Deno.chmod(`${scene.dir}/bin`, 0o755);
    }
  }));

Deno.test("ownFile() leaves sources and package managers alone", async () => {
  await assert.rejects(
    ownFile(["/usr/bin/deno", "run", "main.ts"]),
    isCode("guard", /its sources/),
  );
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-own-" }));
  try {
    for (const folder of ["Cellar/kas/0.2.0/bin", "lib/node_modules/kas/bin"]) {
      await Deno.mkdir(`${dir}/${folder}`, { recursive: true });
      await Deno.writeTextFile(`${dir}/${folder}/kas`, OLD);
      await Deno.symlink(`${dir}/${folder}/kas`, `${dir}/kas-${folder.length}`);
      await assert.rejects(
        ownFile([`${dir}/kas-${folder.length}`]),
        isCode("guard", /package manager/),
      );
    }
    await Deno.writeTextFile(`${dir}/kas`, OLD);
    assert.equal(await ownFile([`${dir}/kas`]), `${dir}/kas`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("releasesUrl() takes https, and http only from this machine", () => {
  const of = (url: string) => releasesUrl({ KASMOS_RELEASES_URL: url }, "");
  assert.equal(of("https://example.org/r/"), "https://example.org/r");
  assert.equal(of("http://localhost:8000/r"), "http://localhost:8000/r");
  for (const bad of ["http://example.org/r", "file:///etc", "nonsense"]) {
    assert.throws(() => of(bad), isCode("guard", /Cannot take releases/));
  }
  assert.throws(() => releasesUrl({}, ""), isCode("guard", /does not know/));
  assert.equal(releasesUrl({}, "https://example.org"), "https://example.org");
});

Deno.test("compareVersions() orders as semver does", () => {
  const order = [
    "0.9.0",
    "0.10.0-alpha",
    "0.10.0-alpha.1",
    "0.10.0-beta.2",
    "0.10.0-beta.11",
    "0.10.0-rc.1",
    "0.10.0",
    "1.0.0",
  ];
  for (const [index, version] of order.entries()) {
    assert.equal(compareVersions(version, `v${version}`), 0);
    for (const later of order.slice(index + 1)) {
      assert.ok(
        compareVersions(version, later) < 0 && compareVersions(later, version) > 0,
        `${version} < ${later}`,
      );
    }
  }
});

Deno.test("unpackProgram() finds kas at the top, too", () =>
  inScene(async ({ dir }) => {
    await Deno.writeTextFile(`${dir}/kas`, NEW);
    const args = ["-C", dir, "-czf", `${dir}/t.tar.gz`, "./kas"];
    await new Deno.Command("tar", { args }).output();
    const program = await unpackProgram(await Deno.readFile(`${dir}/t.tar.gz`));
    assert.equal(new TextDecoder().decode(program), NEW);
  }));

Deno.test("fetchArchive() and findRelease() fit together", () =>
  inScene(async (scene) => {
    const archive = await packed(scene.dir, NEW);
    await scene.release("0.3.0", archive);
    const release = await findRelease(scene.options.base, "0.3.0", "linux-x64");
    assert.deepEqual(await fetchArchive(release), archive);
  }));
