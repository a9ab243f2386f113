import { type AgentSettings, NO_SETTINGS } from "../lib/agent/context.ts";
import { type AgentContext, RUNTIMES } from "../lib/agent/types.ts";
import { VARIABLES } from "../lib/agent/variables.ts";
import { type Paths, pathVariables, resolvePaths } from "../lib/config/paths.ts";
import { KasError } from "../lib/errors.ts";
import type { Caller } from "../lib/engine/caller.ts";
import { holdFolder, launchPath } from "../lib/launch/folder.ts";
import { grantOf } from "../lib/launch/grant.ts";
import { materialize } from "../lib/launch/materialize.ts";
import { prepareLaunch } from "../lib/launch/prepare.ts";
import { ensureShim } from "../lib/launch/shim.ts";
import type { LaunchInput, PreparedLaunch } from "../lib/launch/types.ts";
import type { ChosenLaunch, LaunchScene } from "../lib/launch/wish.ts";
import { quote } from "../lib/names.ts";
import { PERMISSIONS, type Project, type Session, type Store } from "../lib/store/types.ts";
import { knownProject, likelyRoot } from "./_place.ts";
import { callerOn, isAgent } from "./_shared.ts";

/** What `kas run` and `kas chat` share: options, the place, the identity, the launch. */

/** Tells a run which session of the daemon it is; set by the daemon alone. */
const HOSTED = "KASMOS_HOSTED_SESSION";

/** The agent that is meant when none is named. */
export const DEFAULT_AGENT = "chat";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Options of both commands. */
export const launchArgs = {
  agent: {
    type: "string",
    short: "a",
    metavar: "name",
    description: `Agent to start; default "${DEFAULT_AGENT}"`,
  },
  task: { type: "string", metavar: "text", description: "What is to be done" },
  taskFile: { type: "string", metavar: "path", description: 'File with the task; "-" is stdin' },
  runtime: { type: "enum", choices: RUNTIMES, description: "Runtime to start it on" },
  model: { type: "string", metavar: "name", description: "Model, in the runtime's words" },
  effort: { type: "string", metavar: "word", description: "Effort, in the runtime's words" },
  permission: {
    type: "enum",
    choices: PERMISSIONS,
    description: "What it may do unasked: nothing, the usual, everything",
  },
  cwd: { type: "string", metavar: "path", description: "Folder to work in; default this one" },
  resume: {
    type: "string",
    metavar: "id",
    description: 'Go on with a session of the runtime; "last" is the latest',
  },
  runtimeFlag: {
    type: "string",
    multiple: true,
    metavar: "word",
    description: "An argument for the runtime, as it is; may be repeated",
  },
  strict: { type: "boolean", description: "Keep your own settings of the runtime out" },
  noMcp: { type: "boolean", description: "Do not give it the tools of kas" },
  worktree: {
    type: "string",
    metavar: "name",
    description: "Work in a new worktree of this name, on a branch of its own",
  },
  detach: { type: "boolean", description: "Leave it to the daemon; see kas instance list" },
  title: { type: "string", metavar: "name", description: "Its name as an instance, with --detach" },
  words: {
    type: "positional",
    multiple: true,
    required: false,
    description: 'The task, or "-" for stdin; what follows "--" goes to the runtime',
  },
} as const;

/** What {@link launchArgs} give, as far as it makes {@link AgentSettings}. */
export interface LaunchValues {
  readonly runtime?: AgentSettings["runtime"] | undefined;
  readonly model?: string | undefined;
  readonly effort?: string | undefined;
  readonly permission?: AgentSettings["permission"] | undefined;
  readonly runtimeFlag?: readonly string[] | undefined;
}

/** Row 1 of the precedence, from options. */
export function flagsOf(values: LaunchValues, extra: readonly string[]): AgentSettings {
  return {
    ...NO_SETTINGS,
    runtime: values.runtime ?? null,
    model: values.model ?? null,
    effort: values.effort ?? null,
    permission: values.permission ?? null,
    extraArgs: [...values.runtimeFlag ?? [], ...extra],
  };
}

/** Where a command launches, with a store that is opened when it is needed. */
export interface Stage extends LaunchScene, AsyncDisposable {
  readonly cwd: string;
  /** The agent that asks; null for a person. */
  readonly asking: Caller | null;
  /** The daemon's session this is; null in the foreground. */
  readonly hosted: Session | null;
  store(): Promise<Store>;
}

/**
 * Looks around a folder, and who asks.
 * @throws KasError "guard" for an agent whose identity does not hold; as `openStore`
 */
export async function openStage(folder: string | undefined): Promise<Stage> {
  const hostEnv = Deno.env.toObject();
  const hostedId = hostEnv[HOSTED] ?? "";
  delete hostEnv[HOSTED];
  const paths = resolvePaths(hostEnv);
  const stack = new AsyncDisposableStack();
  let opened: Promise<Store> | null = null;
  const store = (): Promise<Store> => opened ??= openedStore(paths, stack);
  try {
    const cwd = folder ?? Deno.cwd();
    const repoRoot = await likelyRoot(cwd);
    const asking = await askingAgent(hostEnv, store);
    // an agent could name any session here
    const hosted = hostedId === "" || asking !== null ? null : await hostedSession(store, hostedId);
    return {
      paths,
      hostEnv,
      repoRoot,
      caller: asking?.agent ?? null,
      cwd,
      asking,
      hosted,
      store,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** @throws KasError "guard" for anything but a session that waits for this process */
async function hostedSession(store: () => Promise<Store>, id: string): Promise<Session> {
  const { isLoose } = await import("../lib/engine/loose.ts");
  const row = /^\d{1,15}$/.test(id) ? await (await store()).session(Number(id)) : null;
  if (row !== null && isLoose(row) && row.status !== "exited") return row;
  throw new KasError("guard", `Cannot be the session ${quote(id)}: it is not one of kas run`, {
    hint: `Unset ${HOSTED}`,
  });
}

async function openedStore(paths: Paths, stack: AsyncDisposableStack): Promise<Store> {
  const { openStore } = await import("../lib/store/mod.ts");
  return stack.use(await openStore(paths.database));
}

/** The agent whose process this command runs in; a person needs no store for that. */
async function askingAgent(
  env: Readonly<Record<string, string>>,
  store: () => Promise<Store>,
): Promise<Caller | null> {
  if (!isAgent((name) => env[name])) return null;
  const caller = await callerOn(await store());
  return caller.agent === null ? null : caller;
}

/** A launch with everything written that it needs; what is left of it goes with the end of the block. */
export interface ReadyLaunch extends AsyncDisposable {
  readonly prepared: PreparedLaunch;
  /** To be called with the process: its folder stays as long as it lives, its identity stands from then on. */
  started(pid: number): Promise<void>;
}

/** How {@link readyLaunch} makes a launch. */
export interface ReadyOptions {
  readonly kasServer: boolean;
  /** More variables for the agent, such as those of a terminal. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Describes a launch without a trace: nothing is written, no secret looked up, no identity made.
 * @throws KasError as `prepareLaunch`
 */
export async function previewLaunch(
  stage: Stage,
  chosen: ChosenLaunch,
  options: ReadyOptions,
): Promise<PreparedLaunch> {
  grantOf(chosen.context, stage.caller);
  const launchDir = launchPath(stage.paths.stateDir, chosen.context.agent);
  return await prepareLaunch({
    ...inputOf(stage, chosen.context, launchDir, options),
    variables: {
      ...variablesOf(stage, null, "", options),
      ...(stage.repoRoot === null || recordsLater(stage, chosen.context)
        ? {}
        : { [VARIABLES.project]: "" }),
    },
    secret: () => Promise.resolve(""),
  }, chosen.harness);
}

/**
 * Checks a launch, gives the agent an identity and writes its files.
 * @throws KasError as `prepareLaunch`, `materialize` and `openStore`
 */
export async function readyLaunch(
  stage: Stage,
  chosen: ChosenLaunch,
  options: ReadyOptions,
): Promise<ReadyLaunch> {
  const { context } = chosen;
  const grant = grantOf(context, stage.caller);
  await using stack = new AsyncDisposableStack();
  const { agentToken, newSecret } = await import("../lib/engine/caller.ts");
  const secret = newSecret();
  const record = async (): Promise<Project | null> => {
    const store = await stage.store();
    const project = await knownProject(store, stage.repoRoot);
    const binding = {
      projectId: project?.id ?? stage.asking?.projectId ?? null,
      taskId: stage.asking?.taskId ?? null,
      sessionId: stage.hosted?.id ?? null,
    };
    const until = Date.now() + lifetime(context);
    const { token } = await agentToken(grant, binding, until, secret);
    const { tokens: [made] } = await store.commit([{ kind: "token_new", token }]);
    if (made === undefined) throw new KasError("internal", "The store made no token row");
    revoke = async () => {
      await store.commit([{ kind: "token_revoke", id: made.id, actor: "kas" }]);
    };
    return project;
  };
  let revoke = (): Promise<void> => Promise.resolve();
  stack.defer(() => revoke());
  // what would plainly fail does so before the agent is at work
  const later = recordsLater(stage, context) && isWritable(stage.paths.database);
  const project = later ? null : await record();
  const launchDir = stage.hosted === null
    ? launchPath(stage.paths.stateDir, context.agent)
    : `${stage.paths.sessionsDir}/${stage.hosted.id}`;
  const prepared = await prepareLaunch({
    ...inputOf(stage, context, launchDir, options),
    variables: variablesOf(stage, project, secret, options),
  }, chosen.harness);
  const folder = stage.hosted === null ? stack.use(await holdFolder(launchDir)) : null;
  await ensureShim(stage.paths.runtimeDir);
  await materialize(prepared);
  const kept = stack.move();
  return {
    prepared,
    async started(pid) {
      await folder?.started(pid);
      if (later) await record();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/**
 * Opening the store takes a good part of the time to the agent's start, so a person's run writes
 * down the agent's identity right after it. An agent that asks sooner is waited for.
 */
function recordsLater(stage: Stage, context: AgentContext): boolean {
  return context.mode === "run" && stage.hosted === null && stage.asking === null;
}

/**
 * Whether a file can be written to, or is not there yet; looks at nothing in it. Not for a store that
 * this process has open: closing the file here would end the locks on it.
 */
function isWritable(path: string): boolean {
  try {
    Deno.openSync(path, { write: true }).close();
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** How long an identity lasts when nobody could end it. */
function lifetime({ mode, timeoutMinutes }: AgentContext): number {
  return mode === "chat" ? 30 * DAY_MS : DAY_MS + (timeoutMinutes ?? 0) * 60_000;
}

function inputOf(
  { paths, hostEnv, repoRoot, hosted }: Stage,
  context: AgentContext,
  launchDir: string,
  { kasServer }: ReadyOptions,
): Omit<LaunchInput, "variables"> {
  return {
    context,
    launchDir,
    repoRoot,
    hostEnv,
    shimDir: `${paths.runtimeDir}/bin`,
    secret: async (ref, variable) => {
      const { resolveSecret } = await import("../lib/secret/mod.ts");
      return await resolveSecret(ref, { paths, hostEnv }, { agent: context.agent, variable });
    },
    kasServer,
    // only what the daemon watches reports its state
    stateHook: hosted !== null,
    promptFile: context.task === null ? null : `${launchDir}/prompt.md`,
    lockFile: `${paths.stateDir}/settings.lock`,
    versionCache: `${paths.stateDir}/versions`,
  };
}

function variablesOf(
  { paths, hosted }: Stage,
  project: Project | null,
  secret: string,
  options: ReadyOptions,
): Record<string, string> {
  return {
    ...options.variables,
    [VARIABLES.managed]: "1",
    [VARIABLES.identity]: secret,
    ...(project === null ? {} : { [VARIABLES.project]: project.key }),
    ...(hosted === null ? {} : { [VARIABLES.session]: String(hosted.id) }),
    ...pathVariables(paths),
  };
}

/** A number of an option. @throws KasError "usage" */
export function checkNumber(
  option: string,
  value: number | undefined,
  whole: boolean,
): number | null {
  if (value === undefined) return null;
  const isRight = value >= 0 && (!whole || (Number.isSafeInteger(value) && value > 0));
  if (isRight) return value;
  throw new KasError("usage", `Cannot use ${quote(String(value))} for ${option}`, {
    hint: whole ? "Give a whole number from 1 on" : "Give a number of minutes; 0 is no limit",
  });
}
