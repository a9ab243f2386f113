import assert from "node:assert/strict";
import { type Keep, keepIn, keepReading, readKept } from "./kept.ts";

const TEXT = { kind: "agent", place: "/a/agent.toml", text: "a = 1\n" };

async function withKeep(body: (keep: Keep, dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-kept-" });
  try {
    await body({ folder: `${dir}/read`, build: "one" }, dir);
  } finally {
    await Deno.chmod(dir, 0o700);
    await Deno.remove(dir, { recursive: true });
  }
}

/** The only file that is kept. */
async function onlyFile({ folder }: Keep): Promise<string> {
  const [entry, ...more] = await Array.fromAsync(Deno.readDir(folder));
  assert.ok(entry !== undefined);
  assert.deepEqual(more, []);
  return `${folder}/${entry.name}`;
}

Deno.test("readKept() gives back what was kept of the same text", () =>
  withKeep(async (keep) => {
    assert.equal(readKept(keep, TEXT), null);
    const value = { name: "a", list: [1, "x", null, true], table: { b: {} } };
    await keepReading(keep, TEXT, value);
    assert.deepEqual(readKept(keep, TEXT), value);
    const { mode } = await Deno.stat(await onlyFile(keep));
    assert.equal((mode ?? 0) & 0o777, 0o600);
    assert.equal(((await Deno.stat(keep.folder)).mode ?? 0) & 0o777, 0o700);
  }));

Deno.test("readKept() gives nothing for another text, kind, place or build", () =>
  withKeep(async (keep) => {
    await keepReading(keep, TEXT, { a: 1 });
    assert.equal(readKept(keep, { ...TEXT, text: "a = 1" }), null);
    assert.equal(readKept(keep, { ...TEXT, kind: "config" }), null);
    assert.equal(readKept(keep, { ...TEXT, place: "/b/agent.toml" }), null);
    assert.equal(readKept({ ...keep, build: "two" }, TEXT), null);
    assert.deepEqual(readKept(keep, TEXT), { a: 1 });
  }));

Deno.test("readKept() does not mistake one place for another that shares its file", () =>
  withKeep(async (keep) => {
    await keepReading(keep, TEXT, { a: 1 });
    const path = await onlyFile(keep);
    const entry = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...entry, place: "/elsewhere" }));
    assert.equal(readKept(keep, TEXT), null);
    await keepReading(keep, TEXT, { a: 2 });
    assert.deepEqual(readKept(keep, TEXT), { a: 2 });
  }));

Deno.test("keepReading() replaces what was kept of an older text, and leaves no drafts", () =>
  withKeep(async (keep) => {
    await keepReading(keep, TEXT, { a: 1 });
    await keepReading(keep, { ...TEXT, text: "a = 2\n" }, { a: 2 });
    await onlyFile(keep);
    assert.equal(readKept(keep, TEXT), null);
    assert.deepEqual(readKept(keep, { ...TEXT, text: "a = 2\n" }), { a: 2 });
  }));

Deno.test("readKept() takes a broken file for none, and it is mended", () =>
  withKeep(async (keep) => {
    await keepReading(keep, TEXT, { a: 1 });
    const path = await onlyFile(keep);
    for (const broken of ["", "{", "null", "[]", "7", '{"build":"one"}', "\xff\0"]) {
      await Deno.writeTextFile(path, broken);
      assert.equal(readKept(keep, TEXT), null, broken);
    }
    await keepReading(keep, TEXT, { a: 1 });
    assert.deepEqual(readKept(keep, TEXT), { a: 1 });
    await Deno.remove(path);
    await Deno.mkdir(path);
    assert.equal(readKept(keep, TEXT), null);
    await keepReading(keep, TEXT, { a: 1 });
    assert.deepEqual((await Array.fromAsync(Deno.readDir(keep.folder))).length, 1);
  }));

Deno.test("keepReading() goes without where it cannot write", () =>
  withKeep(async (keep, dir) => {
    // no folder above
    const nowhere = { ...keep, folder: `${dir}/none/read` };
    await keepReading(nowhere, TEXT, { a: 1 });
    assert.equal(readKept(nowhere, TEXT), null);
    await assert.rejects(Deno.stat(`${dir}/none`), Deno.errors.NotFound);
    // a file in its place
    await Deno.writeTextFile(`${dir}/file`, "");
    const file = { ...keep, folder: `${dir}/file` };
    await keepReading(file, TEXT, { a: 1 });
    assert.equal(readKept(file, TEXT), null);
    // no rights; root has them all the same
    await Deno.chmod(dir, 0o500);
    await keepReading(keep, TEXT, { a: 1 });
    assert.ok([null, 1].includes(readKept<{ a: number }>(keep, TEXT)?.a ?? null));
  }));

Deno.test({
  name: "keepReading() goes without where nobody can write",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const keep = { folder: "/sys/kernel/kas-test", build: "one" };
    await keepReading(keep, TEXT, { a: 1 });
    assert.equal(readKept(keep, TEXT), null);
  },
});

Deno.test("keepReading() keeps only what JSON gives back unchanged, and no long texts", () =>
  withKeep(async (keep) => {
    const values = [undefined, NaN, Infinity, -0, 1n, new Date(0), new Map(), { a: undefined }];
    for (const value of [...values, ["x", [Infinity]], { a: { b: -Infinity } }]) {
      await keepReading(keep, TEXT, value);
      assert.equal(readKept(keep, TEXT), null, String(value));
    }
    const long = { ...TEXT, text: "#".repeat(64 * 1024 + 1) };
    await keepReading(keep, long, { a: 1 });
    assert.equal(readKept(keep, long), null);
  }));

Deno.test("without a place nothing is kept, and there is none when kas runs from source", async () => {
  await keepReading(null, TEXT, { a: 1 });
  assert.equal(readKept(null, TEXT), null);
  assert.equal(keepIn("/state"), null);
});
