import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { KasError } from "../../lib/errors.ts";
import { quote } from "../../lib/names.ts";
import { checkOk, parsePlan } from "../../lib/task/plan.ts";
import { formatFindings } from "../../lib/task/plan_model.ts";
import { readText } from "../_shared.ts";

/** The findings are on stdout already; this only ends the command with status 1. */
class PlanRefused extends KasError {
  override get exitCode(): number {
    return 1;
  }
}

const command: Command = defineCommand({
  description: "Print all that is wrong with a plan",
  details:
    "Each line is file:line:column severity code message. Ends with status 1 when the plan " +
    "has an error and could not be implemented. Needs no repository.",
  args: { file: { type: "positional", description: "A plan file, or - for stdin" } },
  examples: [
    ["kas task check plan.md", "Check a file"],
    ["kas task check plan.md --json", "Waves, tasks and findings for scripts"],
  ],
  async run(ctx) {
    const { file } = ctx.values;
    const name = file === "-" ? "stdin" : file;
    const { plan, findings } = parsePlan(await readText(file, "the plan"));
    const ok = checkOk(findings);
    const waves = plan.waves.map(({ number, title, line, tasks }) => ({
      number,
      title,
      line,
      tasks: tasks.map((task) => ({
        number: task.number,
        title: task.title,
        line: task.line,
        files: task.files,
      })),
    }));
    ctx.print({ file: name, ok, title: plan.title, goal: plan.goal, waves, findings }, () => {
      if (findings.length > 0) return formatFindings(findings, name).join("\n");
      const tasks = waves.reduce((sum, wave) => sum + wave.tasks.length, 0);
      return `${name}: ok (${count(waves.length, "wave")}, ${count(tasks, "task")})`;
    });
    if (ok) return;
    const errors = findings.filter((finding) => finding.severity === "error").length;
    throw new PlanRefused(
      "invalid",
      `Cannot implement ${quote(name, 200)}: ${count(errors, "error")}`,
      {
        hint: "Correct the lines above",
        context: { file: name, errors },
      },
    );
  },
});

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

export default command;
