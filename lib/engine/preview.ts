import { KasError } from "../errors.ts";
import { agentNameFor, loadFor } from "../launch/cast.ts";
import { assumeWork, type SubtaskPlace } from "../lifecycle/assume.ts";
import type { Role } from "../store/types.ts";
import { parsePlan } from "../task/plan.ts";
import { writeBrief } from "./brief.ts";
import { loadState } from "./facts.ts";
import { getTask } from "./operations.ts";
import type { Home, Workspace } from "./workspace.ts";
import { slotBranch, slotPath } from "./worktrees.ts";

/** What an agent would be told. */
export interface Preview {
  readonly role: Role;
  readonly agent: string;
  readonly task: string;
  readonly soul: string;
  /** Empty for a chat: a person says what is to be done. */
  readonly prompt: string;
}

/**
 * What the agent of a role would be told about a task, now or when it comes to it. Nothing starts.
 * @throws KasError "not_found" for the task, "usage" for a role or subtask without work in it, and as
 * loadAgent
 */
export async function previewPrompt(
  home: Home,
  workspace: Workspace,
  name: string,
  role: Role,
  place: SubtaskPlace | null,
): Promise<Preview> {
  const task = await getTask(home, workspace, name);
  const known = await loadState(home.store, task.id);
  if (known === null) throw new KasError("not_found", `The task ${name} was deleted meanwhile`);
  const { config, repo } = workspace;
  const stage = { config, paths: home.paths, repoRoot: repo.root, hostEnv: {} };
  if (role === "chat" && place === null) {
    const { parts } = await loadFor(stage, role, role);
    return { role, agent: role, task: task.name, soul: parts.soul, prompt: "" };
  }
  const { text } = await home.store.content(task.id);
  const { state, work } = assumeWork(known, role, parsePlan(text).plan, workspace.policy, place);
  const agent = agentNameFor(config, work.brief);
  const { parts } = await loadFor(stage, agent, role);
  const prompt = await writeBrief(home, workspace, state, work, {
    cwd: slotPath(workspace, task, work.slot),
    branch: slotBranch(task, work.slot),
    attempt: 1,
  });
  return { role, agent, task: task.name, soul: parts.soul, prompt };
}
