import assert from "node:assert/strict";

const COMPILE = new URL("./compile.ts", import.meta.url).pathname;

async function compile(out: string, env: Record<string, string>): Promise<Deno.CommandOutput> {
  return await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", COMPILE, out],
    env: { NO_COLOR: "1", ...env },
  }).output();
}

Deno.test({
  name: "compile.ts puts the bundle into the runtime stub",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const dir = await Deno.makeTempDir({ prefix: "kas-compile-" });
    try {
      // Any program can stand for the stub: only the packing is looked at.
      const env = { KAS_BUILD: "compile", DENORT_BIN: "/bin/true" };
      const { code, stderr } = await compile(`${dir}/bin/kas`, env);
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const made = new TextDecoder("latin1").decode(await Deno.readFile(`${dir}/bin/kas`));
      assert.ok(made.startsWith("\x7fELF"));
      assert.ok(made.includes("runs a team of AI coding agents"));
      const left = (await Array.fromAsync(Deno.readDir(`${dir}/bin`))).map((entry) => entry.name);
      assert.deepEqual(left, ["kas"]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("compile.ts refuses an unknown kind of build", async () => {
  const { code, stderr } = await compile("/nowhere/kas", { KAS_BUILD: "zip" });
  const text = new TextDecoder().decode(stderr);
  assert.deepEqual([code, text], [1, `error: KAS_BUILD is "zip", not "compile" or "sfx"\n`]);
});

Deno.test("compile.ts refuses a platform it does not know, and one it cannot unpack on", async () => {
  const foreign = Deno.build.os === "darwin" ? "linux-x64" : "macos-x64";
  const cases: [Record<string, string>, RegExp][] = [
    [{ KAS_PLATFORM: "amiga" }, /^error: KAS_PLATFORM is "amiga", not one of linux-x64, /],
    [
      { KAS_PLATFORM: foreign, KAS_BUILD: "sfx" },
      /^error: A self-extracting file can be built for/,
    ],
  ];
  for (const [env, message] of cases) {
    const { code, stderr } = await compile("/nowhere/kas", env);
    assert.equal(code, 1);
    assert.match(new TextDecoder().decode(stderr), message);
  }
});
