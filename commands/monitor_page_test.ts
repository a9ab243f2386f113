import assert from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";

/** Runs what must be refused. @returns what it says */
async function refused(world: World, code: number, ...argv: string[]): Promise<string> {
  const ran = await world.kas(...argv);
  assert.equal(ran.code, code, `${argv.join(" ")}: ${ran.out}${ran.err}`);
  return ran.err;
}

Deno.test("kas monitor widget writes one page without a secret, and replaces none unasked", () =>
  inWorld(async (world) => {
    const out = `${world.dir}/deep/f.html`;
    const argv = ["monitor", "widget", "--out", out];
    assert.deepEqual(await world.json(...argv, "--project", "shop", "--task", "add-login"), {
      written: [out],
      serve: "http://127.0.0.1:7433",
      project: "shop",
      task: "add-login",
    });
    const page = await Deno.readTextFile(out);
    assert.match(
      page,
      /<html lang="en" data-version="[^"]+" data-serve="http:\/\/127\.0\.0\.1:7433" data-project="shop" data-task="add-login">/,
    );
    assert.match(page, /connect-src http:\/\/127\.0\.0\.1:7433; base-uri 'none'/);
    assert.doesNotMatch(page, /kas_[A-Za-z0-9]{8}/);
    assert.match(await refused(world, 1, ...argv), /it is there already/);
    assert.equal(await Deno.readTextFile(out), page);
    await world.ok(...argv, "--force", "--serve-url", "https://kas.lan:8443/");
    assert.match(await Deno.readTextFile(out), /data-serve="https:\/\/kas\.lan:8443">/);
  }));

Deno.test("kas monitor widget refuses addresses and names that are none, and links", () =>
  inWorld(async (world) => {
    const out = `${world.dir}/f.html`;
    const argv = ["monitor", "widget", "--out", out];
    for (
      const url of [
        "javascript:alert(1)",
        "http://u:p@localhost",
        "http://localhost/x",
        "http://localhost/?a; script-src *",
        "localhost",
        "http://*",
        "http://a;b",
        "http://a,b",
      ]
    ) await refused(world, 2, ...argv, "--serve-url", url);
    await refused(world, 2, ...argv, "--task", '"><script>');
    await refused(world, 2, ...argv, "--project", "../x");
    await refused(world, 2, "monitor", "widget", "--out", "");
    await Deno.symlink(`${world.dir}/elsewhere`, out);
    await refused(world, 1, ...argv);
    await refused(world, 3, ...argv, "--force");
    await assert.rejects(Deno.stat(`${world.dir}/elsewhere`), Deno.errors.NotFound);
  }));

Deno.test("kas monitor writes beside a folder that is a link, and over nothing but a file", () =>
  inWorld(async (world) => {
    const { dir } = world;
    await Deno.mkdir(`${dir}/real`);
    await Deno.symlink("real", `${dir}/link`);
    await world.ok("monitor", "widget", "--out", `${dir}/link/f.html`);
    await world.ok("monitor", "bundle", "--out", `${dir}/link`);
    assert.ok((await Deno.stat(`${dir}/real/f.html`)).isFile);
    assert.ok((await Deno.stat(`${dir}/real/manifest.json`)).isFile);
    for (const out of [`${dir}/real/f.html/g.html`, `${dir}/real/f.html/deep/g.html`]) {
      assert.match(await refused(world, 2, "monitor", "widget", "--out", out), /its folder cannot/);
      assert.match(await refused(world, 2, "monitor", "bundle", "--out", out), /its folder cannot/);
    }
    const argv = ["monitor", "widget", "--force", "--out", `${dir}/real`];
    assert.match(await refused(world, 3, ...argv), /it is no file/);
    assert.ok((await Deno.stat(`${dir}/real`)).isDirectory);
  }));

Deno.test("an agent writes no page and no parts of it", () =>
  inWorld(async (world) => {
    const out = `${world.dir}/f.html`;
    for (const kind of ["widget", "bundle"]) {
      const ran = await world.run(["monitor", kind, "--out", out], { session: "1" });
      assert.deepEqual([ran.code, /only a person may/.test(ran.err)], [3, true], kind);
    }
    await assert.rejects(Deno.lstat(out), Deno.errors.NotFound);
  }));

Deno.test("kas monitor bundle writes parts that are as its manifest says, all or none", () =>
  inWorld(async (world) => {
    const out = `${world.dir}/parts`;
    const argv = ["monitor", "bundle", "--out", `${out}/`];
    await Deno.mkdir(out);
    await Deno.writeTextFile(`${out}/monitor.css`, "mine");
    assert.match(await refused(world, 1, ...argv), /monitor\.css": it is there already/);
    assert.deepEqual([...Deno.readDirSync(out)].map(({ name }) => name), ["monitor.css"]);
    await world.ok(...argv, "--force");
    const manifest = JSON.parse(await Deno.readTextFile(`${out}/manifest.json`));
    assert.equal(manifest.contract_version, 1);
    const names = ["monitor.js", "monitor.css", "index.html"];
    assert.deepEqual(manifest.files.map(({ name }: { name: string }) => name), names);
    for (const { name, size, sha256 } of manifest.files) {
      const bytes = await Deno.readFile(`${out}/${name}`);
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      assert.deepEqual([bytes.length, new Uint8Array(digest).toHex()], [size, sha256], name);
    }
    await refused(world, 2, "monitor", "bundle", "--out", "/");
  }));
