import type { Presentation } from "../data/types.ts";

/** How the turns that are known and those that were read later go together. Pure. */

type Turns = Presentation["turns"];
export type Turn = Turns[number];
export type TurnRow = Turn["rows"][number];
export type RowKind = TurnRow["kind"];

/** All kinds in the order of their filters. */
export const KINDS: readonly RowKind[] = [
  "system",
  "thinking",
  "prose",
  "response",
  "tool",
  "result",
  "permission",
  "status",
];

/** What to ask for beyond what is known: the last turn may have grown. Null asks for all. */
export function sinceOf(known: Presentation | null): number | null {
  return known === null || known.is_cut ? null : known.turns.at(-1)?.number ?? null;
}

/**
 * What is known now.
 * @param next what was asked for with {@link sinceOf}
 * @returns null when the two are not of one conversation, so that all has to be read
 */
export function merged(known: Presentation | null, next: Presentation): Presentation | null {
  const since = sinceOf(known);
  if (known === null || since === null || next.is_cut) return next;
  const [first] = next.turns;
  const last = known.turns.at(-1);
  if (first === undefined || first.number !== since || first.id !== last?.id) return null;
  return { ...next, turns: [...known.turns.slice(0, -1), ...next.turns] };
}

/** How many rows there are of each kind. */
export function countsOf(turns: Turns): ReadonlyMap<RowKind, number> {
  const counts = new Map<RowKind, number>();
  for (const { rows } of turns) {
    for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

const LONG = 240;

/** The first line of a text that says something, and whether there is more. */
export function gist(text: string): { readonly line: string; readonly more: boolean } {
  const whole = text.trim();
  const first = whole.split("\n", 1)[0] ?? "";
  const line = first.length > LONG ? `${first.slice(0, LONG).trimEnd()}…` : first;
  return { line, more: line !== whole };
}
