import type { Edit, FileFact, Undo } from "./types.ts";

/**
 * The way back: what setup changed in a file of somebody else's, so that it can be restored byte for
 * byte as long as nobody has changed it since. Pure.
 */

/** A record goes into the repository: it holds no more of a file than this, in characters. */
const MAX_PUT = 200;
/** Most edits of one file. */
const MAX_EDITS = 100;

/** The one place in which two texts differ, as what leads back to the first. */
export function editOf(before: string, after: string): Edit {
  const most = Math.min(before.length, after.length);
  let at = 0;
  while (at < most && before[at] === after[at]) at++;
  let tail = 0;
  while (tail < most - at && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return { at, cut: after.length - tail - at, put: before.slice(at, before.length - tail) };
}

/** What is known of a file before it is changed once more. */
export interface Past {
  readonly path: string;
  /** Null when there was no file. */
  readonly before: string | null;
  readonly after: string | null;
  /** One after the other, from `before` to `after`. */
  readonly edits: readonly Edit[];
  /** What was noted the last time. */
  readonly old: Undo | undefined;
  /** Whether something of kas's was noted of it the last time. */
  readonly isKnown: boolean;
}

/** The record of a file after a change; null where there is no way back to the first byte. */
export async function undoOf(past: Past): Promise<Undo | null> {
  const { path, before, after, old, isKnown } = past;
  if (before === null || after === null) return null;
  const now = await exactHash(before);
  const goesOn = old !== undefined && old.left === now;
  // As it was at first: the write that was noted never came, or was taken back.
  const begins = old === undefined ? !isKnown : old.was === now;
  if (!goesOn && !begins) return null;
  const edits = [...goesOn ? old.edits : [], ...past.edits];
  if (edits.length === 0 || edits.length > MAX_EDITS) return null;
  if (edits.some(({ put }) => put.length > MAX_PUT)) return null;
  return { path, was: goesOn ? old.was : now, left: await exactHash(after), edits };
}

/** A file as it was before the first change; null when somebody else has changed it since. */
export async function restored(fact: FileFact, undo: Undo | undefined): Promise<string | null> {
  if (undo === undefined || fact.kind !== "text") return null;
  if (await exactHash(fact.text) !== undo.left) return null;
  const text = undo.edits.toReversed().reduce(
    (now, { at, cut, put }) => now.slice(0, at) + put + now.slice(at + cut),
    fact.text,
  );
  return await exactHash(text) === undo.was ? text : null;
}

/** A hash of every byte, line ends too. */
async function exactHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 32);
}
