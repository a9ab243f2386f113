import * as v from "valibot";
import { OUTPUT_FORMATS, RUNTIMES } from "../agent/types.ts";
import { parseBranch, parseName } from "../names.ts";
import { KasError } from "../errors.ts";
import type { Shape } from "../toml/check.ts";
import { commandWords } from "../toml/words.ts";

/**
 * What may stand in config.toml and daemon.toml. The message of each schema is what is allowed, in
 * the words that follow "expected". The shapes are of one file: nothing is filled in here.
 */

/** Whether a function accepts a value, told by a KasError. */
function accepts(test: (value: string) => unknown): (value: string) => boolean {
  return (value) => {
    try {
      test(value);
      return true;
    } catch (error) {
      if (error instanceof KasError) return false;
      throw error;
    }
  };
}

const flag = v.optional(v.boolean("true or false"));
const text = v.optional(v.string("text in quotes"));

function count(limit = Number.MAX_SAFE_INTEGER) {
  const allowed = limit === Number.MAX_SAFE_INTEGER
    ? "a whole number of at least 0"
    : `a whole number from 0 to ${limit}`;
  return v.optional(v.pipe(
    v.number(allowed),
    v.integer(allowed),
    v.minValue(0, allowed),
    v.maxValue(limit, allowed),
  ));
}

function oneOf<const T extends readonly string[]>(values: T, note = "") {
  const list = values.map((value) => `"${value}"`).join(", ");
  return v.optional(
    v.picklist(values, `${values.length > 1 ? "one of " : ""}${list}${note}`),
  );
}

const AGENT_NAME = "the name of an agent: letters, digits, '.', '_', '-'";
const name = v.pipe(
  v.string(AGENT_NAME),
  v.check(accepts((text) => parseName("agent", text)), AGENT_NAME),
);
const agentName = v.optional(name);

const WORDS = "a command line with closed quotes";
const words = v.pipe(v.string(WORDS), v.check(accepts(commandWords), WORDS));

/** How far kas goes by itself; allowed in [ui], [orchestration] and daemon.toml alike. Where both
 * tables of a file have a key, the one `kas config show` lists it under wins. */
const policyEntries = {
  auto_advance: flag,
  auto_advance_waves: flag,
  auto_review_fix: flag,
  max_review_fix_cycles: count(1000),
  auto_readiness_review: flag,
  readiness_self_fix_max_lines: count(),
  blueprint_skip_threshold: count(1000),
  max_parallel_wave_tasks: count(1000),
  wave_isolation: oneOf(["worktree", "shared"]),
  auto_merge: flag,
  stuck_after_minutes: count(100_000),
};

/** Keys of the policy as one file may set them. */
export const policySchema = v.optional(v.object(policyEntries, "a table"));

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ENV = "a table of texts, with names of letters, digits and '_'";

/** [agents.<name>]. */
export const agentSchema = v.object({
  enabled: flag,
  program: v.optional(words),
  harness: oneOf(RUNTIMES),
  flags: v.optional(v.array(words, "a list of texts")),
  model: text,
  effort: text,
  execution_mode: oneOf(["tmux"]),
  permission_default: oneOf(["prompt", "bypass", "inherit", ""]),
  env: v.optional(v.pipe(
    v.record(v.string(), v.string("text in quotes"), "a table"),
    v.check((env) => Object.keys(env).every((name) => ENV_NAME.test(name)), ENV),
  )),
  timeout_minutes: count(100_000),
}, "a table");

const PREFIX = `the beginning of a branch name, such as "plan/"`;

const TURNS = "a whole number of at least 1";

/** [defaults]. */
const defaultsSchema = v.object({
  runtime: oneOf(RUNTIMES),
  model: text,
  effort: text,
  permission_mode: oneOf(["ask", "auto", "yolo"]),
  output_format: oneOf(OUTPUT_FORMATS),
  max_turns: v.optional(v.pipe(v.number(TURNS), v.safeInteger(TURNS), v.minValue(1, TURNS))),
}, "a table");

const IDS = 'a list of ids of Linear, such as "9c1f0d2e-5b1a-4c3d-8e7f-0123456789ab"';
const ids = v.optional(v.array(
  v.pipe(
    v.string(IDS),
    v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, IDS),
    v.transform((id) => id.toLowerCase()),
  ),
  IDS,
));

const TEAMS = 'a list of keys or ids of teams, such as "ENG"';
const PROJECT_NAME = "the key of a project: letters, digits, '.', '_', '-'";

/** [linear.<project>]. */
export const linearSchema = v.object({
  enabled: flag,
  teams: v.optional(v.array(
    v.pipe(
      v.string(TEAMS),
      v.regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/, TEAMS),
      v.transform((team) => team.toLowerCase()),
    ),
    TEAMS,
  )),
  projects: ids,
  labels: ids,
  actors: ids,
  create_labels: ids,
  plan_labels: ids,
  start_labels: ids,
}, "a table");

/** config.toml, of the user or of a project. */
export const configSchema = v.object({
  default_program: v.optional(words),
  branch_prefix: v.optional(v.pipe(
    v.string(PREFIX),
    v.check(accepts((prefix) => parseBranch(`${prefix}x`)), PREFIX),
  )),
  database_url: v.optional(v.pipe(
    v.string("text in quotes"),
    v.literal("", `"": this version keeps tasks only in the local database`),
  )),
  phases: v.optional(v.object({
    planning: agentName,
    elaborating: agentName,
    implementing: agentName,
    quality_review: agentName,
    fixer: agentName,
    readiness_review: agentName,
    master_review: agentName,
  }, "a table")),
  agents: v.optional(v.record(name, agentSchema, "a table")),
  defaults: v.optional(defaultsSchema),
  linear: v.optional(v.record(
    v.pipe(
      v.string(PROJECT_NAME),
      v.check(accepts((text) => parseName("project", text)), PROJECT_NAME),
    ),
    linearSchema,
    "a table",
  )),
  ui: policySchema,
  orchestration: policySchema,
  resources: v.optional(v.object({
    max_parallel_wave_tasks: policyEntries.max_parallel_wave_tasks,
  }, "a table")),
});

const PATH = "an absolute path";
const isAbsolute = (path: string): boolean => path.startsWith("/") && !path.includes("\0");

/** daemon.toml. */
export const daemonSchema = v.object({
  repos: v.optional(v.array(
    v.pipe(v.string(PATH), v.check(isAbsolute, PATH)),
    "a list of absolute paths",
  )),
  socket_path: v.optional(v.pipe(
    v.string(PATH),
    v.check((path) => path === "" || isAbsolute(path), `${PATH}, or "" for the default`),
  )),
  ...policyEntries,
});

/** One config.toml, checked. */
export type ConfigFile = v.InferOutput<typeof configSchema>;
/** One [agents.<name>] table, checked. */
export type AgentFile = v.InferOutput<typeof agentSchema>;
/** One [linear.<project>] table, checked. */
export type LinearFile = v.InferOutput<typeof linearSchema>;
/** Policy keys of one table, checked. */
export type PolicyFile = NonNullable<v.InferOutput<typeof policySchema>>;
/** One daemon.toml, checked. */
export type DaemonFile = v.InferOutput<typeof daemonSchema>;

const values = (entries: object): Record<string, true> =>
  Object.fromEntries(Object.keys(entries).map((key) => [key, true]));

const POLICY = values(policyEntries);
const FREE: Shape = { keys: {}, any: true };

/** The keys of config.toml. */
export const CONFIG_SHAPE: Shape = {
  keys: {
    ...values(configSchema.entries),
    phases: {
      keys: values(configSchema.entries.phases.wrapped.entries),
      unused: ["spec_review"],
    },
    agents: {
      keys: {},
      any: { keys: { ...values(agentSchema.entries), env: FREE }, unused: ["temperature", "tier"] },
    },
    defaults: { keys: values(defaultsSchema.entries) },
    linear: { keys: {}, any: { keys: values(linearSchema.entries) } },
    ui: {
      keys: POLICY,
      unused: [
        "animate_banner",
        "auto_create_pr",
        "readiness_max_verify_cycles",
        "theme_source",
        "system_theme_provider",
        "theme_palette_file",
      ],
    },
    orchestration: { keys: POLICY, unused: ["planners", "parallel_planner_architect"] },
    resources: {
      keys: values(configSchema.entries.resources.wrapped.entries),
      unused: [
        "profile",
        "nice",
        "ionice_class",
        "ionice_level",
        "build_jobs",
        "go_package_parallelism",
        "gomaxprocs",
        "env",
      ],
    },
  },
  unused: [
    "auto_yes",
    "notifications_enabled",
    "daemon_poll_interval",
    "claude_no_flicker",
    "telemetry",
    "sdk",
    "hooks",
  ],
};

/** The keys of daemon.toml. */
export const DAEMON_SHAPE: Shape = {
  keys: values(daemonSchema.entries),
  unused: [
    "poll_interval_sec",
    "readiness_max_verify_cycles",
    "auto_create_pr",
    "pr_monitor",
    "pr_creator",
    "linear_trigger_monitor",
  ],
};
