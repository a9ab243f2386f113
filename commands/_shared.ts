import { AGENT_MARKS } from "../lib/agent/variables.ts";
import { warn } from "../lib/cli/progress.ts";
import { resolvePaths } from "../lib/config/paths.ts";
import type { Paths } from "../lib/config/paths.ts";
import { KasError } from "../lib/errors.ts";
import type { Caller } from "../lib/engine/caller.ts";
import type { OpenHome, Workspace } from "../lib/engine/workspace.ts";
import { quote } from "../lib/names.ts";
import type { Project, Session, Store } from "../lib/store/types.ts";
import type { Finding } from "../lib/task/plan.ts";
import { exists, knownProject, likelyRoot } from "./_place.ts";

/** What the commands share: the way to the project, the actor's name, the poke, small parsers. */

/** The option of every command that works on a project. */
export const repoOption = {
  repo: {
    type: "string",
    metavar: "path",
    description: "A folder of the repository; default the current one",
  },
} as const;

/** The argument that names a task. */
export const taskArgument = {
  task: { type: "positional", description: "Name of the task" },
} as const;

/** Largest text that is taken as a plan or a prompt, in bytes. */
const MAX_TEXT = 4 * 1024 * 1024;

type ReadEnv = (name: string) => string | undefined;

const ownEnv: ReadEnv = (name) => Deno.env.get(name);

/** The local user's name in the log: `cli:<user>`. */
export function userName(env: ReadEnv = ownEnv): string {
  return `cli:${env("USER") || env("LOGNAME") || "unknown"}`;
}

/**
 * Refuses an option that says nothing by itself.
 * @param given whether it is there
 * @throws KasError "usage"
 */
export function requireWith(given: boolean, option: string, other: string, has: boolean): void {
  if (!given || has) return;
  throw new KasError("usage", `Cannot use ${option} without ${other}`, {
    hint: `Add ${other}, or leave ${option} out`,
  });
}

/** Whether an agent of kas runs this command, by its own word. */
export function isAgent(env: ReadEnv = ownEnv): boolean {
  return AGENT_MARKS.some((name) => Boolean(env(name)));
}

/** Refuses what an agent may not do, before anything is opened. @throws KasError "guard" */
export function requirePerson(what: string): void {
  if (!isAgent()) return;
  throw new KasError("guard", `Cannot ${what}: only a person may`, {
    hint: `Report what you need with "kas signal emit"`,
  });
}

/**
 * Who runs this command, proved by the store when it is an agent.
 * @throws KasError "guard" for an agent whose identity does not hold
 */
export async function callerOn(store: Store): Promise<Caller> {
  const { callerOfEnvironment, localUser } = await import("../lib/engine/caller.ts");
  if (!isAgent()) return localUser(userName());
  return await callerOfEnvironment(store, Deno.env.toObject(), userName());
}

/** The store and the project row, for commands that only read rows. */
export interface Ledger extends AsyncDisposable {
  readonly store: Store;
  readonly paths: Paths;
  readonly project: Project;
}

/**
 * Opens the store with the project around a folder. Reads no settings, and asks git only for a
 * project it does not know yet: this is the quick way in.
 * @throws KasError "not_a_repository", "guard" for an empty or bare one, "store_unavailable",
 * "store_newer", "store_corrupt"
 */
export async function openLedger(repo: string | undefined): Promise<Ledger> {
  const paths = resolvePaths();
  const root = await likelyRoot(repo ?? Deno.cwd());
  // No store is made for a folder that turns out to be no repository.
  const info = root === null || !(await exists(paths.database)) ? await discover(repo) : null;
  const { openStore } = await import("../lib/store/mod.ts");
  const store = await openStore(paths.database);
  try {
    const project = await knownProject(store, root) ??
      await store.ensureProject(info ?? await discover(repo));
    return { store, paths, project, [Symbol.asyncDispose]: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function discover(repo: string | undefined) {
  const { discoverRepo } = await import("../lib/git/discover.ts");
  return await discoverRepo(repo ?? Deno.cwd());
}

/** All that an operation of the engine needs. */
export interface Desk extends AsyncDisposable {
  readonly home: OpenHome;
  readonly workspace: Workspace;
  readonly caller: Caller;
  /** The caller's name in the log. */
  readonly actor: string;
}

/** How {@link openDesk} opens. */
export interface DeskOptions {
  /** What is about to be done, when only people may: "merge a task". */
  readonly person?: string;
  /** Whether it is nothing without a daemon, which is started for it where none runs. */
  readonly starts?: boolean;
}

/**
 * Opens the store and the workspace around a folder. Outside of a repository no store is made.
 * @throws KasError as {@link openLedger}, "invalid" for bad settings, "guard" for an agent at a
 * person's work, "missing_program" when a daemon is needed and cannot be started
 */
export async function openDesk(
  repo: string | undefined,
  options: DeskOptions = {},
): Promise<Desk> {
  if (options.person !== undefined) requirePerson(options.person);
  const info = await discover(repo);
  const { openHome, openWorkspaceOf } = await import("../lib/engine/workspace.ts");
  const home = await openHome();
  try {
    const workspace = await openWorkspaceOf(home, info);
    const caller = await callerOn(home.store);
    if (options.starts === true) {
      const { requireDaemon } = await import("../lib/daemon/client.ts");
      await requireDaemon(home.paths);
    }
    return {
      home,
      workspace,
      caller,
      actor: caller.actor,
      [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
    };
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Tells the daemon that something changed. With `start` the project is registered and a daemon
 * started when none runs.
 * @returns false when none runs
 * @throws KasError "daemon_unreachable" when one had to be started and did not come up
 */
export async function poke(desk: Desk, options: { start: boolean }): Promise<boolean> {
  const { ensureRegistered, wakeDaemon } = await import("../lib/daemon/client.ts");
  if (options.start) await ensureRegistered(desk.home, desk.workspace);
  return await wakeDaemon(desk.home.paths, options);
}

/** Pokes the daemon, and says so when nobody is there to act on what was just written. */
export async function pokeOrWarn(desk: Desk, what: string): Promise<void> {
  if (await poke(desk, { start: false })) return;
  warn(`no daemon runs: ${what} until "kas daemon start"`);
}

/**
 * Reads a text file, or stdin for "-".
 * @param what is read, for messages: "the plan"
 * @throws KasError "not_found", "invalid" when it is no file, too large, or not UTF-8
 */
export async function readText(path: string, what: string): Promise<string> {
  if (path === "-") {
    const { readStdin } = await import("../lib/cli/stdin.ts");
    return await readStdin({ what, example: "kas … - < file", max: MAX_TEXT });
  }
  const refuse = (why: string, cause?: unknown) =>
    new KasError("invalid", `Cannot read ${what} from ${quote(path, 200)}: ${why}`, { cause });
  let bytes: Uint8Array;
  try {
    const info = await Deno.stat(path);
    if (!info.isFile) throw refuse("it is not a file");
    if (info.size > MAX_TEXT) throw refuse(`it is larger than ${MAX_TEXT} bytes`);
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new KasError("not_found", `Cannot find the file ${quote(path, 200)}`, { cause: error });
    }
    if (error instanceof Deno.errors.PermissionDenied) throw refuse("permission denied", error);
    throw error;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw refuse("it is not UTF-8 text", error);
  }
}

/** Says a plan's findings as warnings on stderr. */
export async function warnFindings(name: string, findings: readonly Finding[]): Promise<void> {
  if (findings.length === 0) return;
  const { formatFindings } = await import("../lib/task/plan_model.ts");
  for (const line of formatFindings(findings, name)) warn(line);
}

/** A row number as typed. @throws KasError "usage" */
export function parseId(what: string, text: string): number {
  const id = Number(text);
  if (/^\d{1,15}$/.test(text) && id > 0) return id;
  throw new KasError("usage", `Cannot use ${quote(text)} as the id of a ${what}`, {
    hint: "Give a number from 1 on",
  });
}

/** A --limit as parsed. @throws KasError "usage" */
export function checkLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new KasError("usage", "limit must be > 0", { hint: "Give a whole number" });
}

/** Splits values at commas and drops empty parts. */
export function commaList(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(","))
    .map((part) => part.trim()).filter((part) => part !== "");
}

/**
 * Words of a fixed list, separated by commas.
 * @throws KasError "invalid" naming the list
 */
export function parseChoices<T extends string>(
  what: string,
  values: readonly string[] | undefined,
  known: readonly T[],
): T[] {
  return commaList(values).map((word) => {
    const found = known.find((choice) => choice === word);
    if (found !== undefined) return found;
    throw new KasError("invalid", `Cannot filter by unknown ${what} ${quote(word)}`, {
      hint: `Choose from: ${known.join(", ")}`,
    });
  });
}

const RFC3339 =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.(\d{1,3})(\d*))?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * A moment in milliseconds; what is finer is rounded up, which keeps "at or after" and "before" right.
 * @throws KasError "usage"
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function parseTime(option: string, text: string): number {
  const match = RFC3339.exec(text);
  const short = text.toUpperCase().replace(" ", "T").replace(/\.\d+/, "");
  const whole = match === null ? Number.NaN : Date.parse(short);
  if (!Number.isFinite(whole)) {
    throw new KasError("usage", `Cannot use ${quote(text)} for ${option}: not an RFC 3339 time`, {
      hint: "Write it as 2026-01-31T12:00:00Z",
    });
  }
  const ms = Number((match?.[1] ?? "").padEnd(3, "0"));
  return whole + ms + (/[1-9]/.test(match?.[2] ?? "") ? 1 : 0);
}

/** A moment for people: local time to the second. */
export function localTime(ms: number): string {
  const t = new Date(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ` +
    `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

/** Foreign text as it is for a pipe, made harmless for a terminal. */
export async function forStdout(text: string): Promise<string> {
  if (!Deno.stdout.isTerminal()) return text;
  const { tame } = await import("../lib/cli/text.ts");
  return tame(text, { multiline: true });
}

/** What a session seems to do, with the reason. */
export function activityText(session: Pick<Session, "activity" | "evidence">): string {
  return session.evidence === "" ? session.activity : `${session.activity} (${session.evidence})`;
}
