import assert from "node:assert/strict";
import { formatFindings, overlaps, parseArchitectMeta } from "./architect_meta.ts";
import { parsePlan } from "./plan.ts";

const { plan } = parsePlan(
  "## Wave 1\n### Task 1: a\n**Files:**\n- `src/`\n### Task 2: b\n**Files:** `src/x.ts`\n" +
    "## Wave 2\n### Task 3: c\n",
);
const EXPECT = { task: "add-login", plan };

interface Draft {
  [key: string]: unknown;
}

function meta(change: Draft = {}, task: Draft = {}): string {
  const full = {
    plan_id: "add-login",
    schema_version: 1,
    waves: [
      {
        wave: 1,
        parallel: true,
        tasks: [
          {
            task_number: 1,
            title: "a",
            preferred_model: "m",
            fallback_model: "n",
            escalation_policy: "on failure",
            estimated_tokens: 1000,
            files_to_modify: ["src/a.ts"],
            dependency_task_numbers: [],
            verify_checks: ["deno test"],
            ...task,
          },
          { task_number: 2, files_to_modify: ["src/b.ts"] },
        ],
      },
      { wave: 2, tasks: [{ task_number: 3, dependency_task_numbers: [1] }] },
    ],
    ...change,
  };
  return JSON.stringify(full, null, 2);
}

function codes(json: string): string[] {
  return parseArchitectMeta(json, EXPECT).findings.map((f) => `${f.severity} ${f.code}`);
}

Deno.test("parseArchitectMeta() reads a valid file and fills in what is left out", () => {
  for (const json of [meta(), "\uFEFF" + meta(), meta({ plan_id: "add-login.md" })]) {
    const read = parseArchitectMeta(json, EXPECT);
    assert.deepEqual(read.findings, []);
    assert.deepEqual(read.meta?.waves[0]?.tasks[0]?.verify_checks, ["deno test"]);
    assert.deepEqual(read.meta?.waves[1], {
      wave: 2,
      parallel: true,
      tasks: [{
        task_number: 3,
        title: null,
        preferred_model: null,
        fallback_model: null,
        escalation_policy: null,
        estimated_tokens: null,
        files_to_modify: [],
        dependency_task_numbers: [1],
        verify_checks: [],
      }],
    });
  }
});

Deno.test("parseArchitectMeta() refuses every wrong shape and gives no metadata", () => {
  const wrong = [
    ["", "meta_syntax"],
    ["{", "meta_syntax"],
    ["null", "meta_schema"],
    ["[]", "meta_schema"],
    [meta({ schema_version: 2 }), "meta_schema"],
    [meta({ waves: { wave: 1 } }), "meta_schema"],
    [meta({ waves: [{ wave: 1, tasks: null }] }), "meta_schema"],
    [meta({ tasks: [] }), "meta_schema"],
    [meta({}, { number: 1 }), "meta_schema"],
    [meta({}, { task_number: "1" }), "meta_schema"],
    [meta({}, { task_number: 1.5 }), "meta_schema"],
    [meta({}, { estimated_tokens: -1 }), "meta_schema"],
    [meta({}, { files_to_modify: "a" }), "meta_schema"],
    [meta({ plan_id: "other" }), "meta_plan_id"],
    [meta({}, { task_number: 2 }), "meta_duplicate_task"],
    [meta({}, { task_number: 3 }), "meta_wrong_wave"],
    [meta({}, { task_number: 77 }), "meta_unknown_task"],
    [meta({}, { files_to_modify: ["../x"] }), "meta_unsafe_path"],
    [meta({ waves: [{ wave: 9, tasks: [] }] }), "meta_unknown_wave"],
    [meta({ waves: [{ wave: 1, tasks: [] }, { wave: 1, tasks: [] }] }), "meta_duplicate_wave"],
    [meta().replace('"wave": 1', '"wave": 2, "wave": 1'), "meta_duplicate_key"],
    [meta({ decision_audit: { schema_version: 1 } }), "meta_schema"],
    [" ".repeat(1_000_001), "too_large"],
  ] as const;
  for (const [json, code] of wrong) {
    const read = parseArchitectMeta(json, EXPECT);
    assert.equal(read.meta, null, json);
    assert.ok(read.findings.some((f) => f.code === code && f.severity === "error"), json);
  }
});

Deno.test("parseArchitectMeta() warns and keeps the metadata when nothing is lost", () => {
  assert.deepEqual(codes(meta({}, { files_to_modify: ["src/"] })), [
    "warning same_wave_file_overlap",
  ]);
  for (const needed of [1, 2, 3, 50]) {
    assert.deepEqual(codes(meta({}, { dependency_task_numbers: [needed] })), [
      "warning meta_dependency",
    ]);
  }
  const short = parseArchitectMeta(meta({ waves: [] }), EXPECT);
  assert.deepEqual(short.findings.map((f) => f.message), ["metadata says nothing of task 1, 2, 3"]);
  assert.deepEqual(short.meta?.waves, []);
});

Deno.test("parseArchitectMeta() points at the value that is wrong", () => {
  const json = meta({}, { preferred_model: 7, extra: 1 });
  const { findings } = parseArchitectMeta(json, EXPECT);
  const lines = json.split("\n");
  assert.deepEqual(findings.map((f) => [lines[f.line - 1]?.slice(f.column - 1), f.message]), [
    ["7,", '"waves.0.tasks.0.preferred_model" must be string, not 7'],
    ["1", '"waves.0.tasks.0.extra" is not a known field'],
  ]);
  const syntax = parseArchitectMeta('{\n  "plan_id": nope\n}', EXPECT);
  assert.deepEqual(formatFindings(syntax.findings, "m.json"), [
    "m.json:2:14 error meta_syntax metadata is not JSON: a value is missing here",
  ]);
});

Deno.test("parseArchitectMeta() validates a decision audit", () => {
  const audit = {
    schema_version: 1,
    plan_file: "add-login.md",
    project: "shop",
    created_at: "2026-01-02T03:04:05Z",
    baseline_source: "inline",
    summary: "s",
    planner_summary: "p",
    baseline_summary: "b",
    consumed_drafts: [{ profile: "a", cache_path: ".kasmos/cache/a.md" }],
    differences: ["one", { topic: "t", planner: "x" }],
    final_decision: "the plan stands",
  };
  const read = parseArchitectMeta(meta({ decision_audit: audit }), EXPECT);
  assert.deepEqual(read.findings, []);
  assert.equal(read.meta?.decision_audit?.consumed_drafts[0]?.profile, "a");
  for (const change of [{ baseline_source: "guess" }, { created_at: "today" }, { more: 1 }]) {
    const json = meta({ decision_audit: { ...audit, ...change } });
    assert.deepEqual(codes(json), ["error meta_schema"]);
  }
});

Deno.test("overlaps() reads claims of a plan or of metadata, of one wave only", () => {
  assert.deepEqual(overlaps(plan, 1), [{ file: "src/x.ts", tasks: [1, 2] }]);
  assert.deepEqual(overlaps(plan, 2), []);
  const read = parseArchitectMeta(meta({}, { files_to_modify: ["./src//b.ts"] }), EXPECT);
  assert.ok(read.meta);
  assert.deepEqual(overlaps(read.meta, 1), [{ file: "src/b.ts", tasks: [1, 2] }]);
  assert.deepEqual(overlaps(read.meta, 5), []);
});
