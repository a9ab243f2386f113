import assert from "node:assert/strict";
import { recordingHarness } from "./_testing.ts";
import { programProbings, programVersion } from "./version_cache.ts";

/** A program that notes each call beside itself, and the file of a cache. */
async function withProgram(
  work: (place: { file: string; cache: string; calls: () => Promise<number> }) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-cache-" });
  try {
    const file = `${dir}/agent`;
    await write(file, "  --model <m>");
    await work({
      file,
      cache: `${dir}/state/kept`,
      calls: async () => (await Deno.readTextFile(`${file}.calls`)).length,
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function write(file: string, help: string): Promise<void> {
  const script = `#!/bin/sh\nprintf x >> "$0.calls"\necho '${help}'\n`;
  await Deno.writeTextFile(file, script, { mode: 0o700 });
}

const harness = recordingHarness({}, {
  probes: [{ args: ["--help"], words: { model: ["--model"] } }],
});
const INPUT = { hostEnv: { PATH: "/usr/bin:/bin" }, version: "1.0.0" };

Deno.test("programProbings() asks a program once, and again when it, its version or kas changed", () =>
  withProgram(async ({ file, cache, calls }) => {
    const ask = (version = "1.0.0") =>
      programProbings(harness, file, [], { ...INPUT, version, cache });
    assert.deepEqual(await ask(), { model: { state: "found" } });
    assert.deepEqual(await ask(), { model: { state: "found" } });
    assert.equal(await calls(), 1);
    await ask("1.0.1");
    assert.equal(await calls(), 2);
    const probes = [{ args: ["--help"], words: { strict: ["--strict"] } }];
    const missing = { strict: { state: "missing", words: ["--strict"] } };
    const other = { ...harness, probes };
    assert.deepEqual(await programProbings(other, file, [], { ...INPUT, cache }), missing);
    assert.deepEqual(await programProbings(other, file, [], { ...INPUT, cache }), missing);
    assert.equal(await calls(), 3);
    await write(file, "  --models <m>");
    assert.deepEqual(await ask(), { model: { state: "missing", words: ["--model"] } });
    assert.equal(await calls(), 4);
  }));

Deno.test("programProbings() keeps nothing it does not know, and needs no cache", () =>
  withProgram(async ({ file, cache, calls }) => {
    await write(file, "no help");
    for (const path of [cache, cache, null]) {
      const { model } = await programProbings(harness, file, [], { ...INPUT, cache: path });
      assert.equal(model?.state, "unknown");
    }
    assert.equal(await calls(), 3);
    await assert.rejects(Deno.stat(cache), Deno.errors.NotFound);
  }));

Deno.test("programProbings() goes without a cache that cannot be read or written", () =>
  withProgram(async ({ file, cache, calls }) => {
    await Deno.mkdir(`${cache}/in`, { recursive: true });
    for (const path of [cache, cache, `${file}/cache`]) {
      const probings = await programProbings(harness, file, [], { ...INPUT, cache: path });
      assert.deepEqual(probings, { model: { state: "found" } });
    }
    assert.equal(await calls(), 3);
    assert.deepEqual([...Deno.readDirSync(cache)].map(({ name }) => name), ["in"]);
  }));

Deno.test("programProbings() asks again where the cache holds something else", () =>
  withProgram(async ({ file, cache, calls }) => {
    const ask = () => programProbings(harness, file, [], { ...INPUT, cache });
    await ask();
    const good = await Deno.readTextFile(cache);
    for (const bad of ["{", "[]", '{"model":1}', '{"model":{"state":"missing","words":[1]}}']) {
      const before = await calls();
      await Deno.writeTextFile(cache, bad + good.slice(good.indexOf("\t")));
      assert.deepEqual(await ask(), { model: { state: "found" } });
      assert.equal(await calls(), before + 1, bad);
      assert.equal(await Deno.readTextFile(cache), good);
    }
  }));

Deno.test("answers that come together are all kept", () =>
  withProgram(async ({ file, cache, calls }) => {
    const names = ["a", "b", "c", "d"];
    const askAll = () =>
      Promise.all(names.map((arg) => programProbings(harness, file, [arg], { ...INPUT, cache })));
    await askAll();
    await askAll();
    assert.equal(await calls(), names.length);
  }));

Deno.test("programVersion() trusts no text that is no version", () =>
  withProgram(async ({ file, cache }) => {
    const ask = () => programVersion(harness, file, [], { ...INPUT, versionCache: cache });
    assert.equal(await ask(), "1.2.3");
    const good = await Deno.readTextFile(cache);
    await Deno.writeTextFile(cache, good.replace("1.2.3", "9.9.9"));
    assert.equal(await ask(), "9.9.9");
    await Deno.writeTextFile(cache, good.replace("1.2.3", "{}"));
    assert.equal(await ask(), "1.2.3");
  }));
