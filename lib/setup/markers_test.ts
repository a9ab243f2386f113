import assert from "node:assert/strict";
import fc from "fast-check";
import { findSection, sectionPiece } from "./markers.ts";
import { BrokenFile } from "./types.ts";

const piece = sectionPiece("AGENTS.md", "section", "Hello.");

Deno.test("sectionPiece() adds a section, finds it, and takes it out without a trace", async () => {
  for (const text of ["", "# Mine\n", "# Mine", "# Mine\n\n", "# A\r\n\r\nb\r\n", "\n"]) {
    const written = await piece.write(text);
    assert.ok(written !== null);
    assert.equal(written.text.startsWith(text), true, JSON.stringify(text));
    assert.equal(piece.read(written.text), piece.wanted, JSON.stringify(text));
    assert.equal(await piece.erase(written.text, written.extra), text, JSON.stringify(text));
  }
});

Deno.test("sectionPiece() replaces only what is between the markers", async () => {
  const first = (await piece.write("above\n"))?.text ?? "";
  const text = `${first}below\n`;
  const other = sectionPiece("AGENTS.md", "section", "New.");
  const next = (await other.write(text))?.text ?? "";
  assert.equal(next, text.replace("Hello.", "New."));
  assert.equal((await other.write(next))?.text, next);
});

Deno.test("sectionPiece() keeps what stands behind the section when it is taken out", async () => {
  const written = await piece.write("above\n");
  assert.ok(written !== null);
  assert.equal(await piece.erase(`${written.text}below\n`, written.extra), "above\nbelow\n");
});

Deno.test("sectionPiece() leaves any text around it as it is", async () => {
  const line = fc.stringMatching(/^[ -~é]{0,12}$/).filter((text) => !text.includes("kas:"));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.boolean(), async (lines, ends) => {
      const text = lines.join("\n") + (ends ? "\n" : "");
      const written = await piece.write(text);
      assert.ok(written !== null && written.text.startsWith(text));
      assert.equal(await piece.erase(written.text, written.extra), text);
    }),
  );
});

Deno.test("findSection() says in which line markers do not pair", () => {
  const begin = "<!-- kas:begin -->";
  const end = "<!-- kas:end -->";
  const wrong: [string, number][] = [
    [`a\n${begin}\nb\n`, 2],
    [`a\n\n${end}\n`, 3],
    [`${begin}\n${begin}\n${end}\n`, 2],
    [`${begin}\n${end}\n${begin}\n${end}\n`, 3],
  ];
  for (const [text, line] of wrong) {
    assert.throws(() => findSection(text), (error) => {
      assert.ok(error instanceof BrokenFile);
      assert.equal(error.line, line, text);
      return true;
    });
  }
  assert.equal(findSection(`use ${begin} here\n`), null);
});
