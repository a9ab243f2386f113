import assert from "node:assert/strict";
import { symbolsOf } from "./symbols.ts";

/** Language by ending, a text, and what it declares as `line kind name`. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a.ts",
    `import { x } from "y";\nexport interface Row {\n  id: number;\n}\nexport type Id = string;\n` +
    `const LIMIT = 5;\nexport default abstract class Store<T> extends Base {\n  #rows = 1;\n` +
    `  async read(id: Id): Promise<Row> {\n    if (id) {\n    return await find(id);\n  }\n` +
    `  get size(): number {\n  }\n}\nexport async function* walk(root: string) {\n}\nwalk("x");\n`,
    ["2 interface Row", "5 type Id", "6 constant LIMIT", "7 class Store", "9 method read"]
      .concat(["13 method size", "16 function walk"]),
  ],
  [
    "a.py",
    `LIMIT: int = 3\nclass A(B):\n    async def go(self):\n        x == 1\n\ndef top():\n    pass\n`,
    ["1 constant LIMIT", "2 class A", "3 method go", "6 function top"],
  ],
  [
    "a.go",
    `package x\ntype Row struct {\n}\nfunc (r *Row) Id() int {\n}\nfunc New() *Row {\n\tvar y = 1\n}\n`,
    ["2 type Row", "4 method Id", "6 function New"],
  ],
  [
    "a.rs",
    `pub(crate) struct Row;\nimpl<T> From<T> for Row {\n    pub const unsafe fn id(&self) {}\n}\n` +
    `macro_rules! row {\n`,
    ["1 struct Row", "2 impl From<T> for Row", "3 function id", "5 macro row"],
  ],
  [
    "A.java",
    `public final class A {\n  private static int go(int x) {\n    return run(x);\n  }\n}\n`,
    ["1 class A", "2 method go"],
  ],
  [
    "a.c",
    `#define MAX 3\nstruct row {\n};\nstatic int *find(int a,\n    int b)\n{\n  call(a);\n}\nint later(void);\n`,
    ["1 macro MAX", "2 struct row", "4 function find"],
  ],
  ["a.sh", `greet() {\n  echo hi\n}\nfunction bye {\n}\n`, ["1 function greet", "4 function bye"]],
  ["a.sql", `CREATE TABLE IF NOT EXISTS task (\n);\ncreate unique index i on task(x);\n`, [
    "1 table task",
    "3 index i",
  ]],
  ["README.md", `# One\ntext\n## Two ##\n`, ["1 heading One", "3 heading Two"]],
];

Deno.test("symbolsOf() finds what a file declares, in the usual forms of its language", () => {
  for (const [path, text, wanted] of CASES) {
    const found = symbolsOf(path, text)?.map(({ line, kind, name }) => `${line} ${kind} ${name}`);
    assert.deepEqual(found, wanted, path);
  }
  assert.equal(symbolsOf("a.bin", "class X"), null);
  assert.equal(symbolsOf("Makefile", "all:"), null);
});

Deno.test("symbolsOf() is done with hostile lines at once", () => {
  const lines = [
    "a ".repeat(50_000),
    `${"public ".repeat(20_000)}(`,
    "<".repeat(100_000),
    "* ".repeat(9_999),
  ];
  for (const ending of ["ts", "java", "c", "rs", "php", "sql", "md"]) {
    assert.deepEqual(symbolsOf(`x.${ending}`, lines.join("\n"))?.length ?? -1, 0, ending);
  }
});
