import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { MAX_TEXT, readBoundedText } from "./text.ts";

async function inFolder(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-text-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("readBoundedText() gives a text as it is, and null where there is no file", () =>
  inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/a`, "\ufeffa\r\n");
    assert.equal(await readBoundedText(`${dir}/a`), "\ufeffa\r\n");
    assert.equal(await readBoundedText(`${dir}/b`), null);
    assert.equal(await readBoundedText(`${dir}/a/b`), null);
  }));

Deno.test("readBoundedText() refuses what is no text of a sane size, and names it", () =>
  inFolder(async (dir) => {
    await Deno.writeFile(`${dir}/latin1`, new Uint8Array([0x61, 0xe9]));
    await Deno.writeTextFile(`${dir}/full`, "x".repeat(MAX_TEXT));
    await Deno.writeTextFile(`${dir}/large`, "x".repeat(MAX_TEXT + 1));
    assert.equal((await readBoundedText(`${dir}/full`))?.length, MAX_TEXT);
    for (
      const [name, why] of [
        ["latin1", /it is not UTF-8 text/],
        ["large", /it has 1048577 bytes, at most 1048576 are read/],
        [".", /it is not a file/],
      ] as const
    ) {
      await assert.rejects(
        readBoundedText(`${dir}/${name}`, "the settings in "),
        (error: unknown) =>
          error instanceof KasError && error.code === "invalid" && why.test(error.message) &&
          error.message.startsWith(`Cannot read the settings in "${dir}/${name}"`),
      );
    }
  }));
