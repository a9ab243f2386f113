import assert from "node:assert/strict";
import { type Column, table } from "./table.ts";

interface Row {
  name: string;
  count: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: "NAME", value: (row) => row.name },
  { header: "N", value: (row) => String(row.count), align: "right" },
  { header: "NOTE", value: () => "-" },
];

Deno.test("table() aligns columns with wide characters", () => {
  const rows = [{ name: "日本", count: 5 }, { name: "a", count: 12 }];
  assert.equal(table(rows, COLUMNS, { width: null }), "NAME   N  NOTE\n日本   5  -\na     12  -");
});

Deno.test("table() shortens the widest column only when given a width", () => {
  const rows = [{ name: "x".repeat(40), count: 1 }];
  const [, line = ""] = table(rows, COLUMNS, { width: 20 }).split("\n");
  assert.equal(line, `${"x".repeat(10)}…  1  -`);
  assert.ok(table(rows, COLUMNS, { width: null }).includes("x".repeat(40)));
});

Deno.test("table() lets no control character of a cell through", () => {
  const text = table([{ name: "a\x1b[31m\nb", count: 1 }], COLUMNS, { width: null });
  assert.equal(text.split("\n").length, 2);
  assert.ok(!text.includes("\x1b[31m"));
});
