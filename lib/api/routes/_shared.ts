import * as v from "valibot";
import { getTask } from "../../engine/operations.ts";
import type { Home } from "../../engine/workspace.ts";
import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Project } from "../../store/types.ts";
import type { Task } from "../../task/types.ts";
import type { ApiContext } from "../context.ts";
import { HttpError } from "../problem.ts";
import type { Call } from "../route.ts";

/** What the handlers share. */

/** What operations of the engine stand on. */
export function homeOf({ context }: { readonly context: ApiContext }): Home {
  return { store: context.store, paths: context.paths };
}

/** A call about a project. */
interface InProject {
  readonly context: ApiContext;
  readonly params: { readonly project: string };
}

/** The project of the path. @throws KasError "not_found" */
export function projectOf({ context, params }: InProject): Promise<Project> {
  return context.workspaces.project(params.project);
}

/** The task of the path. @throws KasError "not_found" with the nearest name */
export async function taskOf(
  call: { readonly context: ApiContext; readonly params: { project: string; task: string } },
): Promise<Task> {
  const { context, params } = call;
  const id = context.workspaces.idOf(params.project);
  const task = await context.store.task(typeof id === "number" ? id : await id, params.task);
  if (task !== null) return task;
  return await getTask(homeOf(call), { project: await projectOf(call) }, params.task);
}

/** Tells everybody that something changed: streams of this server, and the daemon. */
export function changed({ context }: { readonly context: ApiContext }): void {
  context.news.notify();
  context.daemon.wake();
}

/** The same when there is work to do: a daemon is started where none runs. */
export function needsWork(context: ApiContext, project: Project): void {
  context.news.notify();
  context.daemon.wake(project);
}

/** Refuses what reaches beyond a project to who is bound to one. @throws HttpError "forbidden" */
export function requireUnbound({ caller }: Pick<Call, "caller">, what: string): void {
  if (caller.projectId === null) return;
  throw new HttpError("forbidden", `Cannot ${what} with a token of one project`, {
    hint: "Use a token that is not bound to a project",
  });
}

/** Keys of projects by id, for rows that say only the id. */
export async function projectKeys(context: ApiContext): Promise<Map<number, string>> {
  return new Map((await context.store.projects()).map(({ id, key }) => [id, key]));
}

/** A cursor for the row after which the next page begins. */
export function cursorOf(...parts: readonly (string | number)[]): string {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The parts of a cursor. @throws KasError "invalid" */
export function parseCursor<const S extends v.GenericSchema>(
  schema: S,
  text: string,
): v.InferOutput<S> {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const result = v.safeParse(schema, JSON.parse(new TextDecoder().decode(bytes)));
    if (result.success) return result.output;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
  }
  throw new KasError("invalid", `Cannot go on after ${quote(text)}: it is no cursor`, {
    hint: `Give the "next" of the page before, with the same order`,
  });
}

/** A cursor that is a row number. */
export const idCursor = v.tuple([v.pipe(v.number(), v.integer(), v.minValue(0))]);

/** A page of rows: one more than fits was asked for, so that the end is known. */
export function pageOf<T, J>(
  rows: readonly T[],
  limit: number,
  json: (row: T) => J,
  cursor: (row: T) => string,
): { items: J[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(json),
    next: rows.length > limit && last !== undefined ? cursor(last) : null,
  };
}

/** The version that `If-Match` asks for; undefined for none or any. @throws HttpError "precondition_failed" */
export function matchedVersion(
  { request }: Pick<Call, "request">,
  tag: (version: number) => string,
  current: number,
): number | undefined {
  const given = request.headers.get("if-match");
  if (given === null || given.trim() === "*") return undefined;
  const tags = given.split(",").map((one) => one.trim());
  if (tags.includes(tag(current))) return current;
  throw staleTag(tag(current));
}

/** Refuses a write on what changed since it was read. */
export function staleTag(current: string): HttpError {
  return new HttpError("precondition_failed", "Cannot write: somebody else has changed it", {
    hint: "Read it again, put both changes together, and write with its new ETag",
    context: { etag: current },
    headers: { etag: current },
  });
}

/** Whether the caller has this very version already. */
export function isKnown({ request }: Pick<Call, "request">, tag: string): boolean {
  const given = request.headers.get("if-none-match");
  return given !== null && given.split(",").some((one) => one.trim().replace(/^W\//, "") === tag);
}

/** The answer to a caller who has it. */
export function notModified({ headers }: Pick<Call, "headers">): Response {
  return new Response(null, { status: 304, headers });
}
