import * as v from "valibot";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { ISSUE } from "../task/issue.ts";
import type { Issue } from "./payload.ts";

/**
 * What kas asks of Linear and says there.
 * @see https://linear.app/developers/graphql
 */

const API_URL = "https://api.linear.app/graphql";
/** Longest answer that is read, in bytes. */
const MAX_ANSWER = 1024 * 1024;

/** How Linear is reached. */
export interface LinearAccess {
  readonly key: string;
  readonly url: string;
}

/**
 * The address of the API: Linear's, or that of KASMOS_LINEAR_API_URL.
 * @throws KasError "invalid" for one that would send the key in the clear
 */
export function apiUrl(env: Readonly<Record<string, string>>): string {
  const given = env["KASMOS_LINEAR_API_URL"] ?? "";
  if (given === "") return API_URL;
  const url = URL.parse(given);
  const isLocal = url !== null && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) return given;
  throw new KasError("invalid", `Cannot use ${quote(given, 200)} as KASMOS_LINEAR_API_URL`, {
    hint: "Give an https address: the key goes there",
  });
}

const COMMENT = `mutation($input: CommentCreateInput!) {
  commentCreate(input: $input) { success }
}`;

const commented = v.object({ commentCreate: v.object({ success: v.literal(true) }) });

/** Comments on an issue. @throws KasError "internal" when Linear does not take it */
export async function createComment(
  access: LinearAccess,
  issueId: string,
  body: string,
  patience: AbortSignal,
): Promise<void> {
  await ask(access, COMMENT, { input: { issueId, body } }, commented, patience);
}

const ISSUE_QUERY = `query($id: String!) {
  issue(id: $id) {
    id identifier title description url
    team { id key } project { id } labels(first: 100) { nodes { id } }
  }
}`;

const lower = v.pipe(v.string(), v.transform((text) => text.toLowerCase()));
const found = v.object({
  issue: v.object({
    id: lower,
    identifier: v.pipe(v.string(), v.regex(ISSUE)),
    title: v.string(),
    description: v.nullish(v.string(), ""),
    url: v.string(),
    team: v.object({ id: lower, key: lower }),
    project: v.nullish(v.object({ id: lower })),
    labels: v.object({ nodes: v.array(v.object({ id: lower })) }),
  }),
});

/** All of an issue. @throws KasError "internal" when Linear does not tell */
export async function fetchIssue(
  access: LinearAccess,
  id: string,
  patience: AbortSignal,
): Promise<Issue> {
  const { issue } = await ask(access, ISSUE_QUERY, { id }, found, patience);
  return {
    id,
    identifier: issue.identifier.toUpperCase(),
    title: issue.title,
    description: issue.description ?? "",
    url: issue.url,
    team: [issue.team.id, issue.team.key],
    project: issue.project?.id ?? "",
    labels: issue.labels.nodes.map((label) => label.id),
  };
}

async function ask<T>(
  { key, url }: LinearAccess,
  query: string,
  variables: unknown,
  schema: v.GenericSchema<unknown, T>,
  patience: AbortSignal,
): Promise<T> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method: "POST",
      // Tokens of applications are bearers, the keys of people are not.
      headers: {
        "authorization": key.startsWith("lin_oauth_") ? `Bearer ${key}` : key,
        "content-type": "application/json",
      },
      body: JSON.stringify({ query, variables }),
      redirect: "error",
      signal: patience,
    });
    text = await bounded(answer);
  } catch (error) {
    // What fetch throws may say where, but never the headers.
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
    throw failed(error.name === "TimeoutError" ? "it takes too long" : "it cannot be reached");
  }
  if (!answer.ok) throw failed(`it answers with status ${answer.status}`);
  const { success, output } = v.safeParse(v.object({ data: schema }), parsed(text));
  if (!success) throw failed("it answers with an error");
  return output.data;
}

async function bounded(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER) throw failed("it answers too much");
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function failed(why: string): KasError {
  return new KasError("internal", `Cannot ask Linear: ${why}`, {
    hint: "Check the key with: kas linear webhook status",
  });
}
