import { type Command, defineCommand } from "../lib/cli/define.ts";
import { terminalWidth } from "../lib/cli/output.ts";
import { startProgress, tell } from "../lib/cli/progress.ts";
import { wrap } from "../lib/cli/text.ts";
import type { Paths } from "../lib/config/paths.ts";
import type { DoctorFinding, Severity } from "../lib/doctor/types.ts";
import { KasError, messageOf } from "../lib/errors.ts";
import { askYes } from "./_ask.ts";
import { requirePerson, requireWith } from "./_shared.ts";

const MARKS: Readonly<Record<Severity, string>> = { ok: "✓", info: "·", warning: "!", error: "✗" };

const command: Command = defineCommand({
  description: "Check that kas, its runtimes and its agents are in order",
  details: "Says what is wrong and what to do about it. Something missing is an error only where " +
    "the agents that the settings choose need it. Runtimes are asked for their version, and in " +
    "their help for the options that kas starts them with. --fix shows its plan and asks before " +
    "it does anything. Ends with 0 without an error, 4 when a program that is needed is missing, " +
    "too old or without such an option, else 1.",
  args: {
    agent: { type: "string", short: "a", metavar: "name", description: "Look at this agent too" },
    verbose: { type: "boolean", short: "v", description: "Say what is in order as well" },
    fix: { type: "boolean", description: "Repair what can be repaired, after asking" },
    yes: { type: "boolean", description: "With --fix: do not ask" },
  },
  examples: [
    ["kas doctor", "What is wrong, if anything"],
    ["kas doctor -v -a reviewer", "Everything, and one agent in particular"],
    ["kas doctor --fix", "Repair it"],
  ],
  async run(ctx) {
    const { agent, verbose, fix, yes } = ctx.values;
    requireWith(yes === true, "--yes", "--fix", fix === true);
    if (fix === true) requirePerson("repair kas");
    const { gather } = await import("../lib/doctor/gather.ts");
    const { diagnose, exitStatus } = await import("../lib/doctor/checks.ts");
    const around = await surroundings(agent ?? null);
    const facts = await gathering(() => gather(around));
    const findings = diagnose(facts);
    ctx.print(
      { findings, summary: counts(findings), generated_at: new Date().toISOString() },
      () => report(findings, verbose === true, terminalWidth()),
    );
    const status = exitStatus(findings);
    if (fix !== true) return status;
    const repaired = await repair(around.paths, findings, yes === true);
    return repaired ? exitStatus(findings.filter((one) => one.fix === undefined)) : 1;
  },
});

/** Asking programs for their version takes a while. */
async function gathering<T>(work: () => Promise<T>): Promise<T> {
  using _progress = startProgress("looking");
  return await work();
}

async function surroundings(agent: string | null) {
  const { homePaths } = await import("../lib/engine/workspace.ts");
  const paths = await homePaths();
  return { paths, repoRoot: await root(), agent, hostEnv: Deno.env.toObject() };
}

/** Outside a repository the doctor looks at what is the user's. */
async function root(): Promise<string | null> {
  const { discoverRepo } = await import("../lib/git/discover.ts");
  try {
    return (await discoverRepo(Deno.cwd())).root;
  } catch (error) {
    const none = error instanceof KasError &&
      ["not_a_repository", "guard", "missing_program"].includes(error.code);
    if (none) return null;
    throw error;
  }
}

function counts(findings: readonly DoctorFinding[]): Record<Severity, number> {
  const of = (severity: Severity): number => findings.filter((f) => f.severity === severity).length;
  return { ok: of("ok"), info: of("info"), warning: of("warning"), error: of("error") };
}

/**
 * What was found, for people.
 * @param width columns to wrap at; null = lines stay whole, as a pipe wants them
 */
export function report(
  findings: readonly DoctorFinding[],
  verbose: boolean,
  width: number | null,
): string {
  const lines: string[] = [];
  for (const section of new Set(findings.map((finding) => finding.section))) {
    const shown = findings.filter((finding) =>
      finding.section === section && (verbose || finding.severity !== "ok")
    );
    if (shown.length === 0) continue;
    lines.push(`${section}`, ...shown.flatMap((finding) => said(finding, verbose, width)), "");
  }
  const { error, warning } = counts(findings);
  const sum = error + warning === 0
    ? "in order"
    : `${error} error${error === 1 ? "" : "s"}, ${warning} warning${warning === 1 ? "" : "s"}`;
  return [...lines, `${findings.length} checks: ${sum}`].join("\n");
}

function said(finding: DoctorFinding, verbose: boolean, width: number | null): string[] {
  const { severity, message, detail, hint } = finding;
  const more = detail !== undefined && (verbose || severity === "error" || severity === "warning");
  return [
    ...indented(`  ${MARKS[severity]} `, message, width),
    ...more ? indented("      ", detail, width) : [],
    ...hint === undefined ? [] : indented("      hint: ", hint, width),
  ];
}

/** A text behind a lead, its further lines under the first one. */
function indented(lead: string, text: string, width: number | null): string[] {
  const lines = text.split("\n").flatMap((line) =>
    width === null ? line : wrap(line, Math.max(width - lead.length, 20))
  );
  return lines.map((line, i) => (i === 0 ? lead : " ".repeat(lead.length)) + line);
}

/** @returns whether all of the plan was done, also when there was nothing to do */
async function repair(
  paths: Paths,
  findings: readonly DoctorFinding[],
  yes: boolean,
): Promise<boolean> {
  const { applyFix, describeFix, planOf } = await import("../lib/doctor/fix.ts");
  const plan = planOf(findings);
  if (plan.length === 0) tell("nothing to repair");
  else tell(`plan:\n${plan.map((fix) => `  - ${describeFix(fix)}`).join("\n")}`);
  if (plan.length > 0 && !yes) await askYes("Do this?", "nothing was done");
  let failed = 0;
  for (const fix of plan) {
    try {
      await applyFix(paths, fix);
      tell(`done: ${describeFix(fix)}`);
    } catch (error) {
      failed++;
      tell(`failed: ${describeFix(fix)}: ${messageOf(error)}`);
    }
  }
  return failed === 0;
}

export default command;
