/**
 * Variables kas sets for an agent. Code, prompts and souls take their names from here.
 */
export const VARIABLES = {
  /** `1` when kas started the agent. */
  managed: "KASMOS_MANAGED",
  /** Key of the project. */
  project: "KASMOS_PROJECT",
  /** Name of the task. */
  plan: "KASMOS_PLAN",
  role: "KASMOS_ROLE",
  /** Name of the agent. */
  agent: "KASMOS_AGENT",
  /** Number of the session. */
  session: "KASMOS_SESSION",
  /** The agent's token. Not named a token: some CLIs keep such variables from their tools. */
  identity: "KASMOS_IDENTITY",
  /** File with the first prompt. */
  promptFile: "KASMOS_PROMPT_FILE",
  /** Number of the subtask, for a coder of a wave. */
  task: "KASMOS_TASK",
  /** Number of the wave, for a coder of a wave. */
  wave: "KASMOS_WAVE",
  /** Coders at work on the wave, for a coder of a wave. */
  peers: "KASMOS_PEERS",
} as const;

/** Each of these says that an agent runs here. Who has one and no identity is nobody. */
export const AGENT_MARKS = [VARIABLES.identity, VARIABLES.session, VARIABLES.managed] as const;
