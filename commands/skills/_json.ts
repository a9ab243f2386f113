import type { InstalledSkill } from "../../lib/skill/home.ts";

/** An installed skill as scripts see it. The keys are a contract: add, never rename. */
export function skillJson(skill: InstalledSkill): Record<string, unknown> {
  const { manifest } = skill;
  return {
    name: skill.name,
    path: skill.path,
    description: skill.description,
    external: skill.external,
    findings: skill.findings,
    source: manifest?.source ?? null,
    source_url: manifest?.sourceUrl ?? null,
    requested_ref: manifest?.requestedRef ?? null,
    commit: manifest?.commit ?? null,
    installed_at: manifest?.installedAt ?? null,
  };
}

/** Where a skill is from, in a few words. */
export function originOf({ manifest, external, manifestProblem }: InstalledSkill): string {
  if (external !== null) return `-> ${external} (external)`;
  if (manifestProblem !== null) return "unreadable record";
  if (manifest === null) return "-";
  return manifest.source + (manifest.requestedRef === null ? "" : `@${manifest.requestedRef}`);
}
