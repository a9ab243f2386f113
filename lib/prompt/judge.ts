import type { PromptFacts } from "./facts.ts";
import { place, planHeader, quoted, reportBy, sections, shellWord } from "./parts.ts";

/** Prompts of those who judge. */

/** How the message of a reviewer's own commit ends. */
export const REVIEWER_SELF_FIX = "(reviewer self-fix)";
/** How the message of the master's own commit ends. */
export const MASTER_SELF_FIX = "(master self-fix)";

/** Of the reviewer. */
export function review(facts: PromptFacts): string {
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
Read the code and run the tests yourself. Findings are critical, important or minor; each of them blocks. You may fix a triviality yourself (a typo, a forgotten format): add the file by name, commit it, and end the message with "${REVIEWER_SELF_FIX}". Neither push nor merge; your verdict is the report, nothing else.`,
    `Report your verdict, as the last thing you do. If nothing blocks:\n${
      reportBy("review_approved", task.name)
    }`,
    `Otherwise, with every finding on a line of its own: severity, file:line, what is wrong, how one sees it:\n${
      reportBy(
        "review_changes_requested",
        task.name,
        `Round ${session.round}\n- important: src/file.ts:12 what is wrong; how one sees it`,
      )
    }`,
  );
}

/** Of the master. */
export function verify(facts: PromptFacts): string {
  const { task, policy } = facts;
  return sections(
    `You are the master of task "${task.name}" in project "${facts.project}": the independent verification before it counts as done. Believe nobody; look for yourself.`,
    planHeader(facts),
    place(facts),
    quoted("The plan it must fulfil:", facts.content),
    `Look at git diff ${
      shellWord(`${task.baseBranch}...HEAD`)
    }, build it, run all tests and checks. Sort what you find into blockers, quality and notes; only blockers are a reason to fail it.`,
    policy.readinessSelfFixMaxLines === 0
      ? "Mend nothing yourself."
      : `You may mend trivia yourself, at most ${policy.readinessSelfFixMaxLines} lines net. Then everything must pass: format, lint and types, build, all tests, spelling of what you wrote. If it does, commit with a message that ends with "${MASTER_SELF_FIX}". If it does not, restore only the paths you changed and fail the task with the finding as it was.`,
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
