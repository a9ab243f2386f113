import assert from "node:assert/strict";
import { KasError } from "./errors.ts";
import { parseBranch, parseName, parseTaskName, quote, slugify } from "./names.ts";

Deno.test("parseTaskName() takes names that are safe as a path, a ref and a target", () => {
  for (const name of ["a", "add-login", "v1.2", "Größe", "日本語", "a_b", "x9"]) {
    assert.equal(parseTaskName(name), name);
  }
  assert.equal(parseTaskName("add-login.md"), "add-login");
});

Deno.test("parseTaskName() refuses hostile names and suggests a legal one", () => {
  const hostile = [
    ["../x", `Try "x"`],
    ["-rf", `Try "rf"`],
    ["$(x)", `Try "x"`],
    ["a b", `Try "a-b"`],
    ["a/b", `Try "a-b"`],
    ["x.lock", `Try "x"`],
    ["🎉", `Choose a name such as "add-login"`],
    ["", `Choose a name such as "add-login"`],
    ["a\nb", `Try "a-b"`],
    ["a\0b", `Try "a-b"`],
    ["x".repeat(10_240), `Try "${"x".repeat(80)}"`],
  ] as const;
  for (const [name, hint] of hostile) {
    assert.throws(
      () => parseTaskName(name),
      (e) => e instanceof KasError && e.code === "invalid" && e.hint === hint,
      JSON.stringify(name.slice(0, 20)),
    );
  }
});

Deno.test("slugify() gives a name that parseName() takes, or nothing", () => {
  for (
    const text of [
      "../..",
      "A  B",
      "x.lock",
      "é".repeat(100),
      "𝒳".repeat(100),
      ".lock",
      "a.lock.lock",
    ]
  ) {
    const slug = slugify(text);
    if (slug !== "") assert.equal(parseName("task", slug), slug);
  }
});

Deno.test("parseBranch() checks each part", () => {
  assert.equal(parseBranch("plan/add-login"), "plan/add-login");
  for (
    const bad of ["plan//x", "/x", "x/", "plan/-x", "a..b", "refs/heads/x.lock", "@{u}", "a~1"]
  ) {
    assert.throws(() => parseBranch(bad), KasError);
  }
});

Deno.test("quote() keeps a hostile value short and on one line", () => {
  assert.equal(quote("a\u001b[31m\n"), '"a\\u001b[31m\\n"');
  assert.ok(quote("x".repeat(1000)).length < 70);
});
