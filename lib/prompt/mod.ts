import type { DesiredSession } from "../lifecycle/types.ts";
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

export type { PromptFacts } from "./facts.ts";

/** The first prompt of a session. Signal names and payloads come from the code that parses them. */
export function buildPrompt(facts: PromptFacts): string {
  return WRITERS[facts.session.brief](facts);
}

/** What an agent is told that stopped without reporting. */
export const REMINDER =
  "You have stopped, but you have not reported yet. If your work is done and " +
  "committed, report it now, the way your instructions say. If it is not, go on; if something " +
  "stands in your way, say in the report what it is.";

const WRITERS: Record<DesiredSession["brief"], (facts: PromptFacts) => string> = {
  plan,
  architect,
  solo,
  wave,
  resolve,
  fix,
  review,
  verify,
};

const PLAN_FORMAT = `The plan is markdown:

    # Title
    **Goal:** one sentence
    **Architecture:** the approach
    **Tech Stack:** languages, frameworks, tools

    ## Wave 1
    ### Task 1: title
    **Files:**
    - Modify: \`path\`

    what to do, and how one sees that it is done

    ## Wave 2
    ### Task 2: title

Waves run one after the other, the tasks of a wave at the same time, each by an agent of its own in its own
worktree. So tasks of one wave must not touch the same files, and a task may build only on earlier waves.
Number waves from 1 and tasks from 1 through the whole plan. Headings inside code fences do not count.`;

function storePlan(name: string): string {
  return `Store the plan with the kasmos MCP tool task_update_content (filename ${
    JSON.stringify(name)
  }, content = the whole markdown), or in the shell: kas task update-content ${name} < plan.md
Check it with: kas task check <file>`;
}

function plan(facts: PromptFacts): string {
  const { task } = facts;
  return sections(
    `You are the planner of task "${task.name}" in project "${facts.project}". Write a plan; change no code.`,
    quoted("The task, in its author's words:", task.description),
    quoted("The plan as it is stored now. Improve it, keep what is right:", facts.content),
    quoted("What was wrong with it:", task.feedback),
    place(facts),
    "Read the code you need to read. Prefer few tasks with clear edges over many small ones.",
    PLAN_FORMAT,
    storePlan(task.name),
    `When the plan is stored, report, as the last thing you do:\n${
      reportBy("planner_finished", task.name)
    }`,
  );
}

function architect(facts: PromptFacts): string {
  const { task } = facts;
  return sections(
    `You are the architect of task "${task.name}" in project "${facts.project}". The plan below goes to coders who see only their own task. Change no code.`,
    planHeader(facts),
    place(facts),
    quoted("The plan:", facts.content),
    "Check it against the code. Rewrite it so that each task names the files, functions and tests it touches, can be done without asking, and clashes with no other task of its wave. Keep goal and scope.",
    PLAN_FORMAT,
    storePlan(task.name),
    `Then write ${facts.metaFile}: {"plan_id":${
      JSON.stringify(task.name)
    },"schema_version":1,"waves":[{"wave":1,"parallel":true,"tasks":[{"task_number":1,"title":"…","files_to_modify":["path"],"dependency_task_numbers":[],"verify_checks":["command"]}]}]}`,
    `When both are written, report, as the last thing you do:\n${
      reportBy("elaborator_finished", task.name)
    }`,
  );
}

function solo(facts: PromptFacts): string {
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

function wave(facts: PromptFacts): string {
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
    quoted(`Your task, task ${session.subtask}: ${subtask?.title ?? ""}`, subtask?.body ?? ""),
    COMMIT_RULES,
    `When it is done, tested and committed, report, as the last thing you do:\n${
      reportBy("implement_task_finished", task.name, done)
    }`,
  );
}

function waveNotes(facts: PromptFacts): string {
  return facts.plan.waves.find((w) => w.number === facts.session.wave)?.notes ?? "";
}

function resolve(facts: PromptFacts): string {
  const { task, session, subtask } = facts;
  const done = { wave_number: session.wave, task_number: session.subtask };
  return sections(
    `You are the fixer of task ${session.subtask} in wave ${session.wave} of "${task.name}" in project "${facts.project}". Its branch conflicts with the task branch ${task.branch}.`,
    planHeader(facts),
    place(facts),
    quoted("Files in conflict:", subtask?.note ?? ""),
    quoted("What this branch was to do:", subtask?.body ?? ""),
    `Run: git merge ${shellWord(task.branch)}
Resolve every conflict so that both sides' intent is kept, run the tests, and commit the merge.`,
    `When the merge is committed, report, as the last thing you do:\n${
      reportBy("implement_task_finished", task.name, done)
    }`,
  );
}

function fix(facts: PromptFacts): string {
  const { task, session } = facts;
  return sections(
    `You are the fixer of task "${task.name}" in project "${facts.project}", fix round ${session.round}.`,
    planHeader(facts),
    place(facts),
    earlierAttempt(facts),
    quoted("The findings to fix:", task.feedback),
    `Fix these findings and nothing else. After three failed tries at one of them, say so in a commit message and go on. ${COMMIT_RULES}`,
    `When they are fixed, tested and committed, report, as the last thing you do:\n${
      reportBy("implement_finished", task.name)
    }`,
  );
}

function review(facts: PromptFacts): string {
  const { task, session } = facts;
  return sections(
    `You are the reviewer of task "${task.name}" in project "${facts.project}", review round ${session.round}.`,
    planHeader(facts),
    place(facts),
    quoted("The plan it must fulfil:", facts.content),
    quoted(
      "Findings of the round before, which should be fixed now:",
      session.round > 1 ? task.feedback : "",
    ),
    `Review everything since the merge base: git diff ${shellWord(`${task.baseBranch}...HEAD`)}
Read the code and run the tests yourself. Findings are critical, important or minor; each of them blocks. You may fix a triviality yourself; its commit message ends with "(reviewer self-fix)".`,
    `Report your verdict, as the last thing you do. If nothing blocks:\n${
      reportBy("review_approved", task.name)
    }`,
    `Otherwise, with every finding as severity, file:line and what is wrong:\n${
      reportBy("review_changes_requested", task.name, `round ${session.round}: src/file:line …`)
    }`,
  );
}

function verify(facts: PromptFacts): string {
  const { task, policy } = facts;
  return sections(
    `You are the master of task "${task.name}" in project "${facts.project}": the independent verification before it counts as done. Believe nobody; look for yourself.`,
    planHeader(facts),
    place(facts),
    quoted("The plan it must fulfil:", facts.content),
    `Look at git diff ${
      shellWord(`${task.baseBranch}...HEAD`)
    }, build it, run all tests and checks. Sort what you find into blockers, quality and notes; only blockers are a reason to fail it. You may mend trivia yourself, at most ${policy.readinessSelfFixMaxLines} lines net and only if every check passes afterwards; that commit message ends with "(master self-fix)".`,
    `Your approval holds for one commit on one base. Take them from: git rev-parse HEAD ${
      shellWord(task.baseBranch)
    }
If there is no blocker, report, as the last thing you do:\n${
      reportBy("verify_approved", task.name, {
        reviewed_sha: "<HEAD>",
        reviewed_base_sha: `<${task.baseBranch}>`,
      })
    }`,
    `Otherwise, with every blocker as file:line and what is wrong:\n${
      reportBy("verify_failed", task.name, "src/file:line …")
    }`,
  );
}
