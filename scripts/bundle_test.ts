import assert from "node:assert/strict";
import { bundle, loadPartsLate, loadRequireLate, stampRepository, staticLoad } from "./bundle.ts";
import { ROOT, ScriptError } from "./run.ts";

Deno.test("loadRequireLate() loads node:module at the first require", async () => {
  const source = `import{createRequire as __deno_internal_createRequire}from"node:module";` +
    `var q=__deno_internal_createRequire(import.meta.url);` +
    `export const loaded=()=>q("node:path").posix.sep;export const found=()=>q.resolve("node:fs");`;
  const mended = loadRequireLate(source);
  assert.doesNotMatch(mended, /from"node:module"/);
  const module: { loaded: () => string; found: () => string } = await import(
    `data:text/javascript,${
      encodeURIComponent(
        mended.replace("import.meta.url", '"file:///x.js"'),
      )
    }`
  );
  assert.deepEqual([module.loaded(), module.found()], ["/", "node:fs"]);
  assert.equal(loadRequireLate("let a=1;"), "let a=1;");
});

Deno.test("loadRequireLate() refuses a form it does not know", () => {
  assert.throws(() => loadRequireLate(`import m from "node:module";m();`), ScriptError);
});

Deno.test("loadPartsLate() hides imports on demand of the bundle's own files", () => {
  const hidden = 'const load = () => import(String("./mod-AB12.js"));';
  assert.equal(loadPartsLate('const load = () => import("./mod-AB12.js");'), hidden);
  for (const source of ['import a from "./a.js";', 'import("npm:a");', 'reimport("./a.js");']) {
    assert.equal(loadPartsLate(source), source);
  }
});

Deno.test("bundle() keeps the end of every using declaration", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kas-bundle-" });
  try {
    const source = [
      "let open = 0;",
      "const make = () => { open++; return { use() {}, [Symbol.dispose]: () => void open-- }; };",
      "const later = () => Promise.resolve(make());",
      "async function once() { using thing = await later(); thing.use(); return 1; }",
      "function never() { using _thing = make(); }",
      "await once(); never();",
      "export const left = open;",
    ].join("\n");
    await Deno.writeTextFile(`${folder}/entry.ts`, source);
    const path = await bundle(`${folder}/dist`, `${folder}/entry.ts`);
    const module: { left: number } = await import(`file://${path}`);
    assert.equal(module.left, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bundle() keeps what a start does not need in chunks of their own", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kas-bundle-" });
  try {
    const entry = (await bundle(`${folder}/dist`)).slice(folder.length + "/dist/".length);
    const start = await staticLoad(`${folder}/dist`, entry);
    assert.deepEqual(start.builtins, []);
    assert.ok(start.bytes < 4_000, `--version loads ${start.bytes} bytes: ${start.files}`);

    const code = await Deno.readTextFile(`${folder}/dist/${entry}`);
    assert.match(code, /import\(String\("\.\/[\w-]+\.js"\)\)/);

    const names = (await Array.fromAsync(Deno.readDir(`${folder}/dist`))).map((e) => e.name);
    const loads = await Promise.all(
      names.map(async (name) => ({ name, ...(await staticLoad(`${folder}/dist`, name)) })),
    );
    const text = await Promise.all(
      names.map(async (name) => [name, await Deno.readTextFile(`${folder}/dist/${name}`)] as const),
    );
    const cli = text.find(([, code]) => code.includes("runs a team of AI coding agents"))?.[0];
    const frame = loads.find(({ name }) => name === cli);
    assert.ok(frame !== undefined, "no chunk holds the list of commands");
    assert.deepEqual(frame.builtins, []);
    assert.ok(frame.bytes < 100_000, `kas loads ${frame.bytes} bytes: ${frame.files}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("stampRepository() makes a bundle know its releases, and refuses what is no repository", async () => {
  const dir = await Deno.makeTempDir({ prefix: "kas-stamp-" });
  try {
    await Deno.writeTextFile(`${dir}/entry.ts`, `export * from "${ROOT}/lib/release.ts";\n`);
    const entry = await bundle(`${dir}/dist`, `${dir}/entry.ts`);
    await stampRepository(`${dir}/dist`, "");
    const plain: { RELEASES_URL: string } = await import(`file://${entry}`);
    assert.equal(plain.RELEASES_URL, "");
    for (const bad of ["kas", "a/b/c", 'a/b"', "https://a/b"]) {
      await assert.rejects(stampRepository(`${dir}/dist`, bad), ScriptError);
    }
    await stampRepository(`${dir}/dist`, "some-one/kas");
    const stamped: { RELEASES_URL: string } = await import(`file://${entry}?stamped`);
    assert.equal(stamped.RELEASES_URL, "https://github.com/some-one/kas/releases");
    await assert.rejects(stampRepository(`${dir}/dist`, "some-one/kas"), /No module/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
