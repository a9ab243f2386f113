import type { Option } from "@clack/prompts";
import type { Runtime } from "../../lib/agent/types.ts";
import { outStyle, printLine, tame } from "../../lib/cli/mod.ts";
import { type AgentChoice, type Part, PARTS, type RuntimeFact } from "../../lib/setup/types.ts";
import type { SetupAnswers, SetupFacts, SetupPlan } from "../../lib/setup/types.ts";
import { describeAgents, proposeAgents } from "../../lib/setup/answers.ts";
import { choiceOf } from "../../lib/setup/settings.ts";
import { type Role, ROLES } from "../../lib/store/types.ts";
import { cancelled } from "../_ask.ts";
import { countLine, planDiff, planLines } from "./_show.ts";

/** Asking a person, on a terminal. Nothing is written from here. */

type Step = "runtimes" | "agents" | "parts" | "review" | "done";
type Prompts = typeof import("@clack/prompts");

/** A word for going a step back; no runtime has this name. */
const BACK = "back";

/**
 * Asks step by step, with the answers so far as defaults.
 * @param plan makes a plan of answers, for the review
 * @throws KasError with status 130 when somebody cancels
 */
export async function askSetup(
  facts: SetupFacts,
  first: SetupAnswers,
  plan: (answers: SetupAnswers) => Promise<SetupPlan>,
): Promise<SetupAnswers> {
  const prompts = await import("@clack/prompts");
  prompts.intro(`kas setup: ${tame(facts.root)}`);
  let answers = first;
  let isReviewing = false;
  for (let step: Step = "runtimes"; step !== "done";) {
    if (step === "runtimes") {
      answers = await askRuntimes(prompts, facts, answers);
      step = isReviewing ? "review" : answers.runtimes.length > 1 ? "agents" : "parts";
    } else if (step === "agents") {
      const next = await askAgents(prompts, answers);
      answers = next ?? answers;
      step = next === null ? "runtimes" : isReviewing ? "review" : "parts";
    } else if (step === "parts") {
      answers = await askParts(prompts, answers);
      step = "review";
    } else {
      isReviewing = true;
      step = await review(prompts, await plan(answers), answers);
    }
  }
  return answers;
}

/** The answer; a symbol is Ctrl-C or Escape. @throws KasError with status 130 for it */
function settled<A>(answer: A): Exclude<A, symbol> {
  if (isAnswer(answer)) return answer;
  throw cancelled("nothing was written");
}

function isAnswer<A>(answer: A): answer is Exclude<A, symbol> {
  return typeof answer !== "symbol";
}

async function askRuntimes(
  prompts: Prompts,
  facts: SetupFacts,
  answers: SetupAnswers,
): Promise<SetupAnswers> {
  const found = facts.runtimes.filter(({ path }) => path !== null);
  if (found.length === 0) {
    // No box around it: one is wider than a narrow terminal, and gets in the way of copying a line.
    const lines = facts.runtimes.map(({ install }) => install);
    prompts.log.warn(["No agent program was found; install one:", ...lines].join("\n"));
  }
  const absent = facts.runtimes.filter(({ path }) => path === null);
  // Hints are shown of the chosen ones alone, so all is in the labels.
  const options: Option<Runtime>[] = [...found, ...absent].map((fact) => ({
    value: fact.runtime,
    label: `${fact.runtime} (${aboutRuntime(fact)})`,
  }));
  options.push({ value: "demo", label: "demo (scripted, no account)" });
  const chosen = settled(
    await prompts.multiselect({
      message: "Which agent programs?",
      options,
      initialValues: [...answers.runtimes],
      required: true,
    }),
  );
  const runtimes = options.map(({ value }) => value).filter((name) => chosen.includes(name));
  const ordered = [
    ...answers.runtimes.filter((name) => runtimes.includes(name)),
    ...runtimes.filter((name) => !answers.runtimes.includes(name)),
  ];
  const agents = proposeAgents({ agents: answers.agents }, ordered);
  return { ...answers, runtimes: ordered, agents };
}

function aboutRuntime({ path, version, recent, minimum, login }: RuntimeFact): string {
  if (path === null) return "not installed";
  if (version === null) return "does not run";
  if (!recent) return `${version}, older than ${minimum}`;
  const words = { yes: "logged in", no: "not logged in", unknown: "" };
  return [version, words[login]].filter((word) => word !== "").join(", ");
}

/** @returns null to go back */
async function askAgents(prompts: Prompts, answers: SetupAnswers): Promise<SetupAnswers | null> {
  const now = describeAgents(answers.agents);
  const isMixed = now.length > 1;
  const options: Option<string>[] = [
    ...isMixed ? [{ value: "now", label: "As it is now", hint: now.join("; ") }] : [],
    ...answers.runtimes.map((name) => ({ value: name, label: `${name} for every role` })),
    { value: "each", label: "Role by role" },
    { value: BACK, label: "Back" },
  ];
  const fallback = answers.agents.fallback;
  const chosen = settled(
    await prompts.select({
      message: "Who does the work?",
      options,
      initialValue: isMixed
        ? "now"
        : options.some(({ value }) => value === fallback)
        ? fallback
        : answers.runtimes[0] ?? "demo",
    }),
  );
  if (chosen === BACK) return null;
  if (chosen === "now") return answers;
  if (chosen !== "each") return { ...answers, agents: { fallback: chosen, roles: {} } };
  const roles = await askRoles(prompts, answers);
  return roles === null
    ? await askAgents(prompts, answers)
    : { ...answers, agents: { fallback, roles } };
}

async function askRoles(
  prompts: Prompts,
  { agents, runtimes }: SetupAnswers,
): Promise<Partial<Record<Role, AgentChoice>> | null> {
  const roles: Partial<Record<Role, AgentChoice>> = {};
  for (let at = 0; at < ROLES.length;) {
    const role = ROLES[at] ?? "chat";
    const now = roles[role] ?? choiceOf(agents, role);
    const known = [...new Set<string>([...runtimes, now.program])];
    const program = settled(
      await prompts.select<string>({
        message: `Who is the ${role}?`,
        options: [
          ...known.map((name) => ({ value: name, label: tame(name) })),
          { value: BACK, label: "Back" },
        ],
        initialValue: now.program,
      }),
    );
    if (program === BACK && at === 0) return null;
    if (program === BACK) at--;
    else {
      const model = program === now.program ? now.model : null;
      roles[role] = { program, model: settled(await askModel(prompts, program, model)) };
      at++;
    }
  }
  return roles;
}

async function askModel(
  prompts: Prompts,
  program: string,
  now: string | null,
): Promise<string | null | symbol> {
  const answer = await prompts.text({
    message: `Model of ${tame(program)} (empty: its own choice)`,
    initialValue: now ?? "",
    validate: (text) => /\p{Cc}/u.test(text ?? "") ? "Only printable characters" : undefined,
  });
  if (typeof answer === "symbol") return answer;
  return (answer ?? "").trim() === "" ? null : answer.trim();
}

const PART_LABELS: Readonly<Record<Part, readonly [label: string, hint: string]>> = {
  skills: ["Skills of the roles", ".agents/skills/kas-*"],
  mcp: ["Tools of kas, by MCP", "and leave to use them unasked"],
  instructions: ["Instructions", "a section of AGENTS.md and CLAUDE.md"],
  subagents: ["Roles as agents of each program", "kas-reviewer and others"],
  tools: ["Ban grep, sed, awk and find", "for all programs but codex"],
};

async function askParts(prompts: Prompts, answers: SetupAnswers): Promise<SetupAnswers> {
  const chosen = settled(
    await prompts.multiselect({
      message: "What shall be in the repository?",
      options: PARTS.map((part) => {
        const [label, hint] = PART_LABELS[part];
        return { value: part, label, hint };
      }),
      initialValues: [...answers.parts],
      required: false,
    }),
  );
  return { ...answers, parts: PARTS.filter((part) => chosen.includes(part)) };
}

async function review(prompts: Prompts, plan: SetupPlan, answers: SetupAnswers): Promise<Step> {
  const style = outStyle();
  const lines = planLines(plan, style);
  prompts.log.step(
    `${countLine(plan)}\n${describeAgents(answers.agents).map((line) => tame(line)).join("\n")}`,
  );
  if (lines.length > 0) printLine(lines.join("\n"));
  while (true) {
    const next = settled(
      await prompts.select<Step | "diff" | "cancel">({
        message: "Write this?",
        options: [
          { value: "done", label: "Write it" },
          { value: "diff", label: "Show every difference" },
          { value: "runtimes", label: "Change the programs" },
          { value: "agents", label: "Change who does the work" },
          { value: "parts", label: "Change what is written" },
          { value: "cancel", label: "Cancel" },
        ],
        initialValue: "done",
      }),
    );
    if (next === "cancel") {
      throw cancelled("nothing was written");
    }
    if (next !== "diff") return next;
    printLine(planDiff(plan, style));
  }
}
