import assert from "node:assert/strict";
import { fileText, until, withServer } from "./_testing.ts";

/** A full-screen program's terminal: raw, bracketed paste, reads `bytes` and writes them to "out". */
const RAW = "stty raw -echo; printf '\\033[?2004hready'; head -c $1 > .out; mv .out out; exec cat";

Deno.test("TmuxServer.send() delivers 100 KB of any bytes as one paste, then Enter", async () => {
  await withServer(async ({ server, dir, sh }) => {
    const bytes = new Uint8Array(100_000);
    for (let at = 0, x = 7; at < bytes.length; at++) {
      x = (x * 1_103_515_245 + 12_345) % 2_147_483_648;
      bytes[at] = x >> 16;
    }
    bytes.set(new TextEncoder().encode('#{pid}"$(id)\n\r\x03\x04\x1b[200~'), 5_000);
    await sh("a", RAW, [String(bytes.length + 13)]);
    await until(async () => (await server.capture("a")).includes("ready"));
    await server.send("a", bytes);
    await fileText(`${dir}/out`);
    const got = new TextDecoder("latin1").decode(await Deno.readFile(`${dir}/out`));
    const sent = new TextDecoder("latin1").decode(bytes);
    assert.ok(got === `\x1b[200~${sent}\x1b[201~\r`, "the bytes differ");
    const left = [...Deno.readDirSync(dir)].filter((it) => it.name.startsWith("kas-"));
    assert.deepEqual(left, []);
  });
});

Deno.test("TmuxServer.send() keeps two texts apart, even for a pane that was scrolled", async () => {
  await withServer(async ({ server, dir, sh, tmux }) => {
    await sh("a", "stty raw -echo; printf ready; head -c 10 > .out; mv .out out; exec cat");
    await until(async () => (await server.capture("a")).includes("ready"));
    await tmux("copy-mode", "-t", "a");
    await Promise.all([
      server.send("a", "one\n"),
      server.send("a", "two"),
      server.keys("a", ["x"]),
    ]);
    assert.equal(await fileText(`${dir}/out`), "one\n\rtwo\rx");
  });
});

Deno.test("TmuxServer.send() can leave Enter out; keys() and interrupt() press keys", async () => {
  await withServer(async ({ server, dir, sh }) => {
    await sh("a", "stty raw -echo; printf ready; head -c 8 > .out; mv .out out; exec cat");
    await until(async () => (await server.capture("a")).includes("ready"));
    await server.send("a", "ab", { enter: false });
    await server.keys("a", ["Up", "C-c"]);
    await server.interrupt("a", ["Escape", "Escape"]);
    assert.equal(await fileText(`${dir}/out`), "ab\x1b[A\x03\x1b\x1b");
    await assert.rejects(server.keys("a", ["rm -rf"]), { code: "invalid" });
    await assert.rejects(server.interrupt("a", ["-X"]), { code: "invalid" });
  });
});
