import assert from "node:assert/strict";
import { buildAdmin, minifyCss } from "./build_admin.ts";

/** What the page may load before anything is clicked, in bytes, compressed. */
const FIRST_LOAD = 120_000;

Deno.test("minifyCss() takes out comments and space, and nothing that counts", () => {
  assert.equal(
    minifyCss("/* x */ a , b {\n  margin: calc(1px + 2px) ;\n}\n"),
    "a,b{margin: calc(1px + 2px)}",
  );
  assert.equal(
    minifyCss(".a .b > .c { color: red; }"),
    ".a .b > .c{color: red}",
  );
});

Deno.test("buildAdmin() makes a small page that loads only its own hashed files", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kas-admin-test-" });
  try {
    const { sizes, firstLoad } = await buildAdmin(`${folder}/admin`);
    assert.ok(firstLoad < FIRST_LOAD, `the first load has ${firstLoad} bytes`);
    const page = await Deno.readTextFile(`${folder}/admin/index.html`);
    const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((
      [, url = ""],
    ) => url);
    assert.equal(loaded.length, 4);
    for (const url of loaded) {
      assert.ok(
        url.startsWith("/admin/") && sizes.has(url.slice("/admin/".length)),
        url,
      );
    }
    assert.doesNotMatch(page, /<style|<script>|style="|onload/);
    for (const path of sizes.keys()) {
      if (path.startsWith("assets/")) {
        assert.match(path, /-[A-Za-z0-9]{8,}\.(js|css)$/);
      }
      const text = await Deno.readTextFile(`${folder}/admin/${path}`);
      if (path.endsWith(".css")) assert.doesNotMatch(text, /url\(|@import/);
    }
    const terminal = [...sizes.keys()].find((path) => path.includes("/terminal-"));
    assert.ok(
      terminal !== undefined && (sizes.get(terminal) ?? 0) > 50_000,
      "terminal apart",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
