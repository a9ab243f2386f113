import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { ensurePrivateDir } from "./private_dir.ts";

async function inTemp(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-private-" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const mode = async (path: string) => ((await Deno.lstat(path)).mode ?? 0) & 0o777;
const isGuard = (error: unknown) => error instanceof KasError && error.code === "guard";

Deno.test("ensurePrivateDir() makes 0700 folders and closes readable ones", () =>
  inTemp(async (dir) => {
    const made = `${dir}/a/b`;
    await ensurePrivateDir(made);
    assert.equal(await mode(made), 0o700);
    await Deno.chmod(made, 0o755);
    await ensurePrivateDir(made);
    assert.equal(await mode(made), 0o700);
  }));

Deno.test("ensurePrivateDir() refuses links, files, foreign owners and writable folders", () =>
  inTemp(async (dir) => {
    await Deno.mkdir(`${dir}/real`, { mode: 0o700 });
    await Deno.symlink(`${dir}/real`, `${dir}/link`);
    await Deno.writeTextFile(`${dir}/file`, "");
    await Deno.mkdir(`${dir}/open`);
    await Deno.chmod(`${dir}/open`, 0o777);
    await assert.rejects(ensurePrivateDir(`${dir}/link`), isGuard);
    await assert.rejects(ensurePrivateDir(`${dir}/file`), isGuard);
    await assert.rejects(ensurePrivateDir(`${dir}/open`), isGuard);
    await assert.rejects(ensurePrivateDir(`${dir}/real`, (Deno.uid() ?? 0) + 1), isGuard);
    assert.equal(await mode(`${dir}/open`), 0o777);
  }));

Deno.test("ensurePrivateDir() explains a folder it cannot make", () =>
  inTemp(async (dir) => {
    await Deno.writeTextFile(`${dir}/file`, "");
    await assert.rejects(
      ensurePrivateDir(`${dir}/file/sub`),
      (error) => error instanceof KasError && error.code === "invalid",
    );
  }));
