import { type Command, defineCommand, table } from "../../lib/cli/mod.ts";
import type { StyleName } from "../../lib/cli/style.ts";
import { KasError } from "../../lib/errors.ts";
import {
  type AuditRow,
  auditSkills,
  type SkillAudit,
  type SkillStanding,
} from "../../lib/skill/audit.ts";
import { scanLayer } from "../../lib/skill/scan.ts";
import { resolveLayers } from "./_home.ts";

/** The findings are on stdout already; this only ends the command with status 1. */
export class CheckFailed extends KasError {
  override get exitCode(): number {
    return 1;
  }
}

const MARKS: Readonly<Record<SkillStanding, readonly [mark: string, style: StyleName]>> = {
  synced: ["✓", "green"],
  copy: ["≈", "green"],
  skipped: ["⊘", "dim"],
  missing: ["✗", "red"],
  orphan: ["✗", "red"],
  broken: ["✗", "red"],
  edited: ["✗", "yellow"],
  outdated: ["✗", "yellow"],
  invalid: ["✗", "red"],
};

const command: Command = defineCommand({
  description: "Check that every agent CLI sees your skills and those of the project",
  details: "Ends with status 0 only at 100 %. Nothing is changed.",
  args: {
    verbose: { type: "boolean", short: "v", description: "List what is right, too" },
    project: { type: "boolean", description: "Only the project's" },
    user: { type: "boolean", description: "Only yours" },
  },
  examples: [["kas skills check -v", "Every skill with every agent CLI"]],
  async run(ctx) {
    const layers = await resolveLayers(ctx.values);
    const audit = auditSkills(await Promise.all(layers.map(scanLayer)));
    ctx.print(
      { ...audit, health: audit.percent },
      () => auditText(audit, ctx.values.verbose === true),
    );
    if (audit.percent === 100) return;
    const wrong = audit.total - audit.ok;
    throw new CheckFailed("conflict", `Cannot vouch for ${wrong} of ${audit.total} skills`, {
      hint: `"kas skills sync" mends what is missing, outdated or an orphan; the rest is yours`,
      context: { ok: audit.ok, total: audit.total },
    });
  },
});

/** An audit as people read it. @param verbose whether what is right is listed, too */
export function auditText(audit: SkillAudit, verbose: boolean): string {
  const shown = audit.rows.filter(({ state }) => verbose || MARKS[state][0] === "✗");
  const health = `Health: ${audit.ok}/${audit.total} OK (${audit.percent}%)`;
  const parts = [counts(audit.rows), shown.length === 0 ? "" : listed(shown), health];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** One line for each harness of each layer. */
function counts(rows: readonly AuditRow[]): string {
  const groups = Map.groupBy(rows, ({ layer, harness }) => `${layer.padEnd(7)}  ${harness}`);
  return [...groups].map(([name, group]) => {
    const states = Map.groupBy(group, ({ state }) => state);
    return `${name.padEnd(18)}  ${
      [...states].map(([state, of]) => `${of.length} ${state}`).join(", ")
    }`;
  }).join("\n");
}

function listed(rows: readonly AuditRow[]): string {
  return table(rows, [
    { header: " ", value: ({ state }) => MARKS[state][0], style: ({ state }) => MARKS[state][1] },
    { header: "LAYER", value: ({ layer }) => layer },
    { header: "AGENT", value: ({ harness }) => harness },
    { header: "SKILL", value: ({ skill }) => skill },
    { header: "STATE", value: ({ state }) => state },
    { header: "DETAIL", value: ({ detail }) => detail ?? "" },
  ]);
}

export default command;
