import assert from "node:assert/strict";
import fc from "fast-check";
import { type AuditRow, auditSkills, type SkillStanding, summarize } from "./audit.ts";
import type { CanonicalSkill, HarnessEntry, HarnessScan, LayerScan } from "./scan.ts";

const SKILL: CanonicalSkill = { name: "a", kind: "folder", findings: [], digests: { x: "1" } };

const CLAUDE: HarnessScan = {
  name: "claude",
  installed: true,
  native: false,
  folder: "/r/.claude/skills",
  whole: false,
  entries: [],
  problem: null,
};

function layer(part: Partial<LayerScan> = {}): LayerScan {
  return { layer: "project", skills: [SKILL], harnesses: [CLAUDE], interrupted: false, ...part };
}

function stateOf(entries: HarnessEntry[], skill: Partial<CanonicalSkill> = {}): SkillStanding {
  const scan = layer({ skills: [{ ...SKILL, ...skill }], harnesses: [{ ...CLAUDE, entries }] });
  const [row] = auditSkills([scan]).rows;
  assert.ok(row);
  return row.state;
}

function link(leadsTo: "canonical" | "elsewhere" | "nowhere", ours = true, name = "a") {
  return { kind: "link" as const, name, target: "t", leadsTo, ours };
}

function folder(now: string, written: string | null, name = "a") {
  return {
    kind: "folder" as const,
    name,
    digests: { x: now },
    written: written === null ? null : { x: written },
  };
}

Deno.test("auditSkills: every standing", () => {
  assert.equal(stateOf([link("canonical")]), "synced");
  assert.equal(stateOf([]), "missing");
  assert.equal(stateOf([link("elsewhere", false)]), "skipped");
  assert.equal(stateOf([link("nowhere", false)]), "broken");
  assert.equal(stateOf([folder("1", null)]), "copy");
  assert.equal(stateOf([folder("1", "1")]), "copy");
  assert.equal(stateOf([folder("0", "0")]), "outdated");
  assert.equal(stateOf([folder("2", "0")]), "edited");
  assert.equal(stateOf([folder("2", null)]), "edited");
  assert.equal(stateOf([], { kind: "external", digests: null }), "skipped");
  assert.equal(stateOf([link("canonical")], { kind: "external", digests: null }), "synced");
  assert.equal(stateOf([], { kind: "broken", digests: null }), "broken");
  const error = { code: "missing_name" as const, severity: "error" as const, message: "no name" };
  assert.equal(stateOf([], { findings: [error] }), "invalid");
});

Deno.test("auditSkills: without a skill, only what kas made is an orphan", () => {
  const states = (entries: HarnessEntry[]) =>
    auditSkills([layer({ skills: [], harnesses: [{ ...CLAUDE, entries }] })]).rows
      .map(({ skill, state }) => `${skill} ${state}`);
  assert.deepEqual(
    states([
      link("nowhere", true, "ours"),
      link("nowhere", false, "theirs"),
      link("elsewhere", false, "fine"),
      folder("1", "1", "copy"),
      folder("1", null, "own"),
    ]),
    ["ours orphan", "theirs broken", "copy orphan"],
  );
});

Deno.test("auditSkills: a harness that is not installed is skipped, one that reads itself is synced", () => {
  const harnesses: HarnessScan[] = [
    { ...CLAUDE, installed: false },
    { ...CLAUDE, name: "codex", native: true, folder: null },
    { ...CLAUDE, name: "whole", whole: true },
    { ...CLAUDE, name: "out", problem: "it leads out" },
  ];
  const audit = auditSkills([layer({ harnesses })]);
  assert.deepEqual(audit.rows.map(({ harness, state }) => [harness, state]), [
    ["claude", "skipped"],
    ["codex", "synced"],
    ["whole", "synced"],
    ["out", "missing"],
  ]);
  assert.deepEqual([audit.ok, audit.total, audit.percent], [2, 3, 66]);
});

Deno.test("auditSkills: a change that was cut off is not healthy", () => {
  const audit = auditSkills([layer({ skills: [], interrupted: true })]);
  assert.equal(audit.rows[0]?.state, "broken");
  assert.equal(audit.percent, 0);
});

Deno.test("summarize: 100 only when all that counts is right; nothing at all is right", () => {
  assert.equal(summarize([]).percent, 100);
  const states = fc.constantFrom<SkillStanding>("synced", "copy", "skipped", "missing", "edited");
  fc.assert(fc.property(fc.array(states, { maxLength: 300 }), (all) => {
    const rows = all.map((state): AuditRow => ({
      layer: "user",
      harness: "x",
      skill: "a",
      state,
      detail: null,
    }));
    const isRight = all.every((state) => ["synced", "copy", "skipped"].includes(state));
    assert.equal(summarize(rows).percent === 100, isRight);
  }));
});
