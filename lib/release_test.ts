import assert from "node:assert/strict";
import {
  archiveFolder,
  archiveIn,
  archiveName,
  fileUrl,
  parseChecksums,
  parseVersion,
  platformOf,
  PLATFORMS,
  programName,
  RELEASES_URL,
  releasesBase,
  targetOf,
} from "./release.ts";

const SUM = "0123456789abcdef".repeat(4);

Deno.test("platformOf() knows the platforms of releases and no other", () => {
  assert.equal(platformOf({ os: "linux", arch: "x86_64" }), "linux-x64");
  assert.equal(platformOf({ os: "darwin", arch: "aarch64" }), "macos-arm64");
  assert.equal(platformOf({ os: "windows", arch: "x86_64" }), "windows-x64");
  assert.equal(platformOf({ os: "windows", arch: "aarch64" }), null);
  assert.equal(platformOf({ os: "freebsd", arch: "x86_64" }), null);
});

Deno.test("targetOf() and platformOf() are each other's inverse", () => {
  for (const platform of PLATFORMS) {
    const [arch = "", , os = ""] = targetOf(platform).split("-");
    assert.equal(platformOf({ os, arch }), platform);
  }
});

Deno.test("archiveName() is a tar of a folder with the program, a zip for Windows", () => {
  assert.equal(archiveFolder("1.2.3", "linux-x64"), "kas-1.2.3-linux-x64");
  assert.equal(archiveName("1.2.3", "linux-x64"), "kas-1.2.3-linux-x64.tar.gz");
  assert.equal(archiveName("1.2.3", "windows-x64"), "kas-1.2.3-windows-x64.zip");
  assert.equal(programName("macos-arm64"), "kas");
  assert.equal(programName("windows-x64"), "kas.exe");
});

Deno.test("releasesBase() takes an http address and refuses what is none", () => {
  assert.equal(releasesBase("http://127.0.0.1:1/x y//"), "http://127.0.0.1:1/x%20y");
  assert.equal(releasesBase("https://example.org/releases"), "https://example.org/releases");
  for (const bad of ["file:///etc", "releases", "https://a/b?c", "https://a/#b"]) {
    assert.throws(() => releasesBase(bad), { code: "invalid" }, bad);
  }
});

Deno.test("releasesBase() says that a build of one's own has no releases", () => {
  assert.equal(RELEASES_URL, "");
  for (const unset of [undefined, ""]) {
    assert.throws(() => releasesBase(unset), {
      code: "invalid",
      message: /not built by a release/,
    });
  }
});

Deno.test("fileUrl() names the newest release and a certain one", () => {
  assert.equal(fileUrl("https://a/r", "latest", "f"), "https://a/r/latest/download/f");
  assert.equal(fileUrl("https://a/r", "1.2.3", "f"), "https://a/r/download/v1.2.3/f");
});

Deno.test("parseVersion() takes versions with and without v", () => {
  assert.equal(parseVersion("1.2.3"), "1.2.3");
  assert.equal(parseVersion("v1.20.3-rc.1"), "1.20.3-rc.1");
  for (const bad of ["", "1.2", "latest", "1.2.3/../..", "1.2.3-", "vv1.2.3", "1.2.3 "]) {
    assert.throws(() => parseVersion(bad), { code: "invalid" }, bad);
  }
});

Deno.test("parseChecksums() reads both modes of sha256sum and refuses anything else", () => {
  const sums = parseChecksums(`${SUM}  a.tar.gz\n${SUM.toUpperCase()} *b.zip\n`);
  assert.deepEqual([...sums], [["a.tar.gz", SUM], ["b.zip", SUM]]);
  assert.deepEqual([...parseChecksums("")], []);
  for (const bad of ["<html>", `${SUM} a`, `${SUM}  ../a`, `${SUM}  a/b`, `${SUM.slice(1)}  a`]) {
    assert.throws(() => parseChecksums(bad), { code: "invalid" }, bad);
  }
});

Deno.test("archiveIn() finds the archive and with it the version", () => {
  for (const version of ["1.2.3", "2.0.0-rc.1"]) {
    for (const platform of PLATFORMS) {
      const file = archiveName(version, platform);
      const sums = new Map([["install.sh", "x"], [`${file}.sig`, "x"], [file, SUM]]);
      assert.deepEqual(archiveIn(sums, platform), { version, file, sha256: SUM });
    }
  }
  assert.equal(archiveIn(new Map([["kas-1.2.3-linux-x64.tar.gz", SUM]]), "linux-arm64"), null);
});
