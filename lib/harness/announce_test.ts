import assert from "node:assert/strict";
import { announceParts } from "./announce.ts";
import { testDirs } from "./test_request.ts";

Deno.test("announceParts() names skills and commands with the files to read", async () => {
  await using dirs = await testDirs();
  const folder = `${dirs.root}/odd`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    `${folder}/SKILL.md`,
    "---\nname: odd\ndescription: |\n  One\n  two\n---\n",
  );
  const text = await announceParts(
    { skills: { odd: folder, bare: `${dirs.root}/none` }, commands: { lint: "/l.md" } },
    "/launch/agent",
  );
  assert.match(text, /^- odd: One two \(file: \/launch\/agent\/skills\/odd\/SKILL\.md\)$/m);
  assert.match(text, /^- bare: no description \(file: /m);
  assert.match(text, /^- lint \(file: \/launch\/agent\/commands\/lint\.md\)$/m);
  assert.equal(await announceParts({ skills: {}, commands: {} }, "/a"), "");
});
