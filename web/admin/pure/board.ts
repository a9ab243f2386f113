import type { Status } from "../../../lib/task/types.ts";

/** Which tasks the board shows, and in which order. Pure. */

/** What the board needs of a task. */
export interface Card {
  readonly id: number;
  readonly project: string;
  readonly name: string;
  readonly description: string;
  readonly topic: string | null;
  readonly status: Status;
  readonly state: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export const SORTS = ["updated", "created", "name"] as const;
export type Sort = typeof SORTS[number];
export const FILTERS = ["all", "attention", "running"] as const;
/** Beside project, topic and words: those that wait for a person, those with agents at work. */
export type Filter = typeof FILTERS[number];

/** What the address of the board says. */
export interface View {
  readonly project: string;
  readonly topic: string;
  readonly text: string;
  readonly sort: Sort;
  readonly filter: Filter;
  readonly layout: "columns" | "list";
}

export const DEFAULT_VIEW: View = {
  project: "",
  topic: "",
  text: "",
  sort: "updated",
  filter: "all",
  layout: "columns",
};

/** Reads the query of the board's address; what is not known counts as the default. */
export function parseView(query: URLSearchParams): View {
  return {
    project: query.get("project") ?? "",
    topic: query.get("topic") ?? "",
    text: query.get("q") ?? "",
    sort: SORTS.find((sort) => sort === query.get("sort")) ?? "updated",
    filter: FILTERS.find((filter) => filter === query.get("show")) ?? "all",
    layout: query.get("layout") === "list" ? "list" : "columns",
  };
}

/** The query of a view, without what is the default. */
export function viewQuery(view: View): URLSearchParams {
  const query = new URLSearchParams();
  const names: readonly [keyof View, string][] = [
    ["project", "project"],
    ["topic", "topic"],
    ["text", "q"],
    ["sort", "sort"],
    ["filter", "show"],
    ["layout", "layout"],
  ];
  for (const [key, name] of names) {
    if (view[key] !== DEFAULT_VIEW[key]) query.set(name, view[key]);
  }
  return query;
}

/** What is known of tasks beside their rows, by id. */
export interface Marks {
  readonly attention: ReadonlySet<number>;
  readonly running: ReadonlySet<number>;
}

/** The words of a search: all must occur; a word with a minus in front must not. */
export function matcher(text: string): (card: Card) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "" && word !== "-");
  if (words.length === 0) return () => true;
  return (card) => {
    const all = `${card.name}\n${card.description}\n${
      card.topic ?? ""
    }\n${card.project}\n${card.state}`
      .toLowerCase();
    return words.every((word) =>
      word.startsWith("-") ? !all.includes(word.slice(1)) : all.includes(word)
    );
  };
}

const ORDERS: Readonly<Record<Sort, (a: Card, b: Card) => number>> = {
  updated: (a, b) => compare(b.updated_at, a.updated_at) || b.id - a.id,
  created: (a, b) => compare(b.created_at, a.created_at) || b.id - a.id,
  name: (a, b) => compare(a.name, b.name) || compare(a.project, b.project),
};

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The cards of a view, sorted. */
export function selectCards<C extends Card>(
  cards: Iterable<C>,
  view: View,
  marks: Marks,
): C[] {
  const matches = matcher(view.text);
  const chosen: C[] = [];
  for (const card of cards) {
    if (view.project !== "" && card.project !== view.project) continue;
    if (view.topic !== "" && card.topic !== view.topic) continue;
    if (view.filter === "attention" && !marks.attention.has(card.id)) continue;
    if (view.filter === "running" && !marks.running.has(card.id)) continue;
    if (matches(card)) chosen.push(card);
  }
  return chosen.sort(ORDERS[view.sort]);
}

/** The cards of each status, in the order they came. */
export function byStatus<C extends Card>(
  cards: readonly C[],
  statuses: readonly Status[],
): Map<Status, C[]> {
  const columns = new Map<Status, C[]>(statuses.map((status) => [status, []]));
  for (const card of cards) columns.get(card.status)?.push(card);
  return columns;
}

/** Rows of a list of equal height that are in view, with some above and below. */
export function windowOf(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
  spare = 6,
): { readonly first: number; readonly last: number } {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const last = Math.min(
    count,
    Math.ceil((scrollTop + height) / rowHeight) + spare,
  );
  return { first: Math.min(first, last), last };
}

/** Where a key leads from one card to another: columns side by side, cards below each other. */
export function step(
  columns: readonly (readonly number[])[],
  from: number | null,
  key: "up" | "down" | "left" | "right" | "first" | "last",
): number | null {
  const column = columns.findIndex((ids) => from !== null && ids.includes(from));
  if (column < 0 || from === null) {
    return columns.find((ids) => ids.length > 0)?.[0] ?? null;
  }
  const ids = columns[column] ?? [];
  const row = ids.indexOf(from);
  switch (key) {
    case "up":
      return ids[Math.max(0, row - 1)] ?? from;
    case "down":
      return ids[Math.min(ids.length - 1, row + 1)] ?? from;
    case "first":
      return ids[0] ?? from;
    case "last":
      return ids.at(-1) ?? from;
    case "left":
    case "right": {
      const by = key === "left" ? -1 : 1;
      for (let at = column + by; at >= 0 && at < columns.length; at += by) {
        const other = columns[at] ?? [];
        if (other.length > 0) {
          return other[Math.min(row, other.length - 1)] ?? from;
        }
      }
      return from;
    }
  }
}
