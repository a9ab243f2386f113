import { decisionJson } from "../lib/api/json.ts";
import { type Command, defineCommand, defineGroup, type Group } from "../lib/cli/define.ts";
import { table, type TableOptions } from "../lib/cli/table.ts";
import { tame } from "../lib/cli/text.ts";
import { formatRelative } from "../lib/cli/time.ts";
import { KasError } from "../lib/errors.ts";
import type { Decision, Project, Store } from "../lib/store/types.ts";
import { openDesk, openLedger, parseId, poke, repoOption } from "./_shared.ts";

const idArgument = { id: { type: "positional", description: "Number of the decision" } } as const;

const list: Command = defineCommand({
  description: "List the questions that wait for a person",
  args: {
    all: { type: "boolean", description: "Answered and withdrawn ones too" },
    ...repoOption,
  },
  async run(ctx) {
    await using ledger = await openLedger(ctx.values.repo);
    const decisions = await ledger.store.decisions({
      projectId: ledger.project.id,
      ...(ctx.values.all === true ? {} : { status: "open" }),
    });
    if (ctx.json) ctx.print(decisions.map(decisionJson), () => "");
    else ctx.print(decisions, decisionTable);
  },
});

/** Decisions as people read them; a line instead of an empty table. */
export function decisionTable(decisions: readonly Decision[], options: TableOptions = {}): string {
  if (decisions.length === 0) return "no decisions found";
  const now = Date.now();
  return table(decisions, [
    { header: "ID", value: (row) => String(row.id), align: "right" },
    { header: "STATUS", value: (row) => row.answer ?? row.status },
    { header: "TASK", value: (row) => row.taskName ?? "-" },
    { header: "QUESTION", value: (row) => row.question },
    { header: "OPTIONS", value: (row) => row.options.map((option) => option.id).join(", ") },
    { header: "AGE", value: (row) => formatRelative(row.createdAt, now) },
  ], options);
}

const show: Command = defineCommand({
  description: "Print a question with its details and options",
  args: { ...idArgument, ...repoOption },
  async run(ctx) {
    const id = parseId("decision", ctx.values.id);
    await using ledger = await openLedger(ctx.values.repo);
    const decision = await decisionOf(ledger.store, ledger.project, id);
    if (ctx.json) ctx.print(decisionJson(decision), () => "");
    else ctx.print(decision, described);
  },
});

function described(decision: Decision): string {
  const { id, status, kind, taskName, question, detail, options, answer, answeredBy } = decision;
  const outcome = answer === null ? status : `${status}: ${answer} by ${answeredBy ?? "nobody"}`;
  return tame(
    [
      `decision ${id} (${kind}, ${outcome})${taskName === null ? "" : ` of ${taskName}`}`,
      question,
      ...detail === "" ? [] : ["", detail],
      "",
      ...options.map((option) => `  ${option.id}: ${option.label}`),
      ...decision.feedback === "" ? [] : ["", `feedback: ${decision.feedback}`],
      ...status === "open" ? ["", `answer with: kas decision answer ${id} <option>`] : [],
    ].join("\n"),
    { multiline: true },
  );
}

const answer: Command = defineCommand({
  description: "Answer a question; the work goes on by it",
  details: "A question is answered once. Starts the daemon when none runs.",
  args: {
    ...idArgument,
    option: { type: "positional", description: "One of its options" },
    feedback: { type: "string", metavar: "text", description: "Words for the agent that goes on" },
    ...repoOption,
  },
  examples: [["kas decision answer 3 retry", "Try again"]],
  async run(ctx) {
    const id = parseId("decision", ctx.values.id);
    const { option, feedback, repo } = ctx.values;
    await using desk = await openDesk(repo, { person: "answer a decision" });
    const { home, workspace, actor } = desk;
    const { answerDecision } = await import("../lib/engine/operations.ts");
    await answerDecision(home, workspace, id, option, feedback ?? "", actor);
    const decision = await decisionOf(home.store, workspace.project, id);
    ctx.print(decisionJson(decision), () => `answered: decision ${id} with ${option}`);
    await poke(desk, { start: true });
  },
});

async function decisionOf(store: Store, project: Project, id: number): Promise<Decision> {
  const decision = await store.decision(id);
  if (decision !== null && decision.projectId === project.id) return decision;
  throw new KasError("not_found", `Cannot find decision ${id} in ${project.key}`, {
    hint: `See the open ones with "kas decision list"`,
    context: { decision: id, project: project.key },
  });
}

const group: Group = defineGroup({
  description: "See and answer the questions kas has for a person",
  commands: { list, show, answer },
});

export default group;
