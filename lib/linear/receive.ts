import type { LinearConfig } from "../config/types.ts";
import type { Home, Workspace } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import type { LinearTrigger, Project, TriggerStatus } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import { apiUrl, createComment, fetchIssue, type LinearAccess } from "./client.ts";
import { isReading } from "./command.ts";
import { isRouted, type Issue, type LinearEvent, readEvent, type Wish } from "./payload.ts";
import { linearCaller, perform } from "./perform.ts";
import { API_KEY, linearSecret } from "./secrets.ts";

/** From a delivery that is Linear's own to what comes of it. */

/** What a delivery is handled with. */
export interface Receiver {
  readonly home: Home;
  readonly workspace: Workspace;
  readonly hostEnv: Readonly<Record<string, string>>;
  /** Called when the daemon has something to do. */
  readonly work: (project: Project) => void;
  /** Takes what goes on after the answer; it never fails. */
  readonly later: (work: Promise<void>) => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** What the delivery came to, as it is answered. */
export interface Received {
  readonly status: "accepted" | "duplicate" | "ignored";
  readonly detail: string;
}

/** After this long what is still under way was cut off, in ms. Linear tries again after a minute. */
const STALE_MS = 30_000;
/** How long Linear may take for an issue, and for a reply, in ms. It wants its own answer in 5 s. */
const ASK_MS = 3_000;
const REPLY_MS = 10_000;

/**
 * Does what a delivery asks for, once.
 * @param delivery its number, for the log
 * @param body parsed, of a delivery whose signature and time were checked
 * @throws KasError "store_unavailable" and what else is no answer to a command: Linear tries again
 */
export async function receive(
  receiver: Receiver,
  config: LinearConfig,
  delivery: string,
  body: unknown,
): Promise<Received> {
  const event = readEvent(body, config);
  if (event === null) return { status: "ignored", detail: "there is nothing for kas in it" };
  const received: Received[] = [];
  for (const wish of event.wishes) {
    received.push(await receiveOne(receiver, config, delivery, event, wish));
  }
  const first = received.find(({ status }) => status === "accepted") ??
    received.find(({ status }) => status === "ignored") ?? received[0];
  return first ?? { status: "ignored", detail: "there is nothing for kas in it" };
}

async function receiveOne(
  receiver: Receiver,
  config: LinearConfig,
  delivery: string,
  event: LinearEvent,
  wish: Wish,
): Promise<Received> {
  const { home, workspace } = receiver;
  const { issue, actor } = event;
  const { command } = wish;
  const { trigger, duplicate } = await home.store.claimLinearTrigger({
    projectId: workspace.project.id,
    issueId: issue.id,
    issue: issue.identifier,
    command: "problem" in command ? "unknown" : command.verb,
    source: wish.source,
    delivery,
    actor: `linear:${actor?.id ?? "program"}`,
  }, Date.now() - STALE_MS);
  if (duplicate) {
    return { status: "duplicate", detail: `this was taken already: ${trigger.status}` };
  }
  const access = await accessOf(receiver);
  const verdict = await judge(receiver, config, event, wish, access);
  await end(receiver, trigger, verdict, event);
  if (verdict.work) receiver.work(workspace.project);
  // Nobody beyond the issues of this project is told anything.
  if (verdict.status !== "ignored" && access !== null) {
    receiver.later(reply(receiver, access, issue.id, trigger, verdict));
  }
  const status = verdict.status === "dispatched" ? "accepted" : "ignored";
  return { status, detail: verdict.said.split("\n", 1)[0] ?? "" };
}

interface Verdict {
  readonly status: Exclude<TriggerStatus, "received">;
  readonly task: Task | null;
  readonly said: string;
  readonly work: boolean;
}

/** Codes that say that the command cannot be; any other failure is one of kas or the machine. */
const REFUSALS: readonly KasError["code"][] = [
  "usage",
  "invalid",
  "not_found",
  "exists",
  "conflict",
  "illegal_transition",
  "guard",
];

async function judge(
  receiver: Receiver,
  config: LinearConfig,
  event: LinearEvent,
  wish: Wish,
  access: LinearAccess | null,
): Promise<Verdict> {
  const { home, workspace } = receiver;
  const { actor } = event;
  const { command } = wish;
  // Programs are not answered: they might answer in their turn.
  if (actor === null) return no("ignored", "only a person may say that");
  const told = isRouted(event.issue, config);
  if (told === false) return foreign();
  const mayChange = config.actors.includes(actor.id);
  const creates = "verb" in command && command.verb === "create" && mayChange;
  const isShort = creates && event.issue.description === null;
  const asks = told === null || event.issue.identifier === "" || isShort;
  const issue = asks && access !== null ? await fetched(event.issue, access) : event.issue;
  if (issue instanceof KasError) return no(told === true ? "rejected" : "ignored", issue.message);
  if (isRouted(issue, config) !== true) return foreign();
  if ("problem" in command) return no("rejected", `${command.problem}; see \`/kas help\``);
  if (!isReading(command.verb) && !mayChange) {
    return no("rejected", `you may not use \`${command.verb}\` here`);
  }
  if (issue.identifier === "") return no("rejected", "the delivery does not name the issue");
  try {
    const caller = linearCaller(actor.id, workspace.project.id);
    return { status: "dispatched", ...await perform(home, workspace, caller, issue, command) };
  } catch (error) {
    if (!(error instanceof KasError) || !REFUSALS.includes(error.code)) throw error;
    return no("rejected", `${error.message}${error.hint === undefined ? "" : `. ${error.hint}`}`);
  }
}

function no(status: "rejected" | "ignored", said: string): Verdict {
  return { status, task: null, said, work: false };
}

function foreign(): Verdict {
  return no("ignored", "the issue is none that this project takes");
}

/**
 * The issue as Linear has it now: a comment does not bring the project, the labels and the
 * description of its issue.
 */
async function fetched(issue: Issue, access: LinearAccess): Promise<Issue | KasError> {
  try {
    return await fetchIssue(access, issue.id, AbortSignal.timeout(ASK_MS));
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return error;
  }
}

/** The key and the address; null without a key, or with one that cannot be had. */
async function accessOf({ home, hostEnv, onFailure }: Receiver): Promise<LinearAccess | null> {
  try {
    const key = await linearSecret(API_KEY, { paths: home.paths, hostEnv });
    return key === null ? null : { key, url: apiUrl(hostEnv) };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    onFailure("the key of Linear", error);
    return null;
  }
}

async function end(
  { home }: Receiver,
  { id, attempt, projectId, issue, command, source, actor }: LinearTrigger,
  { status, task, said }: Verdict,
  event: LinearEvent,
): Promise<void> {
  await home.store.commit([
    { kind: "linear_trigger_end", id, attempt, status, task: task?.name ?? null, result: said },
    {
      kind: "event",
      event: {
        projectId,
        taskId: task?.id ?? null,
        kind: `task_linear_trigger_${status}`,
        actor,
        message: `${issue === "" ? "an issue" : issue}: ${command}: ${said.split("\n", 1)[0]}`,
        detail: { trigger: id, issue, command, source, name: event.actor?.name ?? null },
      },
    },
  ]);
}

/** Says in Linear what came of it. Never fails: what goes wrong is in the log. */
async function reply(
  { home, onFailure }: Receiver,
  access: LinearAccess,
  issueId: string,
  { id, projectId, issue, command, actor }: LinearTrigger,
  { task, said, status }: Verdict,
): Promise<void> {
  try {
    // It begins with neither name of kas behind a slash: it is delivered to kas in its turn.
    const text = `kas: ${status === "rejected" ? "not done: " : ""}${said}`;
    try {
      await createComment(access, issueId, text, AbortSignal.timeout(REPLY_MS));
    } catch (error) {
      if (!(error instanceof KasError)) throw error;
      await home.store.commit([{
        kind: "event",
        event: {
          projectId,
          taskId: task?.id ?? null,
          kind: "task_linear_trigger_comment_failed",
          actor,
          message: `${issue === "" ? "an issue" : issue}: ${command}: ${error.message}`,
          detail: { trigger: id, issue, command },
        },
      }]);
    }
  } catch (error) {
    onFailure("reply in Linear", error);
  }
}
