/** What else a release is: the packages for npm, and what `kas upgrade` finds. */
import assert from "node:assert/strict";
import { fetchArchive, findRelease, ownPlatform } from "../lib/upkeep/release.ts";
import { VERSION } from "../lib/version.ts";
import { ARCHIVE, HERE, ReleaseSite } from "./support/release_site.ts";

let site: ReleaseSite;
Deno.test.beforeAll(async () => {
  site = await ReleaseSite.open();
});
Deno.test.afterAll(() => site[Symbol.asyncDispose]());

Deno.test("kas upgrade finds the archive a release has for this platform", async () => {
  const release = await findRelease(site.base, null, ownPlatform());
  assert.deepEqual([release.version, release.archive], [VERSION, ARCHIVE]);
  assert.equal(release.sha256, site.sums.get(ARCHIVE));
  const bytes = await fetchArchive(release);
  assert.deepEqual([...bytes.slice(0, 2)], [0x1f, 0x8b]);
  assert.deepEqual(await findRelease(site.base, VERSION, ownPlatform()), release);
});

Deno.test("checksums.txt holds for every other file of the release", async () => {
  const { code, stdout } = await new Deno.Command("sha256sum", {
    args: ["--check", "--strict", "checksums.txt"],
    cwd: site.files,
    env: { LC_ALL: "C" },
  }).output();
  assert.equal(code, 0);
  const checked = new TextDecoder().decode(stdout).trim().split("\n").sort();
  assert.deepEqual(checked, ["install.sh: OK", `${ARCHIVE}: OK`]);
  const files = (await Array.fromAsync(Deno.readDir(site.files))).map((entry) => entry.name);
  assert.equal(files.length, checked.length + 1);
});

Deno.test({
  name: "the npm packages give a kas that passes arguments, streams, signals and status on",
  ignore: !(await new Deno.Command("sh", { args: ["-c", "command -v npm"], stdout: "null" })
    .output()).success,
  async fn() {
    const place = `${site.dir}/npm place`;
    await Deno.mkdir(place);
    const files = (await Array.fromAsync(Deno.readDir(site.npm))).map((entry) => entry.name).sort();
    assert.deepEqual(files, [`some-one-kas-${VERSION}.tgz`, `some-one-kas-${HERE}-${VERSION}.tgz`]);
    const installed = await new Deno.Command("npm", {
      args: [
        ...["install", "--offline", "--no-audit", "--no-fund", "--cache", `${site.dir}/npm cache`],
        ...files.map((name) => `${site.npm}/${name}`),
      ],
      cwd: place,
    }).output();
    assert.equal(installed.code, 0, new TextDecoder().decode(installed.stderr));
    const kas = `${place}/node_modules/.bin/kas`;
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(kas, {
        args,
        stdin: "null",
        env: {
          HOME: place,
          DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        },
      }).output();
      return [code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)];
    };
    assert.deepEqual(await run("--version"), [0, `kas ${VERSION}\n`, ""]);
    const [code, out, err] = await run("tsk");
    assert.deepEqual([code, out], [2, ""]);
    assert.match(String(err), /^error: Unknown command "tsk"/);

    const program = `${place}/node_modules/@some-one/kas-${HERE}/kas`;
    await Deno.writeTextFile(
      program,
      "#!/bin/sh\ntrap 'echo told; exit 7' TERM\necho ready\nwhile :; do sleep 0.05; done\n",
    );
    const child = new Deno.Command(kas, { stdin: "null", stdout: "piped" }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "ready\n");
    child.kill("SIGTERM");
    assert.equal((await lines.next()).value, "told\n");
    assert.equal((await child.status).code, 7);
    assert.equal((await lines.next()).done, true);
  },
});
