import * as v from "valibot";
import type { LinearConfig } from "../config/types.ts";
import { ISSUE } from "../task/issue.ts";
import { parseComment, type ParsedComment } from "./command.ts";

/**
 * What Linear sends. It is signed, but its texts are of anybody who can write there: hostile. Pure.
 * @see https://linear.app/developers/webhooks#data-change-events-payload
 */

/** An issue as far as it is known; null = not told. */
export interface Issue {
  readonly id: string;
  /** Such as ENG-123; empty when not told. */
  readonly identifier: string;
  readonly title: string;
  readonly description: string | null;
  readonly url: string;
  /** Key and id of its team, in lower case. */
  readonly team: readonly string[] | null;
  /** Empty = in no project. */
  readonly project: string | null;
  readonly labels: readonly string[] | null;
}

/** One thing that is wanted, with what makes it the same thing when it is delivered again. */
export interface Wish {
  readonly source: string;
  readonly command: ParsedComment;
}

/** What a delivery asks of kas. */
export interface LinearEvent {
  readonly issue: Issue;
  /** Id and name of the person who did it; null for a program. */
  readonly actor: { readonly id: string; readonly name: string } | null;
  readonly wishes: readonly Wish[];
}

const text = v.fallback(v.string(), "");
const maybe = v.fallback(v.nullish(v.string()), null);
const uuid = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9-]{1,64}$/),
  v.transform((id) => id.toLowerCase()),
);
const maybeId = v.fallback(v.nullish(uuid), null);
const idList = v.fallback(v.nullish(v.pipe(v.array(uuid), v.maxLength(500))), null);
const maybeTeam = v.fallback(v.nullish(v.object({ id: maybeId, key: text })), null);

const actor = v.fallback(
  v.nullish(v.object({ id: uuid, type: text, name: text })),
  null,
);

const envelope = v.object({ action: v.string(), type: v.string(), url: text, actor });

const comment = v.object({
  id: uuid,
  body: v.string(),
  issueId: maybeId,
  userId: maybeId,
  externalUserId: maybeId,
  issue: v.fallback(
    v.nullish(v.object({ id: uuid, identifier: text, title: text, url: text, team: maybeTeam })),
    null,
  ),
});

const issueData = v.object({
  id: uuid,
  identifier: text,
  title: text,
  description: maybe,
  url: text,
  team: maybeTeam,
  projectId: maybeId,
  labelIds: idList,
  updatedAt: text,
});

const before = v.object({ updatedFrom: v.object({ labelIds: v.pipe(v.array(uuid)) }) });

/**
 * What a body asks of kas.
 * @param body parsed, of a delivery whose signature holds
 * @param config which labels mean something
 * @returns null when it is nothing for kas
 */
export function readEvent(body: unknown, config: LinearConfig): LinearEvent | null {
  const head = v.safeParse(envelope, body);
  if (!head.success || typeof body !== "object" || body === null || !("data" in body)) return null;
  const { action, type, url, actor } = head.output;
  const person = actor === null || actor === undefined || actor.type !== "user" ? null : actor;
  if (type === "Comment" && action === "create") return readComment(body.data, url, person);
  if (type === "Issue" && (action === "create" || action === "update")) {
    const old = v.safeParse(before, body);
    if (action === "update" && !old.success) return null;
    const known = old.success && action === "update" ? old.output.updatedFrom.labelIds : [];
    return readLabels(body.data, url, person, known, config);
  }
  return null;
}

type Person = { readonly id: string; readonly name: string } | null;

function readComment(data: unknown, url: string, person: Person): LinearEvent | null {
  const { success, output } = v.safeParse(comment, data);
  if (!success) return null;
  const id = output.issueId ?? output.issue?.id ?? null;
  const command = parseComment(output.body);
  if (id === null || command === null) return null;
  const { issue } = output;
  const link = issue?.url || url;
  // A comment that was taken over from elsewhere is of somebody Linear does not know.
  const own = output.externalUserId === null && output.userId === person?.id;
  return {
    issue: {
      id,
      identifier: identifierOf(issue?.identifier ?? "", link),
      title: issue?.title ?? "",
      description: null,
      url: link,
      team: teamOf(issue?.team),
      project: null,
      labels: null,
    },
    actor: own && person !== null ? { id: person.id, name: person.name } : null,
    wishes: [{ source: `comment:${output.id}`, command }],
  };
}

function readLabels(
  data: unknown,
  url: string,
  person: Person,
  known: readonly string[],
  config: LinearConfig,
): LinearEvent | null {
  const { success, output } = v.safeParse(issueData, data);
  if (!success) return null;
  const added = (output.labelIds ?? []).filter((label) => !known.includes(label));
  const verbs = [
    { verb: "create", labels: config.createLabels },
    { verb: "plan", labels: config.planLabels },
    { verb: "start", labels: config.startLabels },
  ] as const;
  const wishes = verbs.flatMap(({ verb, labels }): Wish[] => {
    const label = labels.find((one) => added.includes(one));
    if (label === undefined) return [];
    // Signed, and the same in each try to deliver it; the number of the delivery is not signed.
    const source = `label:${label}@${output.updatedAt.slice(0, 40)}`;
    return [{ source, command: { verb, argument: "" } }];
  });
  if (wishes.length === 0) return null;
  const link = output.url || url;
  return {
    issue: {
      id: output.id,
      identifier: identifierOf(output.identifier, link),
      title: output.title,
      description: output.description ?? "",
      url: link,
      team: teamOf(output.team),
      project: output.projectId ?? "",
      labels: output.labelIds ?? null,
    },
    actor: person === null ? null : { id: person.id, name: person.name },
    wishes,
  };
}

function teamOf(team: v.InferOutput<typeof maybeTeam> | undefined): string[] | null {
  if (team === null || team === undefined) return null;
  return [team.id ?? "", team.key.toLowerCase()].filter((name) => name !== "");
}

/** The identifier of an issue; its address has it too. */
function identifierOf(given: string, url: string): string {
  const found = given !== "" ? given : /\/issue\/([A-Za-z0-9-]+)/.exec(url)?.[1] ?? "";
  return ISSUE.test(found) ? found.toUpperCase() : "";
}

/**
 * Whether an issue is one that a project takes; null when that cannot be told from what is known.
 */
export function isRouted(issue: Issue, config: LinearConfig): boolean | null {
  const asked: readonly [readonly string[], readonly string[] | null][] = [
    [config.teams, issue.team],
    [config.projects, issue.project === null ? null : [issue.project]],
    [config.labels, issue.labels],
  ];
  let unknown = false;
  for (const [wanted, has] of asked) {
    if (wanted.length === 0) continue;
    if (has === null) unknown = true;
    else if (!wanted.some((one) => has.includes(one))) return false;
  }
  return unknown ? null : true;
}
