import type { GitFacts, PlanFacts, TaskState } from "../lifecycle/types.ts";
import { KasError } from "../errors.ts";
import type { Store } from "../store/types.ts";
import { formatFindings, overlaps, parseArchitectMeta } from "../task/architect_meta.ts";
import { checkOk, parsePlan } from "../task/plan.ts";
import type { Task } from "../task/types.ts";
import type { Workspace } from "./workspace.ts";

/** Loads everything one step depends on; null when the task is gone. */
export async function loadState(store: Store, taskId: number): Promise<TaskState | null> {
  const task = await store.taskById(taskId);
  if (task === null) return null;
  const [subtasks, sessions, decisions] = await Promise.all([
    store.subtasks(taskId),
    store.sessions({ taskId }),
    store.decisions({ taskId, status: "open" }),
  ]);
  return { task, subtasks, sessions, decisions };
}

/** Path of the architect's metadata for a task. */
export function metaFile(workspace: Pick<Workspace, "dirs">, task: Pick<Task, "name">): string {
  return `${workspace.dirs.cache}/${task.name}-architect.json`;
}

/** Reads the stored plan and, once there is one, the architect's metadata. */
export async function planFacts(
  store: Store,
  workspace: Pick<Workspace, "dirs">,
  task: Task,
): Promise<PlanFacts> {
  const { text } = await store.content(task.id);
  const { plan, findings } = parsePlan(text);
  const broken = findings.filter((finding) => finding.severity === "error");
  const facts: PlanFacts = {
    plan,
    errors: formatFindings(broken, task.name),
    files: new Map(plan.waves.flatMap((w) => w.tasks.map((t) => [t.number, t.files]))),
    checks: new Map(),
    overlaps: [],
    metaProblems: [],
  };
  const found = await readMeta(workspace, task);
  const meta = found === null || broken.length > 0
    ? null
    : parseArchitectMeta(found, { task: task.name, plan });
  const source = meta?.meta ?? plan;
  const tasks = meta?.meta?.waves.flatMap((w) => w.tasks) ?? [];
  return {
    ...facts,
    files: new Map([
      ...facts.files,
      ...tasks.map((t) => [t.task_number, t.files_to_modify] as const),
    ]),
    checks: new Map(tasks.map((t) => [t.task_number, t.verify_checks])),
    overlaps: plan.waves.flatMap((wave) =>
      overlaps(source, wave.number).map((overlap) =>
        `tasks ${overlap.tasks.join(" and ")} of wave ${wave.number} both claim ${overlap.file}`
      )
    ),
    metaProblems: meta === null || checkOk(meta.findings)
      ? []
      : formatFindings(meta.findings, metaFile(workspace, task)),
  };
}

/** Another task of the same topic that is being implemented. */
export async function topicRival(store: Store, task: Task): Promise<string | null> {
  if (task.topic === null) return null;
  const rivals = await store.tasks({
    projectId: task.projectId,
    topic: task.topic,
    statuses: ["implementing"],
    limit: 2,
  });
  return rivals.find((rival) => rival.id !== task.id)?.name ?? null;
}

async function readMeta(workspace: Pick<Workspace, "dirs">, task: Task): Promise<string | null> {
  try {
    return await Deno.readTextFile(metaFile(workspace, task));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * Where the branches stand.
 * @throws KasError "guard" when the task branch or its base is gone
 */
export async function gitFacts(workspace: Workspace, task: Task): Promise<GitFacts> {
  const { repo } = workspace;
  const [head, base] = await Promise.all([
    repo.resolve(`refs/heads/${task.branch}`),
    repo.resolve(`refs/heads/${task.baseBranch}`),
  ]);
  if (head === null || base === null) {
    const gone = head === null ? task.branch : task.baseBranch;
    throw new KasError(
      "guard",
      `Cannot judge "${task.name}": the branch "${gone}" does not exist`,
      {
        hint: head === null
          ? `Start the work with "kas task start ${task.name}"`
          : "Create the base branch again, or change it in the task",
      },
    );
  }
  const start = await repo.mergeBase(base, head) ?? task.baseCommit ?? base;
  const ahead = (await repo.log(`${start}..${head}`, 1000)).length;
  return { head, base, ahead, dirty: await isDirty(workspace, task) };
}

async function isDirty(workspace: Workspace, task: Task): Promise<boolean> {
  const tree = (await workspace.repo.worktrees()).find((w) =>
    w.branch === task.branch && !w.prunable
  );
  if (tree === undefined) return false;
  return !(await workspace.repo.status(tree.path)).clean;
}
