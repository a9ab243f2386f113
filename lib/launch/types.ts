import type { AgentContext, SecretRef } from "../agent/types.ts";
import type { Harness, Launch } from "../harness/types.ts";

/** What {@link prepareLaunch} is given: a context and the places around it. */
export interface LaunchInput {
  readonly context: AgentContext;
  /** Private folder of this launch; it need not exist yet. */
  readonly launchDir: string;
  /** Real path of the main work tree of the repository `cwd` is in; null outside one. */
  readonly repoRoot: string | null;
  /** The environment kas was started in. */
  readonly hostEnv: Readonly<Record<string, string>>;
  /** Variables of kas, such as `KASMOS_SESSION` and `KASMOS_TOKEN`; they win over all others. */
  readonly variables: Readonly<Record<string, string>>;
  /** Folder with the `kas` the agent is to find; in front of its PATH. */
  readonly shimDir: string;
  /** The value of a secret. @throws KasError */
  readonly secret: (ref: SecretRef, variable: string) => Promise<string>;
  /** Whether the agent gets kas's own MCP server. */
  readonly kasServer: boolean;
  /** Whether the runtime's own hooks report what the agent does, for somebody who watches. */
  readonly stateHook?: boolean;
  /** Where the task is written for tasks too long for an argument; null without a task. */
  readonly promptFile: string | null;
  /** Locked while settings of a runtime are changed; one for all launches of this user. */
  readonly lockFile: string;
  /** Remembers versions of programs between processes; null = ask the program. */
  readonly versionCache?: string | null;
}

/** A launch that only has to be written and started. */
export interface PreparedLaunch {
  readonly context: AgentContext;
  readonly harness: Harness;
  readonly launch: Launch;
  readonly launchDir: string;
  /** Copy of the agent's parts, inside `launchDir`. */
  readonly agentDir: string;
  /** Of the runtime's program; null when the runtime needs none in particular. */
  readonly version: string | null;
  readonly promptFile: string | null;
  readonly lockFile: string;
}
