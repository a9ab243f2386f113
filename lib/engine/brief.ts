import type { DesiredSession, TaskState } from "../lifecycle/types.ts";
import { buildPrompt } from "../prompt/mod.ts";
import { parsePlan } from "../task/plan.ts";
import { metaFile } from "./facts.ts";
import type { Home, Workspace } from "./workspace.ts";

/** Where an agent works and how often its work was tried. */
export interface Post {
  readonly cwd: string;
  readonly branch: string;
  /** 1 for the first agent on this piece of work. */
  readonly attempt: number;
}

/** What the agent of a piece of work is told. */
export async function writeBrief(
  home: Pick<Home, "store">,
  workspace: Workspace,
  state: TaskState,
  want: DesiredSession,
  post: Post,
): Promise<string> {
  const { task } = state;
  const { text } = await home.store.content(task.id);
  return buildPrompt({
    project: workspace.project.key,
    task,
    session: want,
    content: text,
    plan: parsePlan(text).plan,
    subtask: state.subtasks.find((s) => s.wave === want.wave && s.number === want.subtask) ?? null,
    policy: workspace.policy,
    cwd: post.cwd,
    branch: post.branch,
    metaFile: metaFile(workspace, task),
    attempt: post.attempt,
  });
}
