import assert from "node:assert/strict";
import {
  archiveFolder,
  archiveName,
  fileUrl,
  platformOf,
  PLATFORMS,
  programName,
  RELEASES_URL,
  targetOf,
} from "./release.ts";

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

Deno.test("RELEASES_URL is empty in a build that is no release", () => {
  assert.equal(RELEASES_URL, "");
});

Deno.test("fileUrl() names the newest release and a certain one", () => {
  assert.equal(fileUrl("https://a/r", "latest", "f"), "https://a/r/latest/download/f");
  assert.equal(fileUrl("https://a/r", "1.2.3", "f"), "https://a/r/download/v1.2.3/f");
});
