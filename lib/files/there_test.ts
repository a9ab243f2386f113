import { deepEqual, equal, rejects } from "node:assert/strict";
import { ifThere, isThere, lookUpOn, realOrNull, removeIfThere } from "./there.ts";

Deno.test("what is not there is no error, and everything else is one", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-there-" }));
  try {
    await Deno.writeTextFile(`${dir}/file`, "x");
    await Deno.symlink("nowhere", `${dir}/dangling`);
    await Deno.symlink("loop", `${dir}/loop`);
    const paths = ["file", "dangling", "loop", "none", "file/below", "loop/below"].map((name) =>
      `${dir}/${name}`
    );
    deepEqual(await Promise.all(paths.map(isThere)), [true, true, true, false, false, false]);
    deepEqual(
      await Promise.all(paths.map(realOrNull)),
      [`${dir}/file`, null, null, null, null, null],
    );
    equal((await lookUpOn(dir, "file"))?.isFile, true);
    equal(await lookUpOn(`${dir}/file`, "x"), null);
    equal(await lookUpOn(dir, "dangling"), null);
    await rejects(ifThere(Deno.readTextFile(dir)), Deno.errors.IsADirectory);
    await Deno.mkdir(`${dir}/folder/deep`, { recursive: true });
    for (const name of ["folder", "file", "dangling", "none"]) {
      await removeIfThere(`${dir}/${name}`);
    }
    deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["loop"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
