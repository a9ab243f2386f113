import assert from "node:assert/strict";
import { CANNOT_UNPACK, launcher } from "./launcher.ts";

/** Stands for the runtime: prints what it was given, one JSON-free line each. */
const FAKE_DENO = `#!/bin/sh
[ "$1" = --version ] && exit 0
echo "launcher=$KAS_LAUNCHER"
echo "deno_dir=$DENO_DIR"
echo "kept=$KAS_DENO_DIR"
echo "umask=$(umask)"
while [ "$1" != --no-prompt ]; do shift; done
shift 2
for arg; do echo "arg=$arg"; done
exit 7
`;

interface Box {
  readonly dir: string;
  readonly file: string;
  run(options?: Run): Promise<Result>;
}
interface Run {
  readonly argv?: readonly string[];
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}
interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function boxed(body: (box: Box) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas launcher " }));
  try {
    const file = `${dir}/kas file`;
    await Deno.mkdir(`${dir}/stage/dist`, { recursive: true });
    await Deno.writeTextFile(`${dir}/stage/deno`, FAKE_DENO, { mode: 0o755 });
    await Deno.writeTextFile(`${dir}/stage/dist/binary_main.js`, "");
    await Deno.writeTextFile(`${dir}/stage/dist/chunk.js`, "");
    await Deno.mkdir(`${dir}/stage/dist/admin/assets`, { recursive: true });
    await Deno.writeTextFile(`${dir}/stage/dist/admin/index.html`, "");
    await Deno.writeTextFile(`${dir}/stage/dist/admin/assets/main.js`, "");
    await Deno.writeTextFile(`${dir}/stage/complete`, "");
    const tar = await new Deno.Command("tar", {
      args: ["-C", `${dir}/stage`, "-czf", "-", "deno", "dist", "complete"],
    }).output();
    const head = new TextEncoder().encode(launcher("kas-1.0-abc"));
    await Deno.writeFile(file, new Uint8Array([...head, ...tar.stdout]), { mode: 0o755 });
    await body({
      dir,
      file,
      async run({ argv = [file], cwd = dir, env = {} } = {}) {
        const [program = "", ...args] = argv;
        const result = await new Deno.Command(program, {
          args,
          cwd,
          clearEnv: true,
          env: { PATH: "/usr/bin:/bin", HOME: `${dir}/home`, ...env },
          stdin: "null",
        }).output();
        const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
        return { code: result.code, out: text(result.stdout), err: text(result.stderr) };
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Where a program is here. */
async function pathOf(name: string): Promise<string> {
  for (const folder of ["/bin", "/usr/bin"]) {
    if (await exists(`${folder}/${name}`)) return `${folder}/${name}`;
  }
  throw new Error(`This machine has no ${name}`);
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
}

Deno.test("launcher() unpacks once and passes arguments, status and the user's DENO_DIR on", () =>
  boxed(async ({ dir, file, run }) => {
    const argv = [file, "a b", "", `'q' "d"\n$HOME *`];
    const place = `${dir}/home/.cache/kas/runtime`;
    const expected = `launcher=${file}\ndeno_dir=${place}/kas-1.0-abc/cache\nkept=/mine\n` +
      `umask=0022\narg=a b\narg=\narg='q' "d"\n$HOME *\n`;
    const first = await run({ argv, env: { DENO_DIR: "/mine" } });
    assert.deepEqual(first, { code: 7, out: expected, err: "" });
    assert.deepEqual(await names(place), ["kas-1.0-abc"]);
    assert.deepEqual(await names(`${place}/kas-1.0-abc`), ["deno", "dist"]);
    assert.deepEqual(await names(`${place}/kas-1.0-abc/dist/admin`), ["assets", "index.html"]);
    assert.deepEqual(await names(`${place}/kas-1.0-abc/dist/admin/assets`), ["main.js"]);
    const stamp = (await Deno.stat(`${place}/kas-1.0-abc/deno`)).ctime;
    assert.deepEqual(await run({ argv, env: { DENO_DIR: "/mine" } }), first);
    assert.deepEqual((await Deno.stat(`${place}/kas-1.0-abc/deno`)).ctime, stamp);
  }));

Deno.test("launcher() knows its own path however it is called", () =>
  boxed(async ({ dir, file, run }) => {
    await Deno.mkdir(`${dir}/bin`);
    await Deno.symlink(file, `${dir}/bin/kas`);
    const calls: [string[], string, string][] = [
      [["sh", "-c", 'exec "$0"', "./kas file"], dir, `${dir}/./kas file`],
      [["kas"], "/", `${dir}/bin/kas`],
      [["sh", "kas"], `${dir}/bin`, `${dir}/bin/kas`],
    ];
    for (const [argv, cwd, self] of calls) {
      const { out, err } = await run({ argv, cwd, env: { PATH: `${dir}/bin:/usr/bin:/bin` } });
      assert.deepEqual([out.split("\n")[0], err], [`launcher=${self}`, ""]);
    }
  }));

Deno.test("launcher() survives first starts at the same time", () =>
  boxed(async ({ dir, run }) => {
    const results = await Promise.all(Array.from({ length: 6 }, () => run()));
    assert.deepEqual(results.map(({ code, err }) => [code, err]), results.map(() => [7, ""]));
    assert.deepEqual(await names(`${dir}/home/.cache/kas/runtime`), ["kas-1.0-abc"]);
  }));

Deno.test("launcher() mends a runtime that lost a part", () =>
  boxed(async ({ dir, run }) => {
    const place = `${dir}/home/.cache/kas/runtime/kas-1.0-abc`;
    for (const part of ["deno", "dist"]) {
      await run();
      await Deno.remove(`${place}/${part}`, { recursive: true });
      assert.equal((await run()).code, 7);
      assert.deepEqual(await names(place), ["deno", "dist"]);
    }
  }));

Deno.test("launcher() explains a folder it cannot use and a damaged file", () =>
  boxed(async ({ dir, file, run }) => {
    await Deno.writeTextFile(`${dir}/plain`, "");
    const blocked = await run({ env: { KAS_UNPACK_DIR: `${dir}/plain/x` } });
    assert.deepEqual([blocked.code, blocked.out], [CANNOT_UNPACK, ""]);
    assert.match(blocked.err, /^error: Cannot unpack the runtime of kas into ".*plain\/x": the/m);
    assert.match(blocked.err, /^hint: Set KAS_UNPACK_DIR to /m);

    const homeless = await run({ env: { HOME: "" } });
    assert.equal(homeless.code, CANNOT_UNPACK);
    assert.match(homeless.err, /neither HOME nor KAS_UNPACK_DIR is set/);

    const { size } = await Deno.stat(file);
    await Deno.truncate(file, size - 40);
    const cut = await run({ env: { KAS_UNPACK_DIR: `${dir}/cut` } });
    assert.deepEqual([cut.code, cut.out], [CANNOT_UNPACK, ""]);
    assert.match(cut.err, /the disk is full or ".*kas file" is damaged/);
    assert.deepEqual(await names(`${dir}/cut`), ["kas-1.0-abc"]);
    assert.equal(await exists(`${dir}/cut/kas-1.0-abc/deno`), false);
  }));

Deno.test("launcher() names a program it needs and does not find", () =>
  boxed(async (box) => {
    const tools = ["find", "gzip", "mkdir", "mktemp", "mv", "rm", "rmdir", "tail", "tar"];
    for (const missing of tools) {
      const bin = `${box.dir}/without-${missing}`;
      await Deno.mkdir(bin);
      for (const name of tools) {
        if (name !== missing) await Deno.symlink(await pathOf(name), `${bin}/${name}`);
      }
      const bare = await box.run({ env: { PATH: bin } });
      assert.equal(bare.code, 4, bare.err);
      assert.match(
        bare.err,
        new RegExp(
          `^error: .*: ${missing} is not on the PATH\\nhint: Install ${missing}\\n$`,
        ),
      );
      await Deno.remove(bin, { recursive: true });
    }
    // Nothing else is needed, for the first start and for those after it.
    const bin = `${box.dir}/all`;
    await Deno.mkdir(bin);
    for (const name of tools) await Deno.symlink(await pathOf(name), `${bin}/${name}`);
    await Deno.symlink("/bin/sh", `${bin}/sh`);
    const first = await box.run({ env: { PATH: bin } });
    assert.deepEqual([first.code, first.err], [7, ""]);
    assert.equal((await box.run({ env: { PATH: "" } })).code, 7);
  }));

Deno.test("launcher() removes runtimes nobody used for 30 days, and nothing else", () =>
  boxed(async ({ dir, run }) => {
    const root = `${dir}/unpacked`;
    const old = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    const runtime = async (name: string, cache: Date) => {
      await Deno.mkdir(`${root}/${name}/dist`, { recursive: true });
      await Deno.writeTextFile(`${root}/${name}/dist/binary_main.js`, "");
      await Deno.mkdir(`${root}/${name}/cache`);
      await Deno.utime(`${root}/${name}/cache`, cache, cache);
      await Deno.utime(`${root}/${name}`, old, old);
    };
    await runtime("kas-0.1-unused", old);
    await runtime("kas-0.2-used", new Date());
    await Deno.mkdir(`${root}/.kas-new.killed`);
    await Deno.utime(`${root}/.kas-new.killed`, old, old);
    await Deno.mkdir(`${root}/kas-of-the-user`);
    await Deno.utime(`${root}/kas-of-the-user`, old, old);
    const { code, err } = await run({ env: { KAS_UNPACK_DIR: root } });
    assert.deepEqual([code, err], [7, ""]);
    assert.deepEqual(await names(root), ["kas-0.2-used", "kas-1.0-abc", "kas-of-the-user"]);
  }));
