import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type ForgeSource,
  formatSource,
  parseSource,
  remoteOf,
  repositoryName,
  type SkillSource,
  splitTree,
  withRef,
} from "./source.ts";

const CONTEXT = { home: "/home/ann", cwd: "/work/repo" };
const parse = (text: string) => parseSource(text, CONTEXT);

function forge(kind: ForgeSource["kind"], project: string, rest: Partial<ForgeSource> = {}) {
  return { kind, project, subpath: null, ref: null, tree: null, ...rest };
}

function local(path: string) {
  return { kind: "local", path, ref: null };
}

const CASES: readonly [text: string, source: unknown][] = [
  [".", local("/work/repo")],
  ["./skills", local("/work/repo/skills")],
  ["../other/", local("/work/other")],
  ["/opt//x/./y", local("/opt/x/y")],
  ["~", local("/home/ann")],
  ["~/skills", local("/home/ann/skills")],
  ["file:///opt/a%20b", local("/opt/a b")],
  ["file://localhost/opt", local("/opt")],
  ["o/r", forge("github", "o/r")],
  ["o/r.git", forge("github", "o/r")],
  ["o/r/a/b", forge("github", "o/r", { subpath: "a/b" })],
  ["o/r/a/b@feature/x", forge("github", "o/r", { subpath: "a/b", ref: "feature/x" })],
  ["o/r@pkg@1.0.0", forge("github", "o/r", { ref: "pkg@1.0.0" })],
  ["https://github.com/o/r", forge("github", "o/r")],
  ["https://github.com/o/r/", forge("github", "o/r")],
  ["http://www.github.com/o/r.git", forge("github", "o/r")],
  ["https://GitHub.com/o/r/docs", forge("github", "o/r", { subpath: "docs" })],
  ["https://github.com/o/r/tree/main", forge("github", "o/r", { tree: "main" })],
  ["https://github.com/o/r/tree/f/x/s/", forge("github", "o/r", { tree: "f/x/s" })],
  ["https://github.com/o/r/tree/main?tab=readme#top", forge("github", "o/r", { tree: "main" })],
  ["https://gitlab.com/o/r", forge("gitlab", "o/r")],
  ["https://gitlab.com/g/s/r.git@v1", forge("gitlab", "g/s/r", { ref: "v1" })],
  ["https://gitlab.com/g/s/r/-/tree/main/x", forge("gitlab", "g/s/r", { tree: "main/x" })],
  ["https://gitlab.com/o/r/x@v1", forge("gitlab", "o/r", { subpath: "x", ref: "v1" })],
  ["git@host:o/r.git", { kind: "git", url: "git@host:o/r.git", ref: null }],
  ["git@host:o/r@v1", { kind: "git", url: "git@host:o/r", ref: "v1" }],
  ["ssh://git@host:22/o/r", { kind: "git", url: "ssh://git@host:22/o/r", ref: null }],
  ["https://host/@o/r.git@a/b", { kind: "git", url: "https://host/@o/r.git", ref: "a/b" }],
  ["git+https://host/o/r@v1", { kind: "git", url: "https://host/o/r", ref: "v1" }],
  ["git+file:///srv/r", { kind: "git", url: "file:///srv/r", ref: null }],
  ["anthropic-skills", forge("github", "anthropics/skills")],
];

Deno.test("parseSource: every form of the grammar", () => {
  for (const [text, source] of CASES) assert.deepEqual(parse(text), source, text);
});

Deno.test("R10: what a GitLab source was saved as can be read again", () => {
  assert.deepEqual(parse("gitlab:o/r"), forge("gitlab", "o/r"));
  assert.deepEqual(parse("gitlab:o/r/sub"), forge("gitlab", "o/r", { subpath: "sub" }));
  for (const text of ["https://gitlab.com/g/s/r.git/a@v1", "https://gitlab.com/o/r/-/tree/a/b"]) {
    assert.deepEqual(parse(formatSource(parse(text))), parse(text), text);
  }
});

Deno.test("R13: a GitHub URL may end in @ref, and a ref behind /tree/ may hold slashes", () => {
  assert.deepEqual(parse("https://github.com/o/r@v1"), forge("github", "o/r", { ref: "v1" }));
  assert.deepEqual(
    parse("https://github.com/o/r/s@feature/x"),
    forge("github", "o/r", { subpath: "s", ref: "feature/x" }),
  );
  const refs = ["refs/heads/feature", "refs/heads/feature/x", "refs/tags/v1"];
  assert.deepEqual(splitTree("feature/x/skills/a", refs), {
    ref: "feature/x",
    subpath: "skills/a",
  });
  assert.deepEqual(splitTree("feature/y", refs), { ref: "feature", subpath: "y" });
  assert.deepEqual(splitTree("v1", refs), { ref: "v1", subpath: null });
  assert.deepEqual(splitTree("0123abc/x", refs), { ref: "0123abc", subpath: "x" });
  assert.equal(splitTree("v10", refs), null);
});

Deno.test("parseSource: what is none is refused, with a way on", () => {
  const bad: readonly [text: string, code: string][] = [
    ["", "usage"],
    ["word", "usage"],
    ["anthropic-skill", "usage"],
    ["https://host/page", "usage"],
    ["ext::sh -c x", "usage"],
    ["a\nb", "usage"],
    ["file://host/x", "usage"],
    ["https://github.com/%zz/r", "usage"],
    ["https://github.com/o", "invalid"],
    ["https://github.com/o/r/tree/../../x", "invalid"],
    ["o/r/../../x", "invalid"],
    ["o/r/.git", "invalid"],
    ["o/r@-x", "invalid"],
    ["o/r@a..b", "invalid"],
    ["o/r@a b", "invalid"],
    ["git+https://u:p@host/r", "invalid"],
  ];
  for (const [text, code] of bad) assert.throws(() => parse(text), { code }, text);
  assert.throws(() => parse("anthropic-skill"), { hint: `Did you mean "anthropic-skills"?` });
});

Deno.test("parseSource: ~ needs a home", () => {
  assert.throws(() => parseSource("~/x", { home: null, cwd: "/" }), { code: "invalid" });
});

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const path = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("/"));
const ref = fc.option(fc.oneof(path, path.map((text) => `${text}@1.0`)), { nil: null });
const owner = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/);
const project = fc.tuple(owner, word).map((words) => words.join("/"));
const segment = fc.string({ unit: "grapheme", minLength: 1 })
  .filter((text) => !/[/\0\n\r]/.test(text) && !/^\.\.?$/.test(text));

const source: fc.Arbitrary<SkillSource> = fc.oneof(
  fc.array(segment, { maxLength: 4 }).map((parts) => ({
    kind: "local" as const,
    path: `/${parts.join("/")}`,
    ref: null,
  })),
  fc.record({
    kind: fc.constant("github" as const),
    project,
    subpath: fc.option(path, { nil: null }),
    ref,
    tree: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant("gitlab" as const),
    project: fc.tuple(project, fc.array(word, { maxLength: 2 }))
      .map(([first, more]) => [first, ...more].join("/")),
    subpath: fc.option(path, { nil: null }),
    ref,
    tree: fc.constant(null),
  }),
  fc.record({
    kind: fc.constantFrom("github" as const, "gitlab" as const),
    project,
    subpath: fc.constant(null),
    ref: fc.constant(null),
    tree: fc.tuple(path, fc.constantFrom("", "@1", " x", "%20", "#y", "?z")).map((t) => t.join("")),
  }),
  fc.record({
    kind: fc.constant("git" as const),
    url: fc.tuple(fc.constantFrom("https://h.x/", "ssh://git@h/", "file:///", "git@h:"), path)
      .map((parts) => parts.join("")),
    ref,
  }),
);

Deno.test("formatSource: parse(format(source)) is the source", () => {
  fc.assert(
    fc.property(source, (value) => {
      assert.deepEqual(parse(formatSource(value)), { ...value }, formatSource(value));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseSource: any text is read or refused, never more", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      try {
        const parsed = parse(text);
        assert.deepEqual(parse(formatSource(parsed)), parsed);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.ok(error instanceof Error && error.name === "KasError", String(error));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("remoteOf, withRef and repositoryName", () => {
  assert.equal(remoteOf(parse("o/r/x")), "https://github.com/o/r.git");
  assert.equal(remoteOf(parse("gitlab:g/s/r.git")), "https://gitlab.com/g/s/r.git");
  assert.equal(remoteOf(parse("/x")), null);
  assert.equal(withRef(parse("o/r@v1"), "v2").ref, "v2");
  assert.throws(() => withRef(parse("/x"), "--force"), { code: "invalid" });
  assert.equal(repositoryName(parse("git@host:o/my-skill.git@v1")), "my-skill");
  assert.equal(repositoryName(parse("git+https://host/a/b/")), "b");
  assert.equal(repositoryName(parse("o/r/sub")), "r");
});
