import { boardView } from "../data/store.ts";
import { go, query } from "../app/router.ts";
import { parseView, type View, viewQuery } from "../pure/board.ts";
import { BASE } from "../pure/route.ts";

/** Puts a view into the address; what one was looking at is there again after a reload. */
export function setView(change: Partial<View>): void {
  const text = viewQuery({ ...parseView(query.peek()), ...change }).toString();
  go(`${BASE}/${text === "" ? "" : `?${text}`}`, { replace: true });
}

/** The address of the board as it was last looked at. */
export function boardAddress(): string {
  const text = viewQuery(boardView.value).toString();
  return `${BASE}/${text === "" ? "" : `?${text}`}`;
}
