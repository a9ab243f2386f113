import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { replaceFile } from "./replace.ts";

Deno.test("replaceFile() puts a file in the place of a file alone, also behind a link", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/folder`);
    await Deno.mkdir(`${dir}/home`, { mode: 0o700 });
    await Deno.symlink(`${dir}/folder`, `${dir}/home/link`);
    const isGuarded = (error: unknown) => error instanceof KasError && error.code === "guard";
    await assert.rejects(replaceFile(`${dir}/folder`, "x", "project"), isGuarded);
    await assert.rejects(replaceFile(`${dir}/home/link`, "x", "user"), isGuarded);
    // Stands for a device, which only root could lose.
    using _socket = Deno.listen({ transport: "unix", path: `${dir}/socket` });
    await assert.rejects(replaceFile(`${dir}/socket`, "x", "project"), isGuarded);
    assert.equal((await Deno.lstat(`${dir}/socket`)).isFile, false);
    await Deno.writeTextFile(`${dir}/folder/file`, "old", { mode: 0o640 });
    await Deno.symlink(`${dir}/folder/file`, `${dir}/home/file`);
    await replaceFile(`${dir}/home/file`, "new", "user");
    assert.equal(await Deno.readTextFile(`${dir}/folder/file`), "new");
    assert.ok((await Deno.lstat(`${dir}/home/file`)).isSymlink);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
