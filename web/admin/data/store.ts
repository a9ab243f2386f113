import { computed, signal } from "@preact/signals";
import { DEFAULT_VIEW, type View } from "../pure/board.ts";
import { api, ApiError } from "./api.ts";
import { type News, onNews } from "./live.ts";
import type { Decision, Health, Instance, Project, TaskRow } from "./types.ts";

/** What several screens show: tasks, open decisions, live instances, projects. Kept true by events. */

const PAGE = "500";
/** Fewer at first, so that there is something to see at once. */
const FIRST_PAGE = "100";
/** More changed tasks than this are read as a page instead of one by one. */
const SINGLES = 12;
const GATHER_MS = 60;

/** All tasks by id; null until the first page is there. */
export const tasks = signal<ReadonlyMap<number, TaskRow> | null>(null);
/** False while more pages of tasks are being read. */
export const tasksComplete = signal(false);
export const decisions = signal<readonly Decision[] | null>(null);
export const instances = signal<readonly Instance[] | null>(null);
export const projects = signal<readonly Project[] | null>(null);
export const health = signal<Health | null>(null);
/** The last failure to read any of it; null when all went well. */
export const trouble = signal<unknown>(null);
/** What the board shows; kept while other screens are open. */
export const boardView = signal<View>(DEFAULT_VIEW);

/** Tasks that wait for a person. */
export const attention = computed(() =>
  new Set(
    (decisions.value ?? []).flatMap(({ task_id }) => task_id === null ? [] : [task_id]),
  )
);
/** How many agents work on a task. */
export const agentsOf = computed(() => {
  const counts = new Map<number, number>();
  for (const { task_id } of instances.value ?? []) {
    if (task_id !== null) counts.set(task_id, (counts.get(task_id) ?? 0) + 1);
  }
  return counts;
});

async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    trouble.value = null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    trouble.value = error;
  }
}

/** Reads all tasks, page by page; what is there already stays in view meanwhile. */
async function loadTasks(): Promise<void> {
  const all = new Map<number, TaskRow>();
  const first = tasks.value === null;
  let after: string | null = null;
  do {
    const query: { limit: string; order: "updated"; after?: string } = {
      limit: first && after === null ? FIRST_PAGE : PAGE,
      order: "updated",
    };
    if (after !== null) query.after = after;
    const page: { items: readonly TaskRow[]; next: string | null } = await api
      .call(
        "GET /v1/tasks",
        { query },
      );
    for (const row of page.items) all.set(row.id, row);
    after = page.next;
    if (first) tasks.value = new Map(all);
  } while (after !== null);
  tasks.value = all;
  tasksComplete.value = true;
}

async function loadDecisions(): Promise<void> {
  const { items } = await api.call("GET /v1/decisions", {
    query: { status: "open", limit: PAGE },
  });
  decisions.value = items;
}

/** Reads the live instances. */
export async function loadInstances(): Promise<void> {
  const { items } = await api.call("GET /v1/instances", {
    query: { limit: PAGE },
  });
  instances.value = items;
}

/** The same in the background; trouble with it is told where all trouble with the server is. */
export function reloadInstances(): void {
  void guarded(loadInstances);
}

/** Reads the projects. */
export async function loadProjects(): Promise<void> {
  projects.value = (await api.call("GET /v1/projects")).items;
}

/** Reads how server and daemon are. */
export async function loadHealth(): Promise<void> {
  await guarded(async () => {
    health.value = await api.call("GET /v1/health");
  });
}

/** Reads everything. */
export async function loadAll(): Promise<void> {
  await guarded(async () => {
    await Promise.all([
      loadProjects(),
      loadTasks(),
      loadDecisions(),
      loadInstances(),
    ]);
  });
}

/** Puts rows that were read or made just now into the list. */
export function putTasks(rows: readonly TaskRow[]): void {
  const next = new Map(tasks.value);
  for (const row of rows) next.set(row.id, row);
  tasks.value = next;
}

async function readTask(project: string, name: string): Promise<void> {
  try {
    const row = await api.call("GET /v1/projects/:project/tasks/:task", {
      params: { project, task: name },
    });
    putTasks([{ ...row, project }]);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    const next = new Map(tasks.value);
    for (const row of next.values()) {
      if (row.project === project && row.name === name) next.delete(row.id);
    }
    tasks.value = next;
  }
}

const changed = new Map<string, { project: string; task: string }>();
let everything = false;
let timer: ReturnType<typeof setTimeout> | undefined;

function hear(news: News): void {
  if (news === "resync") everything = true;
  else if (news.project !== null && news.task !== null) {
    changed.set(`${news.project}\n${news.task}`, {
      project: news.project,
      task: news.task,
    });
  }
  timer ??= setTimeout(() => void flush(), GATHER_MS);
}

async function flush(): Promise<void> {
  const wanted = [...changed.values()];
  const all = everything;
  changed.clear();
  everything = false;
  await guarded(async () => {
    if (all) return await loadAll();
    const work = [loadDecisions(), loadInstances()];
    if (wanted.length > SINGLES) work.push(loadRecent());
    else work.push(...wanted.map(({ project, task }) => readTask(project, task)));
    await Promise.all(work);
  });
  timer = undefined;
  if (changed.size > 0 || everything) {
    timer = setTimeout(() => void flush(), GATHER_MS);
  }
}

async function loadRecent(): Promise<void> {
  const query = { limit: PAGE, order: "updated" as const };
  putTasks((await api.call("GET /v1/tasks", { query })).items);
}

/** Begins to follow the log. */
export function follow(): () => void {
  return onNews(hear);
}
