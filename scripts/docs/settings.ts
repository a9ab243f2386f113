/**
 * What each setting means, for the reference. Keys and their values are those of
 * lib/config/schema.ts: a key without a line here, or a line without a key, fails the check.
 */
export const MEANINGS: Readonly<Record<string, string>> = {
  default_program:
    "Program of every role without an agent of its own. Empty: the first of `claude`, `codex`, " +
    "`opencode` on the daemon's PATH",
  branch_prefix: "Beginning of the names of branches kas makes for tasks",
  database_url: "Accepted for files of other tools; only the empty text",

  "phases.planning": "Agent that plans",
  "phases.elaborating": "Agent that sharpens a plan before its waves",
  "phases.implementing": "Agent that builds",
  "phases.quality_review": "Agent that reviews",
  "phases.fixer": "Agent that fixes findings and conflicts",
  "phases.readiness_review": "Agent that verifies",
  "phases.master_review": "Another name of `phases.readiness_review`, which wins",

  "agents.<name>.enabled": "`false`: the default program is used instead",
  "agents.<name>.program": "Executable and leading arguments",
  "agents.<name>.harness": "Runtime of the program; for a wrapper script around one of them",
  "agents.<name>.flags": "More arguments; each text is split into words",
  "agents.<name>.model": "Passed as the CLI's own model option",
  "agents.<name>.effort":
    "`--effort` of claude and copilot, `model_reasoning_effort` of codex, the variant of opencode",
  "agents.<name>.execution_mode": "Where it runs; there is one way",
  "agents.<name>.permission_default":
    '`"inherit"` and `""` mean bypass. See [permissions](#permissions)',
  "agents.<name>.env":
    "Variables of the agent, on top of [what every agent gets](files-and-environment.md#what-agents-see)",
  "agents.<name>.timeout_minutes": "Ask a person about an agent that runs longer; 0 is no limit",

  "defaults.runtime": "Runtime of new agents",
  "defaults.model": "Model, by the runtime's own name",
  "defaults.effort": "How hard it thinks, in the runtime's own word",
  "defaults.permission_mode":
    "[What an agent may do unasked](agents.md): ask for everything, edit by itself, or do anything",
  "defaults.output_format": "Form of the answer of `kas run`",
  "defaults.max_turns": "Most turns of one run",

  "linear.<project>.enabled": "Take the deliveries of Linear for this project",
  "linear.<project>.teams": "Only issues of one of these teams. Empty: of any",
  "linear.<project>.projects": "Only issues in one of these projects of Linear. Empty: in any",
  "linear.<project>.labels": "Only issues with one of these labels. Empty: with any",
  "linear.<project>.actors":
    "Users who may `link`, `create`, `plan` and `start`. Empty: nobody may",
  "linear.<project>.create_labels": "Labels that do what `create` does when one is put on",
  "linear.<project>.plan_labels": "The same for `plan`",
  "linear.<project>.start_labels": "The same for `start`",

  "ui.auto_advance": "Start the implementation when planning ends",
  "ui.auto_advance_waves": "Start the next wave after a clean one; otherwise ask",
  "ui.auto_review_fix":
    "Start fixers, for findings and for merge conflicts of a wave. Otherwise fix it yourself and " +
    "report with `kas task recover`",
  "ui.max_review_fix_cycles": "Fix rounds before a person is asked; 0 is no limit",
  "ui.auto_readiness_review":
    "Verify an approved review by an independent agent. Otherwise the approval stands for it",
  "ui.readiness_self_fix_max_lines": "Net lines the master may mend itself; it is told so",
  "orchestration.blueprint_skip_threshold":
    "Plans of at most this many tasks go to one coder; 0 is never",
  "orchestration.max_parallel_wave_tasks":
    "Coders of a wave at a time; 0 is no limit. Also taken from `[resources]`",
  "orchestration.wave_isolation":
    '`"worktree"`: one worktree for each coder. `"shared"`: all in the task\'s',
  "orchestration.auto_merge": "Merge a task into its base branch as soon as it is verified",
  "orchestration.stuck_after_minutes":
    "Minutes an agent may be silent before a person is asked; 0 is never",

  repos:
    "Repositories to work on, beside those registered by `kas daemon add` or `kas task start`. Read " +
    "at the start and at `kas daemon reload`",
  socket_path: "The daemon's socket. Needs a restart of the daemon",
};

/** What to say where the resolved settings have no value to show, as markdown. */
export const NO_DEFAULT: Readonly<Record<string, string>> = {
  database_url: '`""`',
  "phases.master_review": "none",
  "agents.<name>.enabled": "`true`, with a program",
  "agents.<name>.program": '`""`',
  "agents.<name>.harness": "from the program",
  "agents.<name>.flags": "`[]`",
  "agents.<name>.execution_mode": '`"tmux"`',
  "agents.<name>.permission_default": '`""`',
  "agents.<name>.env": "`{}`",
  "linear.<project>.enabled": "`false`",
  "linear.<project>.teams": "`[]`",
  "linear.<project>.projects": "`[]`",
  "linear.<project>.labels": "`[]`",
  "linear.<project>.actors": "`[]`",
  "linear.<project>.create_labels": "`[]`",
  "linear.<project>.plan_labels": "`[]`",
  "linear.<project>.start_labels": "`[]`",
  repos: "`[]`",
  socket_path: '`""`: in the [runtime folder](files-and-environment.md)',
};
