import { getTask } from "../engine/operations.ts";
import { KasError } from "../errors.ts";
import { parseTaskName, quote } from "../names.ts";
import { chainOf } from "./dispatch/guards.ts";
import { MONITOR_META, MONITOR_URI, UI_MIME_TYPE } from "./monitor_ui.ts";
import { describeAgent, rosterOf } from "./roster.ts";
import type { Desk } from "./types.ts";

/** What can be read by address: agents, plans, and the page of the monitor. */

const AGENTS = "kas://agents";
const ADDRESS = /^kas:\/\/(agents|tasks)\/([^/]+)$/;
/** Most tasks in a list of resources. */
const MOST = 200;

/** Addresses with a name in them. */
export const TEMPLATES = [
  {
    name: "agent",
    uriTemplate: "kas://agents/{name}",
    description: "What an agent is for and what it is told",
    mimeType: "application/json",
  },
  {
    name: "task",
    uriTemplate: "kas://tasks/{name}",
    description: "The plan of a task",
    mimeType: "text/markdown",
  },
] as const;

/** A resource as the protocol lists it. */
export interface ListedResource {
  readonly name: string;
  readonly uri: string;
  readonly description?: string;
  readonly mimeType: string;
  readonly _meta?: Record<string, unknown>;
}

/** Part of the program: the same for everybody. */
const MONITOR: ListedResource = {
  name: "monitor",
  uri: MONITOR_URI,
  description: "The page that shows what open_monitor answers",
  mimeType: UI_MIME_TYPE,
  _meta: MONITOR_META,
};

/** The page of the monitor, the list of agents, each agent, and the tasks; nothing where no project is meant. */
export async function listResources(desk: Desk): Promise<ListedResource[]> {
  const id = await projectId(desk);
  if (id === null) return [];
  const [agents, tasks] = await Promise.all([
    rosterOf(desk, undefined),
    desk.home.store.tasks({ projectId: id, limit: MOST }),
  ]);
  return [
    MONITOR,
    {
      name: "agents",
      uri: AGENTS,
      description: "The agents you can run",
      mimeType: "application/json",
    },
    ...agents.map(({ name, description }) => ({
      name: `agent ${name}`,
      uri: `${AGENTS}/${encodeURIComponent(String(name))}`,
      ...typeof description === "string" ? { description } : {},
      mimeType: "application/json",
    })),
    ...tasks.map(({ name, description }) => ({
      name: `task ${name}`,
      uri: `kas://tasks/${encodeURIComponent(name)}`,
      ...description === "" ? {} : { description },
      mimeType: "text/markdown",
    })),
  ];
}

/** Clients list resources unasked: one that has several projects, or none, is not to see an error. */
async function projectId(desk: Desk): Promise<number | null> {
  try {
    return (await desk.project()).id;
  } catch (error) {
    const isNone = error instanceof KasError &&
      (error.code === "usage" || error.code === "not_a_repository");
    if (isNone) return null;
    throw error;
  }
}

interface Content {
  readonly uri: string;
  readonly mimeType: string;
  readonly text: string;
  readonly _meta?: Record<string, unknown>;
}

/**
 * Reads one address.
 * @throws KasError "not_found" for an address that is none, or an agent that is the caller or above it
 */
export async function readResource(
  desk: Desk,
  uri: string,
): Promise<{ contents: Content[] }> {
  if (uri === MONITOR_URI) {
    const { monitorPage } = await import("./monitor_page.ts");
    const text = await monitorPage();
    return { contents: [{ uri, mimeType: UI_MIME_TYPE, text, _meta: MONITOR_META }] };
  }
  if (uri === AGENTS) return json(uri, { agents: await rosterOf(desk, undefined) });
  const [, kind, encoded = ""] = ADDRESS.exec(uri) ?? [];
  const name = decoded(encoded);
  if (kind === undefined || name === null) throw unknown(uri);
  if (kind === "agents") {
    if (chainOf(desk.caller).includes(name.normalize("NFC"))) throw unknown(uri);
    return json(uri, await describeAgent(desk, name, undefined));
  }
  const task = await getTask(desk.home, { project: await desk.project() }, parseTaskName(name));
  const { text } = await desk.home.store.content(task.id);
  return { contents: [{ uri, mimeType: "text/markdown", text }] };
}

function json(uri: string, value: unknown) {
  const text = JSON.stringify(value, null, 2);
  return { contents: [{ uri, mimeType: "application/json", text }] };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function unknown(uri: string): KasError {
  return new KasError("not_found", `Cannot read ${quote(uri, 200)}: there is no such resource`, {
    hint: `Read ${AGENTS}, kas://agents/<name> or kas://tasks/<name>`,
  });
}
