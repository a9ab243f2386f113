import assert from "node:assert/strict";
import { mergeChunks } from "./merge_chunks.ts";
import { ScriptError } from "./run.ts";

const FILES = {
  "main.js": `import {\n  log\n} from "./chunk-L.js";\n` +
    `const one = await import(String("./one-A.js"));\n` +
    `const two = await import(String("./two-B.js"));\n` +
    `const cold = await import(String("./cold-C.js"));\n` +
    `log.push(one.default(), two.two(), cold.cold());\n` +
    `var same = one.Kind === cold.Kind;\nexport {\n  log,\n  same\n};\n`,
  "chunk-L.js": `// lib/log.ts\nvar log = [];\n\nexport {\n  log\n};\n`,
  "chunk-S.js": `import {\n  log\n} from "./chunk-L.js";\n\n// lib/shared.ts\n` +
    `var Kind = class {\n};\nvar count = 0;\nfunction bump() {\n  return ++count;\n}\n` +
    `log.push("shared");\n\nexport {\n  Kind,\n  bump,\n  count as n\n};\n`,
  "chunk-E.js":
    `// lib/effect.ts\nglobalThis.kasMergeEffect = (globalThis.kasMergeEffect ?? 0) + 1;\n`,
  "chunk-G.js": `// lib/gate.ts\nvar behind = () => "gate";\n\nexport {\n  behind\n};\n`,
  // the form of a module that is loaded on demand and shared as well
  "gate-D.js": `import {\n  behind\n} from "./chunk-G.js";\nexport {\n  behind\n};\n`,
  "one-A.js":
    `import {\n  log as log2\n} from "./chunk-L.js";\nimport {\n  Kind,\n  bump\n} from "./chunk-S.js";\nimport "./chunk-E.js";\n\n` +
    `// commands/one.ts\nvar value = "one";\nvar one_default = () => value + bump();\n` +
    `var gate = await import(String("./gate-D.js"));\nlog2.push(gate.behind());\n\n` +
    `export {\n  Kind,\n  one_default as default\n};\n`,
  "two-B.js": `import {\n  bump,\n  n\n} from "./chunk-S.js";\n\n// commands/two.ts\n` +
    `var value = "two";\nfunction two() {\n  bump();\n  return value + n;\n}\n\n` +
    `export {\n  two\n};\n`,
  "cold-C.js": `import {\n  Kind,\n  bump as up\n} from "./chunk-S.js";\n\n// commands/cold.ts\n` +
    `function cold() {\n  return "cold" + up();\n}\n\nexport {\n  Kind,\n  cold\n};\n`,
};

async function inBundle(
  files: Readonly<Record<string, string>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kas-merge-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("mergeChunks() puts into one file what is loaded together, and all still fits", () =>
  inBundle(FILES, async (folder) => {
    await mergeChunks(folder, "main.js", [
      ["commands/one.ts", "lib/gate.ts"],
      ["commands/two.ts"],
      ["no/such.ts"],
    ]);
    assert.deepEqual(await namesIn(folder), [
      "cold-C.js",
      "main.js",
      "part-0.js",
      "part-1.js",
      "part-start.js",
    ]);
    const { log, same } = await import(`file://${folder}/main.js`);
    // one module each, with live bindings: the counter goes on, and a class is the same everywhere
    assert.deepEqual(log, ["shared", "gate", "one1", "two2", "cold3"]);
    assert.equal(same, true);
    // what is in the file already is not asked of the loader
    assert.doesNotMatch(await Deno.readTextFile(`${folder}/part-0.js`), /import\(/);
    assert.equal(Reflect.get(globalThis, "kasMergeEffect"), 1);
    Reflect.deleteProperty(globalThis, "kasMergeEffect");
  }));

Deno.test("mergeChunks() touches nothing but what the entry loads where it has none of the modules", () =>
  inBundle(FILES, async (folder) => {
    await mergeChunks(folder, "main.js", [["no/such.ts"]]);
    const names = Object.keys(FILES).filter((name) => name !== "chunk-L.js");
    assert.deepEqual(await namesIn(folder), [...names, "part-start.js"].sort());
    for (const name of ["chunk-G.js", "gate-D.js", "cold-C.js"] as const) {
      assert.equal(await Deno.readTextFile(`${folder}/${name}`), FILES[name]);
    }
  }));

Deno.test("mergeChunks() refuses exports of a form it does not know", () =>
  inBundle(
    { ...FILES, "chunk-S.js": FILES["chunk-S.js"].replace("Kind,", `Kind as "a b",`) },
    async (folder) => {
      await assert.rejects(mergeChunks(folder, "main.js", [["commands/one.ts"]]), ScriptError);
    },
  ));
