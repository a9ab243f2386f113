import { KasError } from "../errors.ts";
import { isObject, type JsonObject, objectOr, parseObject } from "../harness/files.ts";
import { serverFile } from "../harness/opencode_server.ts";
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
  claude: /^Esc to cancel · Tab to amend/,
  codex: /^(Press enter to confirm or esc to cancel|enter to submit \| esc to cancel)$/,
  copilot: /^Do you want to /,
  gemini: /^(Allow execution of .+\?|Apply this change\?)$/,
};
const REPLIES = ["once", "always", "reject"] as const;

/** Words of an entry by its meaning, the best first. */
const ONCE = [/^(Yes|Yes, proceed( \(y\))?|Allow( {2}.*)?|Allow once)$/];
const ALWAYS = [/^Always allow/, /always allow|don't ask again/i, /for this session/i];
const REJECT = [/^(No|Cancel)\b/];

/** How far from the end of a screen a dialog and its mark may be, in lines that are not blank. */
const TAIL = 30;
/** How long a dialog may take to follow the keys, in ms. */
const FOLLOW_MS = 4_000;
const LOOK_MS = 100;
const ASK_TIMEOUT_MS = 5_000;

/** A permission dialog as a screen shows it. */
export interface PermissionDialog {
  /** Entries from the top. */
  readonly entries: readonly string[];
  /** Index of the entry that Enter would take. */
  readonly at: number;
  /** Index of the entry for each choice; null where the dialog has none. */
  readonly means: readonly [number, number | null, number];
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

/** The last numbered list, with its marker. */
function entriesOf(lines: readonly string[]): { entries: string[]; at: number } | null {
  const entries: string[] = [];
  let at: number | null = null;
  let next: number | null = null;
  for (const line of lines.toReversed()) {
    const match = /^([❯›●])?\s*([1-9])\.\s+(\S.*)$/.exec(line);
    if (match === null) continue;
    const [, marker, digit = "", text = ""] = match;
    const number = Number(digit);
    if (next !== null && number !== next) return null;
    entries.unshift(text);
    if (marker !== undefined) at = number - 1;
    if (number === 1) return at === null ? null : { entries, at };
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
 * Gives the answer.
 * @throws KasError "guard" when no question that kas knows is there or it has no such answer;
 * "conflict" when it went away meanwhile; "tmux_failed"
 */
export async function givePermission(agent: AskingAgent, choice: PermissionChoice): Promise<void> {
  const { session } = agent;
  if (session.harness === "opencode") return await answerOpencode(agent, choice);
  const dialog = await look(agent);
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
  // Every one of these dialogs says that Escape declines.
  if (choice === 2) return await agent.tmux.keys(session.tmuxName, ["Escape"]);
  await moveTo(agent, dialog, wanted);
  await agent.tmux.keys(session.tmuxName, ["Enter"]);
}

async function look({ session, tmux }: AskingAgent): Promise<PermissionDialog | null> {
  return readDialog(session.harness, await tmux.capture(session.tmuxName));
}

/** Moves the marker and sees that it is there: keys that come too early are lost. */
async function moveTo(agent: AskingAgent, first: PermissionDialog, wanted: number): Promise<void> {
  const { session, tmux } = agent;
  const limit = Date.now() + FOLLOW_MS;
  let dialog = first;
  while (dialog.at !== wanted) {
    const before = dialog.at;
    await tmux.keys(session.tmuxName, [wanted > before ? "Down" : "Up"]);
    for (let looks = 0; dialog.at === before && looks < 5; looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const now = await look(agent);
      if (now === null || now.entries.join("\n") !== first.entries.join("\n")) {
        throw gone(session);
      }
      dialog = now;
    }
    if (Date.now() > limit) throw notKnown(session);
  }
}

/** @see https://opencode.ai/docs/server/ */
async function answerOpencode(
  { session, launchDir }: AskingAgent,
  choice: PermissionChoice,
): Promise<void> {
  const file = serverFile(launchDir);
  const ask = opencodeAsk(parseObject(await Deno.readTextFile(file), quote(file)));
  const directory = new URLSearchParams({ directory: session.cwd });
  const waiting = await ask(`/permission?${directory}`);
  const list: unknown = await waiting.json();
  const { id } = objectOr(Array.isArray(list) ? list.find(isObject) : undefined);
  if (typeof id !== "string") throw notKnown(session);
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
  return (path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", authorization);
    return fetch(`http://127.0.0.1:${Number(port)}${path}`, {
      ...init,
      headers,
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
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
