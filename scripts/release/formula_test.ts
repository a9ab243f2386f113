import assert from "node:assert/strict";
import { archiveName, PLATFORMS } from "../../lib/release.ts";
import { formula } from "./formula.ts";
import { fill, repositoryOf } from "./place.ts";

const REPOSITORY = { owner: "Some-One", name: "kas" };
const SUMS = new Map(PLATFORMS.map((platform, n) => [
  archiveName("1.2.3", platform),
  String(n).repeat(64),
]));

Deno.test("formula() names the archive of each platform with its checksum", async () => {
  const text = await formula("1.2.3", REPOSITORY, SUMS) ?? "";
  const pairs = [...text.matchAll(/url "(.*)"\n\s*sha256 "(.*)"/g)].map((
    [, url, sum],
  ) => [url, sum]);
  const base = "https://github.com/Some-One/kas/releases/download/v1.2.3";
  const expected = ["macos-arm64", "macos-x64", "linux-arm64", "linux-x64"].map((platform) => {
    const file = `kas-1.2.3-${platform}.tar.gz`;
    return [`${base}/${file}`, SUMS.get(file)];
  });
  assert.deepEqual(pairs, expected);
  assert.doesNotMatch(text, /@/);
});

Deno.test("formula() is none of a release that lacks a platform", async () => {
  const some = new Map([...SUMS].filter(([name]) => !name.includes("macos-x64")));
  assert.equal(await formula("1.2.3", REPOSITORY, some), null);
});

Deno.test({
  name: "formula() is Ruby",
  ignore: !(await new Deno.Command("sh", { args: ["-c", "command -v ruby"], stdout: "null" })
    .output()).success,
  async fn() {
    const path = await Deno.makeTempFile({ prefix: "kas-formula-", suffix: ".rb" });
    try {
      await Deno.writeTextFile(path, await formula("1.2.3", REPOSITORY, SUMS) ?? "");
      const { code, stderr } = await new Deno.Command("ruby", { args: ["-wc", path] }).output();
      assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    } finally {
      await Deno.remove(path);
    }
  },
});

Deno.test("fill() and repositoryOf() refuse what they cannot use", () => {
  assert.equal(fill("@a@ b@c.d @x-1@ $@", { a: "A", "x-1": "X" }), "A b@c.d X $@");
  assert.throws(() => fill("@nothing@", {}), /no value for @nothing@/);
  assert.deepEqual(repositoryOf("Some-One/kas"), REPOSITORY);
  for (const bad of [undefined, "", "kas", "a/b/c", "a b/c"]) {
    assert.throws(() => repositoryOf(bad), /KAS_REPOSITORY/);
  }
});
