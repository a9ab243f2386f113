/** Skills of agents: sources, installing, updating, and showing them to harnesses. */

export {
  type AuditRow,
  auditSkills,
  type SkillAudit,
  type SkillStanding,
  summarize,
} from "./audit.ts";
export { selectSkills, type SkillCandidate } from "./discover.ts";
export { checkSkill, readHead, type SkillFinding, type SkillHead } from "./frontmatter.ts";
export {
  type HarnessPlace,
  projectHome,
  SKILL_HARNESSES,
  type SkillHarness,
  type SkillLayer,
  skillLayers,
  userHome,
} from "./harnesses.ts";
export {
  type InstalledSkill,
  listSkills,
  readSkill,
  type SkillHome,
  type SkillState,
  skillState,
} from "./home.ts";
export {
  type ChangeOptions,
  type InstalledChange,
  installSkills,
  type NewSkill,
  planInstall,
} from "./install.ts";
export type { SkillManifest } from "./manifest.ts";
export { isSkillName, parseSkillName } from "./names.ts";
export { type OpenSource, openSource } from "./open_source.ts";
export { detachSkills, type RemovedSkill, removeSkills } from "./remove.ts";
export { type LayerScan, scanLayer } from "./scan.ts";
export { formatSource, parseSource, type SkillSource, withRef } from "./source.ts";
export { type SyncResult, syncSkills } from "./sync.ts";
export { describeEdits, type Edits } from "./tree.ts";
export { type UpdatedSkill, updateSkills } from "./update.ts";
