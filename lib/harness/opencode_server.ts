import { isObject, type JsonObject, objectOr, parseObject, readIfThere } from "./files.ts";
import { textOr } from "./read_json.ts";
import { isSessionId, readPlaceFile } from "./turns.ts";
import type { AgentState, StateQuery } from "./types.ts";

/** How long one question to the agent's server may take, in ms. */
const ASK_TIMEOUT_MS = 2_000;
/** What is read of one answer, in bytes: agents write what messages hold. */
const ANSWER_BYTES = 16 * 1024 * 1024;

/** The HTTP server that opencode's terminal program is, too. */
export interface Server {
  readonly port: number;
  readonly password: string;
  /** When it was prepared, ms: older sessions of the project are not this agent's. */
  readonly since: number;
  /** The session it goes on with, or `last`; null for a new one. */
  readonly session: string | null;
}

/** Where a launch keeps its {@link Server}. */
export function serverFile(launchDir: string): string {
  return `${launchDir}/opencode.json`;
}

/**
 * A server of its own for a launch: a port that is free now, and a password.
 * @param since see {@link Server}
 * @param session see {@link Server}
 */
export function newServer(since: number, session: string | null): Server {
  return { port: freePort(), password: randomPassword(), since, session };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function randomPassword(): string {
  return crypto.getRandomValues(new Uint8Array(24)).toHex();
}

/** The state as the agent's own server tells it. */
export async function opencodeState(query: StateQuery): Promise<AgentState> {
  const text = await readIfThere(serverFile(query.launchDir));
  if (text === null) {
    return { activity: "unknown", evidence: "no server file in the launch folder" };
  }
  const server = readServer(parseObject(text, `"${serverFile(query.launchDir)}"`));
  const where = `server on port ${server.port}`;
  try {
    return await askServer(server, query.cwd, where);
  } catch (error) {
    if (!isNoAnswer(error)) throw error;
    return { activity: "starting", evidence: `${where}: no answer` };
  }
}

function readServer(value: JsonObject): Server {
  return {
    port: Number(value.port),
    password: String(value.password),
    since: Number(value.since),
    session: textOr(value.session),
  };
}

/** fetch fails with a TypeError when nothing listens, with a TimeoutError when nothing answers. */
function isNoAnswer(error: unknown): boolean {
  return error instanceof TypeError ||
    (error instanceof DOMException && error.name === "TimeoutError");
}

async function askServer(server: Server, cwd: string, where: string): Promise<AgentState> {
  const query = new URLSearchParams({ directory: cwd });
  const [status, permissions, questions] = await Promise.all([
    get(server, `/session/status?${query}`),
    get(server, `/permission?${query}`),
    get(server, `/question?${query}`),
  ]);
  if (!isObject(status)) return { activity: "unknown", evidence: `${where}: no status` };
  const waiting = first(permissions)?.permission;
  if (waiting !== undefined) {
    return { activity: "asking", evidence: `${where}: permission ${waiting}` };
  }
  if (first(questions) !== undefined) return { activity: "asking", evidence: `${where}: question` };
  const types = Object.values(status).map((entry) => String(objectOr(entry).type));
  const busy = types.find((type) => type !== "idle");
  if (busy !== undefined) return { activity: "busy", evidence: `${where}: ${busy}` };
  // without a session the prompt has not arrived yet
  const since = new URLSearchParams({ directory: cwd, start: String(server.since), limit: "1" });
  return first(await get(server, `/session?${since}`)) === undefined
    ? { activity: "starting", evidence: `${where}: no session yet` }
    : { activity: "idle", evidence: `${where}: idle` };
}

/** Messages of a session as its server tells them. */
export interface SessionMessages {
  /** Oldest first. */
  readonly messages: readonly unknown[];
  /** Whether there are older ones. */
  readonly isCut: boolean;
}

/** How many messages are asked for: fewer when that many are too long. */
const MESSAGES = [400, 80, 10] as const;

/**
 * The newest messages of the agent's session; null when its server does not answer or it has no
 * session yet.
 */
export async function sessionMessages(
  { launchDir, cwd }: Pick<StateQuery, "launchDir" | "cwd">,
): Promise<SessionMessages | null> {
  const said = await readPlaceFile(serverFile(launchDir));
  if (said === null) return null;
  const server = readServer(said);
  try {
    const id = await sessionOf(server, cwd);
    if (id === null) return null;
    for (const limit of MESSAGES) {
      const query = new URLSearchParams({ directory: cwd, limit: String(limit) });
      const messages = await get(server, `/session/${id}/message?${query}`);
      if (Array.isArray(messages)) return { messages, isCut: messages.length >= limit };
    }
    return null;
  } catch (error) {
    if (!isNoAnswer(error)) throw error;
    return null;
  }
}

/** The session it goes on with, else the first one that was begun since; subagents have their own. */
async function sessionOf(server: Server, cwd: string): Promise<string | null> {
  if (server.session !== null && server.session !== "last") {
    return isSessionId(server.session) ? server.session : null;
  }
  const query = new URLSearchParams({ directory: cwd, start: String(server.since) });
  const list = await get(server, `/session?${query}`);
  const own = (Array.isArray(list) ? list : []).filter(isObject)
    .filter(({ parentID }) => parentID === undefined || parentID === null);
  const [last, begun] = [own[0], own.filter((one) => createdAt(one) >= server.since).at(-1)];
  const { id } = objectOr(server.session === "last" ? last : begun);
  return isSessionId(id) ? id : null;
}

function createdAt(session: JsonObject): number {
  return Number(objectOr(session.time).created);
}

function first(list: unknown): JsonObject | undefined {
  return Array.isArray(list) ? list.find(isObject) : undefined;
}

/** The JSON of one answer; undefined for a refusal, or a page that is no JSON. */
async function get({ port, password }: Server, path: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Basic ${btoa(`opencode:${password}`)}` },
    signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
  });
  if (response.ok && response.headers.get("content-type")?.includes("json")) {
    return await boundedJson(response);
  }
  await response.body?.cancel();
  return undefined;
}

/** The JSON of an answer; undefined when it is too long, or none. */
async function boundedJson({ body }: Response): Promise<unknown> {
  if (body === null) return undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  // leaving the loop cancels the rest
  for await (const chunk of body) {
    length += chunk.length;
    if (length > ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(await new Blob(chunks).text());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
