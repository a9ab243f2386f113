import { KasError } from "../errors.ts";
import { parseBranch, parseName, parseTaskName, quote } from "../names.ts";
import { UNMERGED } from "../lifecycle/step.ts";
import type { PlanFacts } from "../lifecycle/types.ts";
import {
  parsePayload,
  parseSignalType,
  RECOVER_ACTIONS,
  type Signal,
  type SignalType,
} from "../signal/types.ts";
import { nearest } from "../suggest.ts";
import { availableActions } from "../task/actions.ts";
import { type Event, EVENTS, isEvent, nextStatus } from "../task/fsm.ts";
import { type Finding, parsePlan } from "../task/plan.ts";
import { type Status, STATUSES, type Task } from "../task/types.ts";
import { applyInput } from "./apply.ts";
import { planFacts } from "./facts.ts";
import { recordingRefusal } from "./refusal.ts";
import type { Home, Workspace } from "./workspace.ts";

/** Who asks. Agents are `session:<id>` or, started by hand, `agent:<name>`; people anything else. */
export type Actor = string;

/** Whether an agent asks. */
export function isAgentActor(actor: Actor): boolean {
  return /^(session|agent):/.test(actor);
}

export interface CreateTask {
  readonly name: string;
  readonly description?: string;
  readonly branch?: string;
  /** Branch it will be merged into; the checked-out one by default. */
  readonly base?: string;
  readonly topic?: string;
  readonly content?: string;
  /** What the plan says by default. */
  readonly goal?: string;
  /** One that a person may move a new task to in one step; `ready` by default. */
  readonly status?: Status;
}

/** How every task begins. */
const DRAFT = { status: "ready", phase: "" } as const;

/**
 * Makes a task. Nothing else happens: no branch, no worktree, no agent. With another status than
 * `ready` it is moved there by the event that leads there.
 * @throws KasError "invalid" for a name, "exists", "guard" for a base branch that does not exist and
 * for an agent that asks for a status, "illegal_transition" for one that no new task can have
 */
export async function createTask(
  home: Home,
  workspace: Workspace,
  input: CreateTask,
  actor: Actor,
): Promise<Task> {
  const name = parseTaskName(input.name);
  const event = eventTo(name, input.status ?? "ready", actor);
  const content = input.content ?? "";
  const { plan } = parsePlan(content);
  const task = await home.store.createTask({
    projectId: workspace.project.id,
    name,
    description: input.description ?? plan.title ?? "",
    branch: parseBranch(input.branch ?? `${workspace.config.branchPrefix}${name}`),
    baseBranch: await baseBranch(workspace, input.base),
    topic: input.topic === undefined || input.topic === "" ? null : parseName("topic", input.topic),
    content,
    goal: input.goal ?? plan.goal ?? "",
  }, actor);
  return event === null ? task : await applyEvent(home, workspace, task.name, event, actor);
}

/** The event that moves a new task to a status; null when it is there already. */
function eventTo(name: string, status: Status, actor: Actor): Event | null {
  if (status === DRAFT.status) return null;
  if (isAgentActor(actor)) {
    throw new KasError("guard", `Cannot make "${name}" with a status: only a person may`, {
      hint: "Make it without one",
    });
  }
  const actions = availableActions(DRAFT);
  const action = actions.find(({ to }) => to === status);
  if (action !== undefined) return action.event;
  const legal = [DRAFT.status, ...actions.map(({ to }) => to)];
  throw new KasError("illegal_transition", `Cannot make "${name}" with the status "${status}"`, {
    hint: `A new task may be: ${legal.join(", ")}; others are reached, or forced, afterwards`,
    context: { task: name, status, legal_statuses: legal },
  });
}

async function baseBranch(workspace: Workspace, asked: string | undefined): Promise<string> {
  const { repo } = workspace;
  const branch = asked ?? repo.info.head.branch;
  if (branch === null) {
    throw new KasError("guard", "Cannot choose a base branch: the checkout is on a detached HEAD", {
      hint: "Name the branch to merge into with --base",
    });
  }
  if (await repo.resolve(`refs/heads/${branch}`) !== null) return branch;
  throw new KasError("guard", `Cannot use ${quote(branch)} as a base: there is no such branch`, {
    hint: "Name an existing local branch with --base",
  });
}

/** Finds a task by name. @throws KasError "not_found" with the nearest name */
export async function getTask(
  home: Home,
  workspace: Pick<Workspace, "project">,
  name: string,
): Promise<Task> {
  const key = name.endsWith(".md") ? name.slice(0, -3) : name;
  const task = await home.store.task(workspace.project.id, key.normalize("NFC"));
  if (task !== null) return task;
  const names = (await home.store.tasks({ projectId: workspace.project.id })).map((t) => t.name);
  const close = nearest(key, names);
  throw new KasError("not_found", `task not found: ${quote(key)}`, {
    hint: close === null ? `List tasks with "kas task list"` : `Did you mean "${close}"?`,
    context: { task: key, project: workspace.project.key },
  });
}

/** Stores a plan text. A plan with errors is stored all the same; they are returned. */
export async function updateContent(
  home: Home,
  workspace: Workspace,
  name: string,
  text: string,
  actor: Actor,
  expectVersion?: number,
): Promise<{ version: number; findings: Finding[] }> {
  const task = await getTask(home, workspace, name);
  const version = await home.store.setContent(task.id, text, {
    actor,
    ...(expectVersion === undefined ? {} : { expectVersion }),
  });
  return { version, findings: parsePlan(text).findings };
}

export interface EventOptions {
  readonly feedback?: string;
  readonly overrideTopic?: boolean;
  /** implement_start: begin with this wave, without the architect. */
  readonly wave?: number | null;
}

/** Spellings of events that only the command line and MCP accept. */
const EVENT_ALIASES: Readonly<Record<string, string>> = {
  review_changes: "review_changes_requested",
};

/**
 * Applies one event of the lifecycle table on behalf of a person.
 * @throws KasError "invalid" for an unknown event, "illegal_transition" and "guard" when it is refused
 */
export async function applyEvent(
  home: Home,
  workspace: Workspace,
  name: string,
  event: string,
  actor: Actor,
  options: EventOptions = {},
): Promise<Task> {
  const key = event.replaceAll("-", "_");
  const canonical = EVENT_ALIASES[key] ?? key;
  if (!isEvent(canonical) || canonical === "verification_stale") {
    throw new KasError("invalid", `Cannot apply unknown event ${quote(event)}`, {
      hint: `Events: ${EVENTS.filter((e) => e !== "verification_stale").join(", ")}`,
    });
  }
  if (isAgentActor(actor)) {
    throw new KasError(
      "guard",
      `Cannot apply "${canonical}": an agent reports with a signal instead`,
      {
        hint: `Use signal_create, or "kas signal emit"`,
      },
    );
  }
  const task = await getTask(home, workspace, name);
  const feedback = options.feedback ?? "";
  const needsText = canonical === "review_changes_requested" || canonical === "verify_failed";
  await recordingRefusal(home, { projectId: task.projectId, taskId: task.id, actor }, async () => {
    nextStatus(task, canonical);
    if (needsText && feedback.trim() === "") {
      throw new KasError("usage", `Cannot apply "${canonical}" without feedback`, {
        hint: "Say what is to be changed with --feedback",
      });
    }
    await applyInput(home, workspace, task.id, () => ({
      type: "event",
      event: canonical,
      actor,
      feedback,
      overrideTopic: options.overrideTopic ?? false,
      wave: options.wave ?? null,
    }));
  });
  return await mustTask(home, task.id);
}

/** Sets a status past the table; audited. @throws KasError "invalid" for an unknown status */
export async function forceStatus(
  home: Home,
  workspace: Workspace,
  name: string,
  status: string,
  actor: Actor,
): Promise<Task> {
  const known = STATUSES.find((s) => s === status);
  if (known === undefined) {
    throw new KasError("invalid", `Cannot set unknown status ${quote(status)}`, {
      hint: `Statuses: ${STATUSES.join(", ")}`,
    });
  }
  if (isAgentActor(actor)) {
    throw new KasError("guard", "Cannot force a status: only a person may", {
      hint: `Use signal_create, or "kas signal emit"`,
    });
  }
  const task = await getTask(home, workspace, name);
  await home.store.commit([{
    kind: "force_status",
    taskId: task.id,
    expectVersion: task.version,
    status: known,
    phase: forcedPhase(known),
    actor,
    ...(known === "done" || known === "cancelled" ? {} : { patch: UNMERGED }),
  }]);
  return await mustTask(home, task.id);
}

/** The phase that makes a forced status workable: one coder, one reviewer, a plan taken as it is. */
function forcedPhase(status: Status): Task["phase"] {
  switch (status) {
    case "ready":
      return "planned";
    case "implementing":
      return "single_agent_implementing";
    case "reviewing":
      return "reviewing";
    default:
      return "";
  }
}

export interface EmitSignal {
  readonly type: string;
  readonly task: string;
  readonly payload?: string;
  readonly source: Actor;
  readonly dedupeKey?: string;
}

/** Where a signal is emitted: it needs no settings, so that agents can report while those are broken. */
export type SignalPlace = Pick<Workspace, "project" | "dirs">;

/**
 * Puts a signal into the gateway. What can be seen to fail is refused at once, so that an agent can
 * mend it: an unknown type, a malformed payload, a plan that cannot be run.
 * @throws KasError "invalid", "not_found", "guard"
 */
export async function emitSignal(
  home: Home,
  workspace: SignalPlace,
  input: EmitSignal,
): Promise<{ signal: Signal; duplicate: boolean }> {
  const type = parseSignalType(input.type);
  const payload = parsePayload(type, input.payload);
  if (input.source.startsWith("agent:")) {
    throw new KasError("guard", `Cannot emit "${type}": this agent was started by hand`, {
      hint: "Only agents that work on a task report with signals",
    });
  }
  const task = await getTask(home, workspace, input.task);
  await refuseBrokenPlanReport(home, workspace, task, type);
  return await home.store.emitSignal({
    projectId: workspace.project.id,
    taskName: task.name,
    type,
    payload,
    source: input.source,
    ...(input.dedupeKey === undefined ? {} : { dedupeKey: input.dedupeKey }),
  });
}

async function refuseBrokenPlanReport(
  home: Home,
  workspace: SignalPlace,
  task: Task,
  type: SignalType,
): Promise<void> {
  const reports = (type === "planner_finished" && task.status === "planning") ||
    (type === "elaborator_finished" && task.phase === "architecting");
  if (!reports) return;
  const facts: PlanFacts = await planFacts(home.store, workspace, task);
  if (facts.errors.length === 0) return;
  throw new KasError(
    "guard",
    `Cannot report "${type}": the stored plan cannot be run: ${facts.errors[0]}`,
    {
      hint:
        `Mend the plan, store it again with "kas task update-content ${task.name}", then report`,
      context: { findings: facts.errors },
    },
  );
}

/**
 * Does by hand what an agent failed to report. Feedback goes into the payload; an approval takes the
 * commits as they are now.
 * @throws KasError "invalid" for an unknown action, "usage" when feedback is missing
 */
export async function recoverTask(
  home: Home,
  workspace: Workspace,
  name: string,
  action: string,
  feedback: string,
  actor: Actor,
): Promise<{ signal: Signal; duplicate: boolean }> {
  const type = RECOVER_ACTIONS[action];
  if (type === undefined) {
    throw new KasError("invalid", `Cannot recover with unknown action ${quote(action)}`, {
      hint: `Actions: ${Object.keys(RECOVER_ACTIONS).join(", ")}`,
    });
  }
  const task = await getTask(home, workspace, name);
  const needsText = type === "review_changes_requested" || type === "verify_failed";
  if (needsText && feedback.trim() === "") {
    throw new KasError("usage", `Cannot recover with "${action}" without feedback`, {
      hint: "Say what is to be changed with --feedback",
    });
  }
  const payload = type === "verify_approved"
    ? JSON.stringify(await reviewedCommits(workspace, task))
    : needsText
    ? feedback
    : undefined;
  return await emitSignal(home, workspace, {
    type,
    task: task.name,
    source: actor,
    ...(payload === undefined ? {} : { payload }),
  });
}

async function reviewedCommits(workspace: Workspace, task: Task): Promise<Record<string, string>> {
  const { repo } = workspace;
  return {
    reviewed_sha: await repo.resolve(`refs/heads/${task.branch}`) ?? "",
    reviewed_base_sha: await repo.resolve(`refs/heads/${task.baseBranch}`) ?? "",
  };
}

/** Answers an open decision. @throws KasError "not_found", "conflict" when closed, "invalid" option */
export async function answerDecision(
  home: Home,
  workspace: Workspace,
  id: number,
  option: string,
  feedback: string,
  actor: Actor,
): Promise<void> {
  const decision = await home.store.decision(id);
  if (decision === null || decision.projectId !== workspace.project.id) {
    throw new KasError("not_found", `Cannot find decision ${id}`, {
      hint: `See the open ones with "kas decision list"`,
    });
  }
  if (isAgentActor(actor)) {
    throw new KasError("guard", `Cannot answer decision ${id}: it is a question to a person`);
  }
  await applyInput(home, workspace, decision.taskId ?? 0, (state) => ({
    type: "answer",
    decision: state.decisions.find((d) => d.id === id) ?? closed(decision),
    option,
    feedback,
    actor,
  }));
}

/** The row was open when it was read; if the state no longer holds it, somebody closed it meanwhile. */
function closed<T extends { status: string }>(decision: T): T {
  return decision.status === "open" ? { ...decision, status: "answered" } : decision;
}

async function mustTask(home: Home, id: number): Promise<Task> {
  const task = await home.store.taskById(id);
  if (task === null) throw new KasError("not_found", "The task was deleted meanwhile");
  return task;
}
