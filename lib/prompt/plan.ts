import type { PromptFacts } from "./facts.ts";
import { place, planHeader, quoted, reportBy, sections } from "./parts.ts";

/** Prompts of those who write the plan. */

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

/** Of the planner. */
export function plan(facts: PromptFacts): string {
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

/** Of the architect. */
export function architect(facts: PromptFacts): string {
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
