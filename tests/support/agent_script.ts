/**
 * What a model says in each role of a whole lifecycle: keyed on the prompts kas really writes, with
 * names, numbers, folders and branches taken out of them.
 */
import type { MockRule, MockStep } from "./mock_model.ts";

/** Files of the plan, in the order of its tasks: two in each of two waves. */
export const FILES: Readonly<Record<string, string>> = {
  "lib/greet.sh": `greet() {\n  echo "Hello, world"\n}\n`,
  "lib/shout.sh": "shout() {\n  tr a-z A-Z\n}\n",
  "bin/hello": "#!/bin/sh\n. ./lib/greet.sh\n. ./lib/shout.sh\ngreet | shout\n",
  "tests/run.sh":
    `#!/bin/sh\nset -eu\nsh bin/hello | grep -qx "HELLO, WORLD"\necho "the greeting is right"\n`,
};
/** The script of which the reviewer wants {@link FINDING}. */
const FOUND = "bin/hello";
const FINDING = "set -eu";

/** {@link FILES} as they are once the fixer is done. */
export const FIXED: Readonly<Record<string, string>> = {
  ...FILES,
  [FOUND]: FILES[FOUND]?.replace("\n", `\n${FINDING}\n`) ?? "",
};

const task = (number: number): string => {
  const [path = "", text = ""] = Object.entries(FILES)[number - 1] ?? [];
  return `### Task ${number}: ${path}

**Files:**
- Create: \`${path}\`

It holds exactly this:

\`\`\`sh
${text}\`\`\`
`;
};

const PLAN = `# Greet the world

**Goal:** a command that greets the world loudly
**Architecture:** two libraries, a command that uses them, and its test
**Tech Stack:** POSIX sh

## Wave 1: libraries

${task(1)}
${task(2)}
## Wave 2: the command

${task(3)}
${task(4)}`;

const META = {
  plan_id: "$<task>",
  schema_version: 1,
  waves: [[1, 2], [3, 4]].map((numbers, index) => ({
    wave: index + 1,
    parallel: true,
    tasks: numbers.map((number) => ({
      task_number: number,
      files_to_modify: [Object.keys(FILES)[number - 1]],
    })),
  })),
};

const TEXT: MockStep = { text: "All done." };

function signal(signal_type: string, payload?: string): MockStep {
  const args = { signal_type, plan_file: "$<task>", ...payload === undefined ? {} : { payload } };
  return { mcp: { server: "kasmos", tool: "signal_create", args } };
}

/** A commit on the branch the prompt names, made from the folder the agent was started in. */
function commit(message: string, path: string): MockStep {
  return {
    shell: `test "$(git branch --show-current)" = '$<branch>' && ` +
      `git add -- '${path}' && git commit -q -m '${message}'`,
  };
}

const PLACE = String.raw`[^]*^Working directory: (?<cwd>.+)\nBranch: (?<branch>\S+) \([^]*`;

function rule(pattern: string, steps: readonly MockStep[]): MockRule {
  return { match: new RegExp(pattern, "m"), steps };
}

/** The lines of the whole team. */
export const TEAM: readonly MockRule[] = [
  rule(`^You are the planner of task "(?<task>[^"]+)"`, [
    {
      say: "I plan it.",
      mcp: {
        server: "kasmos",
        tool: "task_update_content",
        args: { filename: "$<task>", content: PLAN },
      },
    },
    signal("planner_finished"),
    TEXT,
  ]),
  rule(`^You are the architect of task "(?<task>[^"]+)"[^]*^Then write (?<meta>.+?): \\{`, [
    { mcp: { server: "kasmos", tool: "task_show", args: { filename: "$<task>" } } },
    { write: { path: "$<meta>", content: JSON.stringify(META) } },
    signal("elaborator_finished"),
    TEXT,
  ]),
  rule(
    `^You are the coder of task (?<number>\\d+) in wave (?<wave>\\d+) of 2 of "(?<task>[^"]+)"` +
      PLACE + "^- Create: `(?<file>[^`]+)`[^]*?^```sh\\n(?<text>[^]*?)^```",
    [
      { write: { path: "$<cwd>/$<file>", content: "$<text>" } },
      commit("Add $<file>", "$<file>"),
      signal("implement_task_finished", `{"wave_number":$<wave>,"task_number":$<number>}`),
      TEXT,
    ],
  ),
  rule(
    `^You are the reviewer of task "(?<task>[^"]+)" .*, review round 1\\.$` +
      "[^]*^Review everything since the merge base: (?<diff>git diff \\S+)$",
    [
      { shell: "$<diff>" },
      signal(
        "review_changes_requested",
        `important ${FOUND}:1 add the line "${FINDING}" below the first`,
      ),
      TEXT,
    ],
  ),
  rule(
    `^You are the fixer of task "(?<task>[^"]+)" .*, fix round 1\\.$` + PLACE +
      `^important (?<file>\\S+):1 add the line "(?<line>[^"]+)" below the first$`,
    [
      { shell: `{ head -n 1 $<file>; echo '$<line>'; tail -n +2 $<file>; } > new` },
      { shell: "cat new > $<file> && rm new" },
      commit("Stop at the first error", "$<file>"),
      signal("implement_finished"),
      TEXT,
    ],
  ),
  rule(`^You are the reviewer of task "(?<task>[^"]+)" .*, review round 2\\.$`, [
    { shell: "sh tests/run.sh" },
    signal("review_approved"),
    TEXT,
  ]),
  rule(
    `^You are the master of task "(?<task>[^"]+)"[^]*` +
      "^Your approval holds .*: git rev-parse HEAD (?<base>\\S+)$",
    [
      {
        // a script cannot know the commits: the shell looks them up, and reports if the tests pass
        shell: "sh tests/run.sh && kas signal emit verify_approved '$<task>' --payload " +
          `"$(printf '{"reviewed_sha":"%s","reviewed_base_sha":"%s"}' ` +
          `$(git rev-parse HEAD '$<base>'))"`,
      },
      TEXT,
    ],
  ),
];
