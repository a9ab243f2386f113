import { type Caller, requireBinding, requireScope } from "../engine/caller.ts";
import { linearIssue, linearTasks, linkLinear } from "../engine/linear_link.ts";
import { applyEvent, createTask, getTask } from "../engine/operations.ts";
import { startTask } from "../engine/walk.ts";
import type { Home, Workspace } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { slugify } from "../names.ts";
import { statePhrase, type Task } from "../task/types.ts";
import type { LinearCommand, Verb } from "./command.ts";
import type { Issue } from "./payload.ts";

/** Doing what a comment or a label asks for. Texts of the issue are passed on as text, never read. */

/** What came of a command. */
export interface Performed {
  readonly task: Task | null;
  /** For the log and the reply. */
  readonly said: string;
  /** Whether the daemon has something to do now. */
  readonly work: boolean;
}

/** What is under way for each issue of a project: two commands at once would not see each other. */
const turns = new Map<string, Promise<void>>();

/** Longest title and description that are taken over, in characters. */
const MAX_TITLE = 200;
const MAX_DESCRIPTION = 20_000;
/** Longest name of a task made from a title, in characters. */
const MAX_NAME = 60;

/** Somebody in Linear as a caller of the engine: they may steer this one project. */
export function linearCaller(actorId: string, projectId: number): Caller {
  return {
    actor: `linear:${actorId}`,
    scope: "operate",
    agent: null,
    projectId,
    taskId: null,
    sessionId: null,
    tokenId: null,
  };
}

/** What `help` answers. */
export const HELP = [
  "write one of these as the first line of a comment:",
  "",
  "- `/kas status`: where the task of this issue stands",
  "- `/kas create`: make a task of this issue",
  "- `/kas link <task>`: tie this issue to a task that is there",
  "- `/kas plan`: have it planned",
  "- `/kas start`: have it built, after a plan where there is none",
].join("\n");

/**
 * Does what a command says, for a caller whose right to it was checked already.
 * @throws KasError for everything the engine refuses; nothing is half done then
 */
export async function perform(
  home: Home,
  workspace: Workspace,
  caller: Caller,
  issue: Issue,
  command: LinearCommand,
): Promise<Performed> {
  const { actor } = caller;
  const { verb, argument } = command;
  if (verb === "help") return { task: null, said: HELP, work: false };
  if (verb === "status") return await status(home, workspace, issue);
  requireScope(caller, "operate", `"${verb}" from Linear`);
  requireBinding(caller, { projectId: workspace.project.id }, `"${verb}" from Linear`);
  return await inTurn(`${workspace.project.id} ${issue.identifier}`, async () => {
    switch (verb) {
      case "link":
        return await link(home, workspace, issue, argument, actor);
      case "create":
        return await create(home, workspace, issue, actor);
      case "plan": {
        const task = await tied(home, workspace, issue, verb);
        const moved = await applyEvent(home, workspace, task.name, "plan_start", actor);
        return { task: moved, said: `\`${moved.name}\` is being planned`, work: true };
      }
      case "start": {
        const { name } = await tied(home, workspace, issue, verb);
        const { task } = await startTask(home, workspace, name, actor, false);
        return { task, said: `\`${task.name}\` is started: ${statePhrase(task)}`, work: true };
      }
    }
  });
}

/** Runs work after all that was asked for under the same key before. */
async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(key);
  const { promise, resolve } = Promise.withResolvers<void>();
  turns.set(key, promise);
  try {
    await before;
    return await work();
  } finally {
    resolve();
    if (turns.get(key) === promise) turns.delete(key);
  }
}

async function tasksOf(home: Home, workspace: Workspace, issue: Issue): Promise<Task[]> {
  return await linearTasks(home, workspace.project.id, issue.identifier);
}

async function status(home: Home, workspace: Workspace, issue: Issue): Promise<Performed> {
  const tasks = await tasksOf(home, workspace, issue);
  const said = tasks.length === 0
    ? `no task is tied to ${issue.identifier}`
    : tasks.slice(0, 10).map((task) => `\`${task.name}\` is ${statePhrase(task)}`).join("\n");
  return { task: tasks.length === 1 ? tasks[0] ?? null : null, said, work: false };
}

/** The one task of an issue that is not over. @throws KasError "not_found", "conflict" for several */
async function tied(home: Home, workspace: Workspace, issue: Issue, verb: Verb): Promise<Task> {
  const open = (await tasksOf(home, workspace, issue))
    .filter(({ status }) => status !== "done" && status !== "cancelled");
  const [task, ...others] = open;
  if (task !== undefined && others.length === 0) return task;
  if (task === undefined) {
    throw new KasError("not_found", `Cannot ${verb}: no task is tied to ${issue.identifier}`, {
      hint: "Make one first: /kas create",
    });
  }
  const names = open.slice(0, 10).map(({ name }) => name).join(", ");
  throw new KasError("conflict", `Cannot ${verb}: several tasks are tied to ${issue.identifier}`, {
    hint: `Start the one you mean in kas: ${names}`,
  });
}

async function link(
  home: Home,
  workspace: Workspace,
  issue: Issue,
  name: string,
  actor: string,
): Promise<Performed> {
  const task = await getTask(home, workspace, name);
  const old = await linearIssue(home, task);
  if (old !== null && old !== issue.identifier) {
    throw new KasError("guard", `Cannot tie "${task.name}" to ${issue.identifier}`, {
      hint: `It is tied to ${old}; untie it there first`,
    });
  }
  const reason = "a comment in Linear";
  await linkLinear(home, task, { issue: issue.identifier, reason }, actor);
  return { task, said: `\`${task.name}\` is tied to ${issue.identifier}`, work: false };
}

async function create(
  home: Home,
  workspace: Workspace,
  issue: Issue,
  actor: string,
): Promise<Performed> {
  const [there] = (await tasksOf(home, workspace, issue))
    .filter(({ status }) => status !== "done" && status !== "cancelled");
  if (there !== undefined) {
    throw new KasError("exists", `Cannot create a task: "${there.name}" is tied to this issue`, {
      hint: "Have it planned or built: /kas plan, /kas start",
    });
  }
  const title = plain(issue.title).replace(/\s+/g, " ").trim().slice(0, MAX_TITLE);
  const text = plain(issue.description ?? "").trim().slice(0, MAX_DESCRIPTION);
  const whole = slugify(`${issue.identifier} ${title}`);
  const name = await freeName(home, workspace, slugify([...whole].slice(0, MAX_NAME).join("")));
  const description = [title, text, `Linear: ${plain(issue.url).slice(0, 300)}`]
    .filter((part) => part !== "").join("\n\n");
  const task = await createTask(home, workspace, { name, description }, actor);
  const reason = "made from this issue";
  await linkLinear(home, task, { issue: issue.identifier, reason }, actor);
  return { task, said: `task \`${task.name}\` is made; \`/kas start\` has it built`, work: false };
}

/**
 * The name, with a number behind it when earlier tasks of that name are over.
 * @throws KasError "exists" when one of them is not: it may be what a create that was cut off made
 */
async function freeName(home: Home, { project }: Workspace, base: string): Promise<string> {
  for (let number = 1;; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    const task = await home.store.task(project.id, name);
    if (task === null) return name;
    if (task.status !== "done" && task.status !== "cancelled") {
      throw new KasError("exists", `Cannot create a task: "${name}" is there already`, {
        hint: `Tie it to this issue: /kas link ${name}`,
      });
    }
  }
}

/** Without control characters other than line breaks and tabs, and without those that turn text around. */
function plain(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, "");
}
