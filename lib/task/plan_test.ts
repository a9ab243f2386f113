import assert from "node:assert/strict";
import fc from "fast-check";
import { checkOk, NO_WAVES, parsePlan } from "./plan.ts";
import { MAX_BLOCK_WEIGHT, MAX_PLAN_LENGTH } from "./plan_blocks.ts";
import { formatFindings } from "./plan_model.ts";

const read = (name: string): string =>
  Deno.readTextFileSync(new URL(`./testdata/${name}`, import.meta.url));

const FIELDS = "**Goal:** g\n**Architecture:** a\n**Tech Stack:** t\n\n";

/** Findings of a plan with all its header fields, as `line:column severity code`. */
function found(markdown: string): string[] {
  return parsePlan(FIELDS + markdown).findings.map((f) =>
    `${f.line - 4}:${f.column} ${f.severity} ${f.code}`
  );
}

Deno.test("parsePlan() reads header fields, waves, tasks, bodies and files", () => {
  const { plan, findings } = parsePlan(read("good.md"));
  assert.deepEqual(findings, []);
  assert.equal(plan.title, "Rate limits for the public API");
  assert.equal(plan.goal, "Stop one client from starving the others");
  assert.equal(plan.architecture, "A token bucket in `lib/limit`, asked by one middleware");
  assert.equal(plan.techStack, "TypeScript, Deno");
  assert.equal(plan.size, "Medium (3 h)");
  assert.match(plan.preamble, /Requests above the limit get 429\.\n\n$/);
  assert.deepEqual(plan.waves.map((w) => [w.number, w.title, w.line]), [[1, "ground", 13], [
    2,
    "",
    41,
  ]]);
  assert.equal(plan.waves[0]?.notes, "\nRead `docs/limits.md` first.\n\n");
  const tasks = plan.waves.flatMap((wave) => wave.tasks);
  assert.deepEqual(tasks.map((t) => [t.number, t.title, t.line]), [
    [1, "Token bucket", 17],
    [2, "Settings", 34],
    [3, "Middleware", 43],
  ]);
  assert.deepEqual(tasks.map((t) => t.files), [
    ["lib/limit/bucket.ts", "lib/limit/bucket_test.ts"],
    ["lib/config.ts", "docs/config.md", "plain/path.ts"],
    ["lib/api/limit.ts", "lib/api/app.ts"],
  ]);
  assert.match(
    tasks[0]?.body ?? "",
    /^\n\*\*Files.*not a task\n\n#### Notes\n\nKeep it pure\.\n\n$/s,
  );
  assert.match(tasks[2]?.body ?? "", /Wire it in\.\n$/);
});

Deno.test("parsePlan() reports every fault of a broken plan at its place", () => {
  const { plan, findings } = parsePlan(read("broken.md"));
  assert.deepEqual(
    findings.map((f) => `${f.line} ${f.severity} ${f.code}`),
    [
      "1 warning missing_goal",
      "1 warning missing_architecture",
      "1 warning missing_tech_stack",
      "3 error malformed_wave_header",
      "7 warning wave_gap",
      "7 error empty_wave",
      "16 warning same_wave_file_overlap",
      "21 error malformed_task_header",
      "23 warning task_out_of_order",
      "25 error duplicate_task",
      "27 error duplicate_wave",
      "27 error empty_wave",
      "29 error malformed_task_header",
      "31 error malformed_wave_header",
      "33 warning heading_in_task",
      "35 error task_outside_wave",
    ],
  );
  assert.deepEqual(plan.sections.map((s) => s.title), [
    "Wave one",
    "Task 1: lost",
    "Wave 4",
    "Appendix",
    "Task 6: outside",
  ]);
});

Deno.test("parsePlan() refuses a text without waves and an empty text, by name", () => {
  const { findings } = parsePlan("# T\n\n### Tasks\n\ntext\n");
  const error = findings.find((f) => f.severity === "error");
  assert.equal(error?.message, NO_WAVES);
  assert.equal(
    NO_WAVES,
    "no wave headers found in plan; add ## Wave N sections before implementing",
  );
  for (const text of ["", " \r\n\t\n", "\uFEFF"]) {
    assert.deepEqual(parsePlan(text).findings.map((f) => f.code), ["empty_plan"]);
  }
});

Deno.test("parsePlan() takes headers only from the root of the document", () => {
  const hidden = "## Wave 1\n### Task 1: a\n";
  const wraps = [
    `\`\`\`\n${hidden}\`\`\`\n`,
    `~~~md\n${hidden}`,
    hidden.replace(/^/gm, "> "),
    `- item\n\n${hidden.replace(/^/gm, "  ")}`,
    `<!--\n${hidden}-->\n`,
    hidden.replace(/^/gm, "    "),
    hidden.replace(/^/gm, "\\"),
  ];
  for (const wrapped of wraps) {
    assert.deepEqual(found(wrapped).map((f) => f.split(" ").at(-1)), ["no_waves"], wrapped);
  }
});

Deno.test("parsePlan() accepts every form of header and names the ones it refuses", () => {
  const good = ["## Wave 1", "### Wave 1: a", "## Wave 1 — a", "## Wave 1 - a", "Wave 1\n------"]
    .concat(["## **Wave 1**", "  ## Wave 01 ##", "## Wave 1 <!-- c -->"]);
  for (const header of good) assert.deepEqual(found(`${header}\n### Task 1: a\n`), [], header);
  const tasks = ["### Task 1: a", "#### Task 1 — a", "### Task 1 – a", "### Task 1- a"];
  for (const header of tasks) assert.deepEqual(found(`## Wave 1\n${header}\n`), [], header);

  const waves = ["# Wave 1", "#### Wave 1", "## Wave one", "## Wave", "## Wave: a", "## Wave1"]
    .concat(["## Wave 0", "## Wave 10000", "## Wave ١", "## Wave 1 (first)", "## Wave 1.5"]);
  for (const header of waves) {
    const first = found(`${header}\n### Task 1: a\n## Wave 1\n### Task 2: b\n`);
    assert.deepEqual(first, ["1:1 error malformed_wave_header"], header);
  }
  const malformed = ["## Task 1: a", "##### Task 1: a", "### Task 1", "### Task 1:", "### Task: a"]
    .concat(["### Task one: a", "### Task 99999: a", "### Task 1 a", "### Task #1: a"]);
  for (const header of malformed) {
    const last = found(`## Wave 1\n### Task 9: z\n ${header}\n`);
    assert.deepEqual(last, ["3:2 error malformed_task_header"], header);
  }
  assert.deepEqual(found("## Wave 1\n### Task 1: a\n#### Task notes\n##### Task list\n"), [
    "3:1 warning malformed_task_header",
  ]);
});

Deno.test("parsePlan() ends a task at an appendix and keeps its text", () => {
  const { plan, findings } = parsePlan(
    `${FIELDS}## Wave 1\n### Task 1: a\nbody\n## Appendix\ntable\n`,
  );
  assert.deepEqual(findings.map((f) => [f.code, f.severity, f.line]), [
    ["heading_in_task", "warning", 8],
  ]);
  assert.equal(checkOk(findings), true);
  assert.equal(plan.waves[0]?.tasks[0]?.body, "body\n");
  assert.deepEqual(plan.sections, [{ title: "Appendix", body: "table\n", line: 8 }]);
});

Deno.test("parsePlan() tells wrong order, gaps and duplicates apart", () => {
  const task = (n: number): string => `### Task ${n}: t\n`;
  assert.deepEqual(found(`## Wave 2\n${task(1)}## Wave 1\n${task(2)}`), [
    "1:1 warning wave_gap",
    "3:1 error wave_out_of_order",
  ]);
  assert.deepEqual(found(`## Wave 1\n${task(2)}## Wave 2\n${task(1)}`), [
    "4:1 warning task_out_of_order",
  ]);
  assert.deepEqual(found(`## Wave 1\n${task(1)}## Wave 2\n${task(1)}`), [
    "4:1 error duplicate_task",
  ]);
});

Deno.test("parsePlan() counts lines the same with CR LF, CR and a byte order mark", () => {
  const text = `${FIELDS}## Wave 1\n\n### Task 1: a\n\nbody\n\n\t- x\n\n### Task 1: b\n`;
  const expected = parsePlan(text);
  for (const ending of ["\r\n", "\r"]) {
    const { plan, findings } = parsePlan("\uFEFF" + text.replaceAll("\n", ending));
    assert.deepEqual(findings, expected.findings);
    assert.equal(plan.goal, "g");
    const bodies = plan.waves.flatMap((w) => w.tasks.map((t) => t.body));
    const wanted = expected.plan.waves.flatMap((w) => w.tasks.map((t) => t.body));
    assert.deepEqual(bodies, wanted.map((body) => body.replaceAll("\n", ending)));
  }
});

Deno.test("parsePlan() reads labels in their other spellings and warns of a second one", () => {
  const { plan, findings } = parsePlan(
    "# T\n\n__Goal__: one\n\n**Goal:** two\n\n**Tech Stack:**\n\n- Deno\n- tmux\n\n" +
      "**architecture:** x\n\n## Wave 1\n### Task 1: a\n**Files:** `a.ts` see `b.ts`\n",
  );
  assert.equal(plan.goal, "one");
  assert.equal(plan.techStack, "- Deno - tmux");
  assert.equal(plan.architecture, "x");
  assert.deepEqual(plan.waves[0]?.tasks[0]?.files, ["a.ts"]);
  assert.deepEqual(findings.map((f) => [f.code, f.line]), [["duplicate_field", 5]]);
});

Deno.test("parsePlan() refuses what would take too long, with the place", () => {
  const big = parsePlan("x\n".repeat(2_500_000));
  assert.deepEqual(big.findings.map((f) => [f.code, f.severity]), [["too_large", "error"]]);
  assert.match(big.findings[0]?.message ?? "", new RegExp(String(MAX_PLAN_LENGTH)));
  const deep = parsePlan(`## Wave 1\n\n${"> ".repeat(5000)}x\n`);
  assert.deepEqual(deep.findings.map((f) => [f.code, f.line]), [["too_large", 3]]);
  const block = parsePlan(
    `# T\n\n\`\`\`\n${"x".repeat(200)}\n`.padEnd(MAX_BLOCK_WEIGHT * 2, "y y\n"),
  );
  assert.deepEqual(block.findings.map((f) => [f.code, f.line]), [["too_large", 3]]);
  const rule = "- ".repeat(40);
  assert.deepEqual(found(`## Wave 1\n### Task 1: a\n\n${rule}\n`), []);
});

Deno.test("parsePlan() reads a large plan whole", () => {
  let text = FIELDS;
  for (let n = 1; n <= 400; n++) {
    if (n % 10 === 1) text += `## Wave ${(n + 9) / 10}\n\n`;
    text += `### Task ${n}: t${n}\n\n- step\n- step\n\n\`\`\`\n## Wave 1\n\`\`\`\n\ntext ${n}\n\n`;
  }
  const { plan, findings } = parsePlan(text);
  assert.deepEqual(findings, []);
  assert.equal(plan.waves.length, 40);
  const tasks = plan.waves.flatMap((wave) => wave.tasks);
  assert.equal(tasks.length, 400);
  for (const task of tasks) assert.match(task.body, new RegExp(`\n\ntext ${task.number}\n\n$`));
  assert.equal(text.split("\n")[(tasks[399]?.line ?? 0) - 1], "### Task 400: t400");
});

Deno.test("formatFindings() escapes what a terminal would act on", () => {
  const { findings } = parsePlan("## Wave \u001b[2Jone\u202e\n");
  const lines = formatFindings(findings, "a\nb.md");
  assert.ok(lines.length > 0);
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
  assert.match(lines.at(-1) ?? "", /^a\\u\{a\}b\.md:1:1 error /);
});

const word = fc.stringMatching(/^[a-z][a-z0-9 ]{0,10}[a-z]$/);
const prose = fc.constantFrom(
  "text\n\n",
  "- a\n- b\n\n",
  "```\n## Wave 9\n```\n\n",
  "> q\n\n",
  "#### h\n\n",
);
const planShape = fc.array(
  fc.record({
    title: word,
    notes: prose,
    tasks: fc.array(fc.tuple(word, prose), { minLength: 1, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
);

Deno.test("parsePlan() gives back a written plan", () => {
  fc.assert(
    fc.property(planShape, (shape) => {
      let text = FIELDS;
      let number = 0;
      for (const [index, wave] of shape.entries()) {
        text += `## Wave ${index + 1}: ${wave.title}\n\n${wave.notes}`;
        for (const [title, body] of wave.tasks) text += `### Task ${++number}: ${title}\n\n${body}`;
      }
      const { plan, findings } = parsePlan(text);
      assert.deepEqual(findings, []);
      assert.deepEqual(
        plan.waves.map((w) => ({
          title: w.title,
          notes: w.notes.slice(1),
          tasks: w.tasks.map((t) => [t.title, t.body.slice(1)]),
        })),
        shape.map((w) => ({
          ...w,
          title: w.title.replace(/ +/g, " "),
          tasks: w.tasks.map(([t, b]) => [t.replace(/ +/g, " "), b]),
        })),
      );
    }),
    { numRuns: 50 },
  );
});

const fragment = fc.constantFrom(
  ...["## Wave 1\n", "### Task 1: a\n", "## Wave 2 — b\n", "Wave 3\n---\n", "#### Task 2 - b\n"],
  ...[
    "## Appendix\n",
    "# T\n",
    "### Task x: y\n",
    "## Wave ten\n",
    "```\n",
    "> ",
    "- ",
    "  ",
    "<!--\n",
  ],
  ...[
    "-->\n",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "text ",
    "**Files:**\n",
    "- `a/b.ts`\n",
    "**Goal:** g\n",
    "[a]: b\n",
  ],
  ...["'t\n", "\uFEFF", "\0", "===\n", "1. ", "2) ", "*", "`", "<div>\n", "é😀"],
);
const soup = fc.oneof(
  fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 300 }),
);

Deno.test("parsePlan() never throws and loses no text", () => {
  fc.assert(
    fc.property(soup, (text) => {
      const { plan, findings } = parsePlan(text);
      const whole = text.startsWith("\uFEFF") ? text.slice(1) : text;
      const starts = lineStarts(whole);
      for (const f of findings) {
        assert.ok(f.line >= 1 && f.line <= starts.length && f.column >= 1);
      }
      const parts = plan.waves.flatMap((w) => [
        { line: w.line, body: w.notes },
        ...w.tasks.map(({ line, body }) => ({ line, body })),
      ]).concat(plan.sections).sort((a, b) => a.line - b.line);
      const from = parts.map(({ line }) => starts[line - 1] ?? -1);
      assert.equal(plan.preamble, whole.slice(0, from[0]));
      for (const [index, { body }] of parts.entries()) {
        const slice = whole.slice(from[index], from[index + 1]);
        assert.ok(slice.endsWith(body));
        const header = slice.slice(0, slice.length - body.length);
        assert.match(
          header,
          /^ {0,3}#[^\r\n]*[\r\n]{0,2}$|[\r\n] {0,3}(?:-+|=+)[ \t]*[\r\n]{0,2}$/,
        );
      }
    }),
    { numRuns: 500 },
  );
});

function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((m) => m.index + m[0].length)];
}
