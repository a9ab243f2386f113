import assert from "node:assert/strict";
import type { Platform } from "../../lib/release.ts";
import { archive, sharedFiles } from "./archive.ts";
import { sha256 } from "./place.ts";

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-archives-" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function output(argv: readonly string[]): Promise<string[]> {
  const [program = "", ...args] = argv;
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

async function packed(dir: string, out: string, platform: Platform): Promise<string> {
  await Deno.writeTextFile(`${dir}/program`, "#!/bin/sh\n");
  await Deno.mkdir(`${dir}/${out}`);
  const shared = new Map([["LICENSE", "free\n"], ["share/man/man1/kas.1", ".TH KAS 1\n"]]);
  return await archive({
    version: "1.2.3",
    platform,
    binary: `${dir}/program`,
    shared,
    out: `${dir}/${out}`,
    epoch: 1_700_000_000,
  });
}

Deno.test("archive() packs one folder with the program, owned by nobody in particular", () =>
  inFolder(async (dir) => {
    const path = await packed(dir, "out", "macos-arm64");
    assert.equal(path, `${dir}/out/kas-1.2.3-macos-arm64.tar.gz`);
    const lines = await output(["tar", "-tvzf", path, "--numeric-owner"]);
    const top = "kas-1.2.3-macos-arm64";
    assert.deepEqual(lines.map((line) => line.split(/ +/)).map((row) => [row[0], row[1], row[5]]), [
      ["drwxr-xr-x", "0/0", `${top}/`],
      ["-rw-r--r--", "0/0", `${top}/LICENSE`],
      ["-rwxr-xr-x", "0/0", `${top}/kas`],
      ["drwxr-xr-x", "0/0", `${top}/share/`],
      ["drwxr-xr-x", "0/0", `${top}/share/man/`],
      ["drwxr-xr-x", "0/0", `${top}/share/man/man1/`],
      ["-rw-r--r--", "0/0", `${top}/share/man/man1/kas.1`],
    ]);
  }));

for (const platform of ["linux-x64", "windows-x64"] as const) {
  Deno.test({
    name: `archive() makes the same file of the same content for ${platform}`,
    ignore: platform === "windows-x64" &&
      (await output(["sh", "-c", "command -v zip && command -v unzip"])).length < 2,
    fn: () =>
      inFolder(async (dir) => {
        const first = await packed(dir, "a", platform);
        const second = await packed(dir, "b", platform);
        assert.equal(await sha256(first), await sha256(second));
        if (!first.endsWith(".zip")) return;
        assert.deepEqual(await output(["unzip", "-Z1", first]), [
          "kas-1.2.3-windows-x64/LICENSE",
          "kas-1.2.3-windows-x64/kas.exe",
          "kas-1.2.3-windows-x64/share/man/man1/kas.1",
        ]);
      }),
  });
}

Deno.test("sharedFiles() holds licence, man page and the completion of every shell", async () => {
  const shared = await sharedFiles();
  const beginnings: [string, RegExp][] = [
    ["LICENSE", /^MIT License/],
    ["README.md", /^# kas/],
    ["share/man/man1/kas.1", /^\.TH KAS 1/im],
    ["share/bash-completion/completions/kas", /\bcomplete\b.* kas\b/],
    ["share/zsh/site-functions/_kas", /^#compdef kas/],
    ["share/fish/vendor_completions.d/kas.fish", /complete .*kas/],
    ["share/powershell/kas.ps1", /Register-ArgumentCompleter/],
  ];
  for (const [name, begins] of beginnings) assert.match(shared.get(name) ?? "", begins, name);
  assert.equal(shared.size, beginnings.length);
});
