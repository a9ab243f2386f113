import { KasError } from "../errors.ts";
import { crashPoint } from "../faults.ts";
import type { Task } from "../task/types.ts";
import { applyInput } from "./apply.ts";
import { recordingRefusal } from "./refusal.ts";
import type { Home, Workspace } from "./workspace.ts";

export interface Merged {
  readonly task: string;
  readonly commit: string;
  readonly base: string;
  /** Checkout that was moved forward because it had the base branch checked out, if any. */
  readonly checkout: string | null;
}

/**
 * Merges a verified task into its base branch. The verification must still hold for both tips; when
 * it does not, it is withdrawn and the task is verified anew.
 * @throws KasError "guard" when the task is not verified, or the base is checked out with changes;
 * "conflict" when the verification is stale
 */
export async function mergeTask(
  home: Home,
  workspace: Workspace,
  task: Task,
  actor: string,
): Promise<Merged> {
  const about = { projectId: task.projectId, taskId: task.id, actor };
  return await recordingRefusal(home, about, () => mergeVerified(home, workspace, task, actor));
}

async function mergeVerified(
  home: Home,
  workspace: Workspace,
  task: Task,
  actor: string,
): Promise<Merged> {
  const { repo } = workspace;
  if (task.mergedSha !== null) {
    return { task: task.name, commit: task.mergedSha, base: task.baseBranch, checkout: null };
  }
  const { verifiedSha, verifiedBaseSha } = task;
  if (task.status !== "done" || verifiedSha === null || verifiedBaseSha === null) {
    throw new KasError(
      "guard",
      `Cannot merge "${task.name}": it is ${task.status} and not verified`,
      {
        hint: task.status === "done"
          ? `Have it reviewed and verified: kas task transition ${task.name} request_review`
          : `See where it stands: kas task show ${task.name} --json`,
      },
    );
  }
  const head = await repo.resolve(`refs/heads/${task.branch}`);
  const base = await repo.resolve(`refs/heads/${task.baseBranch}`);
  if (base !== null && await repo.isAncestor(verifiedSha, base)) {
    return await record(home, workspace, task, { commit: base, checkout: null }, actor);
  }
  if (head !== verifiedSha || base !== verifiedBaseSha) {
    const reason = head !== verifiedSha
      ? `${task.branch} moved to ${head?.slice(0, 12) ?? "nothing"} after it was verified`
      : `${task.baseBranch} moved to ${base?.slice(0, 12) ?? "nothing"} after it was verified`;
    await applyInput(home, workspace, task.id, () => ({ type: "stale", reason }));
    throw new KasError("conflict", `Cannot merge "${task.name}": ${reason}`, {
      hint: "It is being verified again; merge when it is done",
    });
  }
  crashPoint("merge.started");
  const merged = await mergeOrAsk(home, workspace, task, {
    expectBranch: verifiedSha,
    expectBase: verifiedBaseSha,
  });
  crashPoint("merge.merged");
  return await record(home, workspace, task, merged, actor);
}

/** The merge itself. Branches that do not merge become a question; the refusal goes on all the same. */
async function mergeOrAsk(
  home: Home,
  workspace: Workspace,
  task: Task,
  expected: { expectBranch: string; expectBase: string },
): Promise<{ commit: string; checkout: string | null }> {
  const subject = task.description === "" ? "" : `: ${firstLine(task.description)}`;
  try {
    return await workspace.repo.mergeToBase({
      base: task.baseBranch,
      branch: task.branch,
      ...expected,
      message: `Merge task ${task.name}${subject}`,
      at: task.verifiedAt ?? task.updatedAt,
    });
  } catch (error) {
    const files = error instanceof KasError && error.code === "conflict"
      ? error.context.files
      : null;
    if (!Array.isArray(files)) throw error;
    await applyInput(home, workspace, task.id, () => ({
      type: "merge_conflict",
      files: files.map(String),
    }));
    throw error;
  }
}

async function record(
  home: Home,
  workspace: Workspace,
  task: Task,
  merged: { commit: string; checkout: string | null },
  actor: string,
): Promise<Merged> {
  await applyInput(
    home,
    workspace,
    task.id,
    () => ({ type: "merged", commit: merged.commit, actor }),
  );
  crashPoint("merge.recorded");
  return {
    task: task.name,
    commit: merged.commit,
    base: task.baseBranch,
    checkout: merged.checkout,
  };
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.slice(0, 100) ?? "";
}
