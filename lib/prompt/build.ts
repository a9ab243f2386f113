import type { PromptFacts } from "./facts.ts";
import {
  COMMIT_RULES,
  earlierAttempt,
  place,
  planHeader,
  quoted,
  reportBy,
  sections,
  shellWord,
} from "./parts.ts";

/** Prompts of those who change code. */

/** Of one coder for the whole plan. */
export function solo(facts: PromptFacts): string {
  const { task } = facts;
  return sections(
    `You are the coder of task "${task.name}" in project "${facts.project}". You do the whole plan alone.`,
    planHeader(facts),
    place(facts),
    earlierAttempt(facts),
    quoted("The plan:", facts.content),
    COMMIT_RULES,
    `When it is done, tested and committed, report, as the last thing you do:\n${
      reportBy("implement_finished", task.name)
    }`,
  );
}

/** Of a coder of a wave. */
export function wave(facts: PromptFacts): string {
  const { task, session, subtask } = facts;
  const waves = facts.plan.waves.length;
  const done = { wave_number: session.wave, task_number: session.subtask };
  return sections(
    `You are the coder of task ${session.subtask} in wave ${session.wave} of ${waves} of "${task.name}" in project "${facts.project}".`,
    planHeader(facts),
    place(facts),
    earlierAttempt(facts),
    session.peers > 1
      ? `${session.peers - 1} other agent${
        session.peers === 2 ? " works" : "s work"
      } on this wave at the same time${
        facts.policy.waveIsolation === "shared"
          ? " IN THIS SAME DIRECTORY"
          : " in worktrees of their own"
      }. Keep to your task's files and do not mend what belongs to them.`
      : "",
    quoted("What holds for every task of this wave:", waveNotes(facts)),
    quoted(`Your task, task ${session.subtask}:`, whole(subtask)),
    COMMIT_RULES,
    "All your rules are here: you need to load no skill.",
    `When it is done, tested and committed, report, as the last thing you do:\n${
      reportBy("implement_task_finished", task.name, done)
    }`,
  );
}

/** Title and text of a task of the plan; a short one may be all in its title. */
function whole(subtask: PromptFacts["subtask"]): string {
  return subtask === null ? "" : `${subtask.title}\n\n${subtask.body}`;
}

function waveNotes(facts: PromptFacts): string {
  return facts.plan.waves.find((w) => w.number === facts.session.wave)?.notes ?? "";
}

/** Of the fixer of a subtask whose branch conflicts. */
export function resolve(facts: PromptFacts): string {
  const { task, session, subtask } = facts;
  const done = { wave_number: session.wave, task_number: session.subtask };
  return sections(
    `You are the fixer of task ${session.subtask} in wave ${session.wave} of "${task.name}" in project "${facts.project}". Its branch conflicts with the task branch ${task.branch}.`,
    planHeader(facts),
    place(facts),
    quoted("Files in conflict:", subtask?.note ?? ""),
    quoted("What this branch was to do:", whole(subtask)),
    `Run: git merge ${shellWord(task.branch)}
Resolve every conflict so that both sides' intent is kept, run the tests, and commit the merge. Change nothing that is not in conflict.`,
    `When the merge is committed, report, as the last thing you do:\n${
      reportBy("implement_task_finished", task.name, done)
    }`,
  );
}

/** Of the fixer of a review round. */
export function fix(facts: PromptFacts): string {
  const { task, session } = facts;
  return sections(
    `You are the fixer of task "${task.name}" in project "${facts.project}", fix round ${session.round}.`,
    planHeader(facts),
    place(facts),
    earlierAttempt(facts),
    quoted("The findings to fix:", task.feedback),
    `Fix these findings and nothing else, each at its cause, with a test that would have caught it.
After three failed tries at one of them stop, undo those tries, say in a commit message what you know, and go on with the next. ${COMMIT_RULES}`,
    `When they are fixed, tested and committed, report, as the last thing you do:\n${
      reportBy("implement_finished", task.name)
    }`,
  );
}
