import assert from "node:assert/strict";
import { inTheWay } from "./gather.ts";

Deno.test("inTheWay() names the folder above that a user cannot write to", async () => {
  const dir = await Deno.makeTempDir({ prefix: "kas-gather-" });
  try {
    const [uid, stranger] = [Deno.uid() ?? 0, 4242];
    await Deno.mkdir(`${dir}/closed`, { mode: 0o755 });
    const path = `${dir}/closed/deep/state`;
    assert.equal(await inTheWay(path, uid), null);
    assert.match(await inTheWay(path, stranger) ?? "", /for .*\/closed cannot be written to/);
    await Deno.chmod(`${dir}/closed`, 0o777);
    assert.equal(await inTheWay(path, stranger), null);
    await Deno.chmod(`${dir}/closed`, 0o555);
    assert.equal(await inTheWay(path, uid) === null, uid === 0);
    await Deno.writeTextFile(`${dir}/file`, "");
    assert.equal(await inTheWay(`${dir}/file/state`, 0), null);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
