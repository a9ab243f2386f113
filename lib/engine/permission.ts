import { KasError } from "../errors.ts";
import { isObject, type JsonObject, objectOr, parseObject, readIfThere } from "../harness/files.ts";
import { serverFile } from "../harness/opencode_server.ts";
import { textOr } from "../harness/read_json.ts";
import { quote } from "../names.ts";
import type { TmuxServer } from "../session/tmux/mod.ts";
import type { Session } from "../store/types.ts";

/**
 * A person's answer to the permission question of an agent. That it asks is known from its harness;
 * the screen only says which entry of the dialog means what, and a dialog that is not known is left
 * to the terminal. opencode is told over its own server.
 */

/** Allow once, allow always, reject. */
export type PermissionChoice = 0 | 1 | 2;

/** The lines that tell a permission dialog from other questions, as of the pinned versions. */
const MARKS: Readonly<Record<string, RegExp>> = {
  // the second half goes when the marker moves to the second entry
  claude: /^Esc to cancel( · Tab to amend.*)?$/,
  codex: /^(Press enter to confirm or esc to cancel|enter to submit \| esc to cancel)$/,
  copilot: /^Do you want to /,
  gemini: /^(Allow execution of .+\?|Apply this change\?)$/,
};
const REPLIES = ["once", "always", "reject"] as const;

/** Words of an entry by its meaning, the best first. */
const ONCE = [/^(Yes|Yes, proceed( \(y\))?|Allow( {2}.*)?|Allow once)$/];
const ALWAYS = [/^Always allow/, /always allow|don['’]t ask again/i, /for this session/i];
const REJECT = [/^(No|Cancel)\b/];

/** How far from the end of a screen a dialog and its mark may be, in lines that are not blank. */
const TAIL = 30;
/** Lines above the entries that make a question another one: among them is the command. */
const QUESTION_LINES = 6;
/** How long a dialog may take to be drawn, to listen then, and to follow a key, in ms. */
const DRAW_MS = 2_000;
const LISTEN_MS = 300;
const FOLLOW_MS = 4_500;
const LOOK_MS = 100;
/**
 * How often a key is pressed: one that comes too early is lost. Not so Enter, which is pressed once: the
 * second might allow what is asked next.
 */
const TRIES = 3;
const ASK_TIMEOUT_MS = 5_000;

/** A permission dialog as a screen shows it. */
export interface PermissionDialog {
  /** Entries from the top. */
  readonly entries: readonly string[];
  /** Index of the entry that Enter would take. */
  readonly at: number;
  /** Index of the entry for each choice; null where the dialog has none. */
  readonly means: readonly [number, number | null, number];
  /** What stands above the entries: the end of the question. */
  readonly question: string;
}

/** Whether kas can answer for this kind of agent. */
export function canAnswer(harness: string): boolean {
  return harness === "opencode" || MARKS[harness] !== undefined;
}

/** The permission dialog at the end of a screen; null when there is none that is known. Pure. */
export function readDialog(harness: string, screen: string): PermissionDialog | null {
  const mark = MARKS[harness];
  if (mark === undefined) return null;
  const lines = screen.split("\n").map((line) => line.replace(/^[\s│┃]+|[\s│┃]+$/g, ""))
    .filter((line) => line !== "").slice(-TAIL);
  if (!lines.some((line) => mark.test(line))) return null;
  const found = entriesOf(lines);
  if (found === null) return null;
  const once = meaning(found.entries, ONCE);
  const reject = meaning(found.entries, REJECT);
  // What has no such two entries is another question.
  if (once === null || reject === null) return null;
  return { ...found, means: [once, meaning(found.entries, ALWAYS), reject] };
}

/** The last numbered list, with its marker and what stands above it. */
function entriesOf(lines: readonly string[]): Omit<PermissionDialog, "means"> | null {
  const entries: string[] = [];
  let at: number | null = null;
  let next: number | null = null;
  for (const [index, line] of [...lines.entries()].toReversed()) {
    const match = /^([❯›●])?\s*([1-9])\.\s+(\S.*)$/.exec(line);
    if (match === null) continue;
    const [, marker, digit = "", text = ""] = match;
    const number = Number(digit);
    if (next !== null && number !== next) return null;
    entries.unshift(text);
    if (marker !== undefined) at = number - 1;
    if (number === 1) {
      const question = lines.slice(Math.max(0, index - QUESTION_LINES), index).join("\n");
      return at === null ? null : { entries, at, question };
    }
    next = number - 1;
  }
  return null;
}

function meaning(entries: readonly string[], words: readonly RegExp[]): number | null {
  for (const word of words) {
    const index = entries.findIndex((entry) => word.test(entry));
    if (index >= 0) return index;
  }
  return null;
}

/** Where the answer goes. */
export interface AskingAgent {
  readonly session: Pick<Session, "title" | "tmuxName" | "harness" | "cwd" | "evidence">;
  readonly launchDir: string;
  readonly tmux: Pick<TmuxServer, "capture" | "keys">;
}

/**
 * Gives the answer and sees that it is taken.
 * @param followMs how long the dialog may take to follow a key
 * @throws KasError "guard" when no question that kas knows is there or it has no such answer;
 * "conflict" when it went away meanwhile or does not take the answer; "tmux_failed"
 */
export async function givePermission(
  agent: AskingAgent,
  choice: PermissionChoice,
  followMs: number = FOLLOW_MS,
): Promise<void> {
  const { session } = agent;
  if (session.harness === "opencode") return await answerOpencode(agent, choice);
  const dialog = await waitFor(() => settled(agent), DRAW_MS);
  if (dialog === null) throw notKnown(session);
  const wanted = dialog.means[choice];
  if (wanted === null) {
    throw new KasError(
      "guard",
      `Cannot answer ${session.title} so: its question has no such answer`,
      {
        hint: "Allow once or reject, or type the answer into its terminal",
        context: { entries: dialog.entries },
      },
    );
  }
  const gives = { limit: followMs, follows: (next: Shown) => isOther(next, dialog) };
  // Every one of these dialogs says that Escape declines.
  if (choice === 2) return await press(agent, "Escape", gives, TRIES);
  let now = dialog;
  while (now.at !== wanted) {
    const { at } = now;
    const moved = { limit: followMs, follows: (next: Shown) => next?.at !== at };
    await press(agent, wanted > at ? "Down" : "Up", moved, TRIES);
    const next = await look(agent);
    if (next === null || isOther(next, dialog)) throw gone(session);
    now = next;
  }
  await press(agent, "Enter", gives, 1);
}

/** The dialog when it is drawn and listens; null when there is none, or it is not yet so far. */
async function settled(agent: AskingAgent): Promise<Shown> {
  const first = await look(agent);
  if (first === null) return null;
  await pause(LISTEN_MS);
  const second = await look(agent);
  return isOther(second, first) ? null : second;
}

/** What a screen shows: a dialog that is known, or none. */
type Shown = PermissionDialog | null;

/** What a dialog does when a key was taken, and how long it may take, in ms. */
interface Following {
  readonly limit: number;
  follows(next: Shown): boolean;
}

/** Presses a key until the dialog follows; again only where the very same question still stands. */
async function press(
  agent: AskingAgent,
  key: string,
  { limit, follows }: Following,
  tries: number,
): Promise<void> {
  for (let round = 0; round < tries; round++) {
    await agent.tmux.keys(agent.session.tmuxName, [key]);
    const hasFollowed = await waitFor(
      async () => follows(await look(agent)) ? true : null,
      limit / tries,
    );
    if (hasFollowed !== null) return;
  }
  throw new KasError(
    "conflict",
    `Cannot answer ${quote(agent.session.title)}: its question does not take the answer`,
    { hint: "Look at its screen, and type the answer into its terminal" },
  );
}

/** Whether a screen shows another question than it did, or none. */
function isOther(next: Shown, before: PermissionDialog): boolean {
  return next === null || next.question !== before.question ||
    next.entries.join("\n") !== before.entries.join("\n");
}

/** Looks until something is there. @returns null when nothing comes in time */
async function waitFor<T>(lookup: () => Promise<T | null>, ms: number): Promise<T | null> {
  for (const limit = Date.now() + ms;;) {
    const found = await lookup();
    if (found !== null || Date.now() > limit) return found;
    await pause(LOOK_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function look({ session, tmux }: AskingAgent): Promise<Shown> {
  return readDialog(session.harness, await tmux.capture(session.tmuxName));
}

/** @see https://opencode.ai/docs/server/ */
async function answerOpencode(
  { session, launchDir }: AskingAgent,
  choice: PermissionChoice,
): Promise<void> {
  const file = serverFile(launchDir);
  const text = await readIfThere(file);
  if (text === null) throw notKnown(session);
  const ask = opencodeAsk(parseObject(text, quote(file)));
  const directory = new URLSearchParams({ directory: session.cwd });
  const id = await waitFor(async () => {
    const waiting = await ask(`/permission?${directory}`);
    const list: unknown = await waiting.json();
    return textOr(objectOr(Array.isArray(list) ? list.find(isObject) : undefined).id);
  }, DRAW_MS);
  if (id === null) throw notKnown(session);
  const answered = await ask(`/permission/${encodeURIComponent(id)}/reply?${directory}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reply: REPLIES[choice] }),
  });
  await answered.body?.cancel();
  if (!answered.ok) throw gone(session);
}

function opencodeAsk(
  { port, password }: JsonObject,
): (path: string, init?: RequestInit) => Promise<Response> {
  const authorization = `Basic ${btoa(`opencode:${password}`)}`;
  return async (path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", authorization);
    const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
    try {
      return await fetch(`http://127.0.0.1:${Number(port)}${path}`, { ...init, headers, signal });
    } catch (cause) {
      throw new KasError("conflict", "Cannot reach opencode's server: it does not answer", {
        hint: "Type the answer into its terminal",
        cause,
      });
    }
  };
}

function notKnown(session: AskingAgent["session"]): KasError {
  return new KasError("guard", `Cannot answer ${session.title}: kas does not know its question`, {
    hint: "Type the answer into its terminal",
    context: { harness: session.harness, evidence: session.evidence },
  });
}

function gone({ title }: AskingAgent["session"]): KasError {
  return new KasError("conflict", `Cannot answer ${quote(title)}: its question is gone`, {
    hint: "Look at its screen",
  });
}
