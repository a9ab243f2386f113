import type { Paths } from "../config/paths.ts";
import type { Project, Store } from "../store/types.ts";
import type { Asked, Candidate, DynamicKind } from "./types.ts";

/** Rows and files around the command line that is being typed. */
export interface Around {
  readonly paths: Paths;
  /** Main work tree here; null outside a repository. */
  readonly root: string | null;
  /** Null when there is no store yet. */
  readonly store: Store | null;
  /** Null when the store does not know the repository. */
  readonly project: Project | null;
}

/** Most rows that are offered: nobody reads more, and the shell waits. */
const MOST = 200;

/** Looks up the values of one kind. Reads only. @throws what reading throws */
export async function lookUpIn(around: Around, asked: Asked): Promise<Candidate[]> {
  return await (SOURCES[asked.kind])(around, asked);
}

type Source = (around: Around, asked: Asked) => Promise<Candidate[]>;

/** A source of rows of the project; without one there are none. */
function ofProject(
  read: (store: Store, projectId: number, asked: Asked) => Promise<Candidate[]>,
): Source {
  return async ({ store, project }, asked) =>
    store === null || project === null ? [] : await read(store, project.id, asked);
}

/** What sorts before every text that begins so, and behind all others before it. */
function justBefore(prefix: string): string {
  const letters = [...prefix];
  const last = letters.pop()?.codePointAt(0) ?? 0;
  return last === 0 ? "" : `${letters.join("")}${String.fromCodePoint(last - 1)}\u{10ffff}`;
}

const SOURCES: Readonly<Record<DynamicKind, Source>> = {
  task: ofProject(async (store, projectId, { typed }) => {
    const filter = { projectId, limit: MOST, afterName: justBefore(typed) };
    return (await store.tasks(filter)).map(({ name, status, description }) => ({
      value: name,
      about: `${status}: ${description}`,
    }));
  }),
  topic: ofProject(async (store, projectId) =>
    (await store.topics(projectId)).map(({ name, tasks }) => ({
      value: name,
      about: `${tasks} task${tasks === 1 ? "" : "s"}`,
    }))
  ),
  instance: ofProject(async (store, projectId) => {
    const statuses = ["starting", "running", "paused"] as const;
    return (await store.sessions({ projectId, statuses, order: "desc", limit: MOST }))
      .map(({ title, status, role, agent }) => ({
        value: title,
        about: `${status} ${agent === "" ? role : agent}`,
      }));
  }),
  decision: ofProject(async (store, projectId) =>
    (await store.decisions({ projectId, status: "open", limit: MOST })).map((row) => ({
      value: String(row.id),
      about: row.question,
    }))
  ),
  "decision-option": ofProject(async (store, projectId, { operands: [decision = ""] }) => {
    const row = /^\d{1,15}$/.test(decision) ? await store.decision(Number(decision)) : null;
    if (row === null || row.projectId !== projectId) return [];
    return row.options.map(({ id, label }) => ({ value: id, about: label }));
  }),
  signal: ofProject(async (store, projectId) =>
    (await store.signals({ projectId, limit: 50 })).map((row) => ({
      value: String(row.id),
      about: `${row.status} ${row.type} ${row.taskName}`,
    }))
  ),
  async project({ store }) {
    return (await store?.projects() ?? []).map(({ key, root }) => ({ value: key, about: root }));
  },
  async agent({ paths, root }) {
    const { agentPlaces, listAgents } = await import("../agent/library.ts");
    return (await listAgents(agentPlaces(paths, root))).filter(({ shadowed }) => !shadowed)
      .map(({ name, scope, description }) => ({ value: name, about: description ?? scope }));
  },
  async skill({ root }) {
    const { listSkills, projectHome, userHome } = await import("../skill/mod.ts");
    const home = Deno.env.get("HOME") ?? "";
    const homes = [...root === null ? [] : [projectHome(root)], userHome(home)];
    const all = (await Promise.all(homes.map(listSkills))).flat();
    return all.map(({ name, description }) => ({ value: name, about: description ?? "" }));
  },
  async secret({ paths }) {
    const { listSecrets } = await import("../secret/mod.ts");
    const all = await listSecrets({ paths, hostEnv: Deno.env.toObject() });
    return all.map(({ name }) => ({ value: name, about: "" }));
  },
  async setting({ paths, root }) {
    const { loadConfig } = await import("../config/config.ts");
    const { sources } = await loadConfig(root, paths);
    return sources.map(({ key, source }) => ({ value: key, about: source }));
  },
};
