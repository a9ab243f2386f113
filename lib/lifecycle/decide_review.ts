import type { Change, Session } from "../store/types.ts";
import type { SignalPayload } from "../signal/types.ts";
import { nextStatus } from "../task/fsm.ts";
import type { GitFacts, Step, StepContext } from "./types.ts";
import { accept, ask, endReported, need, note, refuse, transition, withdrawAll } from "./step.ts";
import { askAboutAgent, needsPerson } from "./decide_session.ts";
import { holdKey } from "./desired.ts";
import { stageKey } from "./keys.ts";

interface Verdict {
  readonly session: Session | null;
  readonly payload: SignalPayload;
  readonly actor: string;
}

/** The review passed: on to the independent verification, or past it where that is switched off. */
export function approveReview(verdict: Verdict, context: StepContext): Step {
  const changes: Change[] = [
    ...withdrawAll(context),
    ...endReported(verdict.session, context),
    transition(context, "review_approved", verdict.actor),
  ];
  if (context.policy.autoReadinessReview) return accept("approved; verification starts", changes);
  const git = need(context.git, "the branches");
  return accept("approved; verification is switched off", [
    ...changes,
    transition(context, "verify_approved", "kas", {
      after: 1,
      reason: "auto_readiness_review is off",
    }, verified(git, "auto", context)),
    ...mergeJob(git, context),
  ]);
}

/**
 * The verification passed. It counts only for the very commit and base it looked at: an agent names
 * both, and both must still be the tips. A person's approval takes the tips as they are.
 */
export function approveVerify(verdict: Verdict, context: StepContext): Step {
  const { task } = context.state;
  const git = need(context.git, "the branches");
  const sha = verdict.payload.reviewed_sha;
  const base = verdict.payload.reviewed_base_sha;
  nextStatus(task, "verify_approved");
  if ((sha !== undefined && sha !== git.head) || (base !== undefined && base !== git.base)) {
    const reason = sha !== git.head
      ? `it approves ${short(sha)}, but ${task.branch} is at ${short(git.head)}`
      : `it approves on base ${short(base)}, but ${task.baseBranch} is at ${short(git.base)}`;
    return refuse(`verification refused: ${reason}`, [
      note(context, "verification_refused", "kas", reason, { approved: { sha, base }, ...git }),
      ...restart(verdict.session, reason, context),
    ]);
  }
  const by = verdict.session === null ? "operator" : "master";
  return accept(`verified at ${short(git.head)}`, [
    ...withdrawAll(context),
    ...endReported(verdict.session, context),
    transition(context, "verify_approved", verdict.actor, {}, verified(git, by, context)),
    ...mergeJob(git, context),
  ]);
}

/** The reviewer or verifier wants changes: a fix round, up to the cap. */
export function changesRequested(
  verdict: Verdict,
  event: "review_changes_requested" | "verify_failed",
  feedback: string,
  context: StepContext,
): Step {
  const { task } = context.state;
  nextStatus(task, event);
  const cap = context.policy.maxReviewFixCycles;
  if (cap > 0 && task.reviewCycle + 1 > cap) {
    return accept(`changes requested, but ${cap} fix rounds are used up`, [
      ...endReported(verdict.session, context),
      { kind: "task", taskId: task.id, expectVersion: task.version, patch: { feedback } },
      note(context, "review_cycle_limit", "kas", `${cap} fix rounds are used up`, { cap }),
      ask(context, {
        key: holdKey(
          event === "verify_failed"
            ? stageKey(task, "master", "verify")
            : stageKey(task, "reviewer", "review"),
        ),
        kind: "review_limit",
        question: `"${task.name}" has used its ${cap} fix rounds and is still not approved`,
        detail: feedback,
        options: [
          { id: "fix", label: "one more fix round" },
          { id: "approve", label: "accept it as it is" },
          { id: "abort", label: "cancel the task; its work is kept" },
        ],
      }),
    ]);
  }
  return accept("changes requested; a fixer follows", [
    ...withdrawAll(context),
    ...endReported(verdict.session, context),
    ...fixRound(event, feedback, verdict.actor, context),
  ]);
}

/** Enters the next fix round with this feedback. */
export function fixRound(
  event: "review_changes_requested" | "verify_failed",
  feedback: string,
  actor: string,
  context: StepContext,
): Change[] {
  const { task } = context.state;
  const round = task.reviewCycle + 1;
  return [
    transition(context, event, actor, { reason: firstLine(feedback) }, {
      phase: "fixing",
      reviewCycle: round,
      feedback,
    }),
    note(context, "changes_requested", actor, `fix round ${round}: ${firstLine(feedback)}`, {
      round,
      feedback,
    }),
  ];
}

/** What a standing verification writes into the task. */
export function verified(git: GitFacts, by: string, context: StepContext): {
  verifiedSha: string;
  verifiedBaseSha: string;
  verifiedAt: number;
  verifiedBy: string;
  staleReason: null;
} {
  return {
    verifiedSha: git.head,
    verifiedBaseSha: git.base,
    verifiedAt: context.now,
    verifiedBy: by,
    staleReason: null,
  };
}

/** The merge, where it is automatic: an outbox entry, because it cannot be derived from state. */
export function mergeJob(git: GitFacts, context: StepContext): Change[] {
  const { task } = context.state;
  if (!context.policy.autoMerge) return [];
  return [{
    kind: "job_new",
    job: {
      key: `merge:${task.id}:${git.head}:${git.base}`,
      projectId: task.projectId,
      taskId: task.id,
      kind: "merge",
      payload: { head: git.head, base: git.base },
    },
  }];
}

/** A verified branch that does not merge into its base is a question, once for these two tips. */
export function askAboutMerge(files: readonly string[], context: StepContext): Step {
  const { task } = context.state;
  const what = `${task.branch} conflicts with ${task.baseBranch} in ${files.join(", ")}`;
  return accept(what, [
    note(context, "merge_conflict", "kas", what, { files }),
    ask(context, {
      key: `merge:${task.id}:${task.verifiedSha}:${task.verifiedBaseSha}`,
      kind: "merge_conflict",
      question: `"${task.name}" is verified, but does not merge into ${task.baseBranch}`,
      detail: what,
      options: [
        {
          id: "fix",
          label: "have a fixer merge the base branch and resolve it, then verify again",
        },
        { id: "leave", label: "leave it; I will see to it" },
      ],
    }),
  ]);
}

/** A fix round that merges the base branch into the task branch. */
export function fixMerge(detail: string, actor: string, context: StepContext): Change[] {
  const { task } = context.state;
  const feedback =
    `important ${detail}. Merge the base branch ${task.baseBranch} into this branch.\n` +
    "Resolve every conflict so that both sides' intent is kept, run the tests, and commit the merge.";
  return [
    transition(context, "verification_stale", actor, { reason: detail }, { staleReason: detail }),
    transition(context, "verify_failed", actor, { after: 1, reason: detail }, {
      phase: "fixing",
      reviewCycle: task.reviewCycle + 1,
      feedback,
    }),
  ];
}

/** A verifier that was refused is replaced; one that is refused again and again is a question. */
function restart(session: Session | null, reason: string, context: StepContext): Change[] {
  if (session === null || session.status === "exited") return [];
  return [
    {
      kind: "session",
      id: session.id,
      patch: { status: "exited", exitReason: "refused", endedAt: context.now },
    },
    ...(needsPerson(session, "refused", context)
      ? [askAboutAgent(session, `${session.title}: ${reason}`, context)]
      : []),
  ];
}

function short(sha: unknown): string {
  return typeof sha === "string" ? sha.slice(0, 12) : "nothing";
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "")?.trim().slice(0, 200) ?? "";
}
