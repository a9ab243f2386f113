import assert from "node:assert/strict";
import { gatherRuntimes } from "./gather.ts";

Deno.test("gatherRuntimes() asks a program once where kas keeps state, and makes no folder for it", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-gather-" }));
  try {
    await Deno.mkdir(`${dir}/bin`);
    const program = '#!/bin/sh\necho asked >>"$0.log"\necho 99.1.2\n';
    await Deno.writeTextFile(`${dir}/bin/claude`, program, { mode: 0o755 });
    const env = { PATH: `${dir}/bin`, HOME: `${dir}/home` };
    const asked = async (): Promise<number> =>
      (await Deno.readTextFile(`${dir}/bin/claude.log`)).trim().split("\n").length;
    const versions = async (): Promise<(string | null)[]> =>
      (await gatherRuntimes(env, `${dir}/state`)).map(({ version }) => version);
    const found = ["99.1.2", null, null, null, null];
    assert.deepEqual([await versions(), await versions()], [found, found]);
    assert.equal(await asked(), 2);
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["bin"]);
    await Deno.mkdir(`${dir}/state`);
    assert.deepEqual([await versions(), await versions()], [found, found]);
    assert.equal(await asked(), 3);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
