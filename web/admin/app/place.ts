import { useEffect, useRef } from "preact/hooks";
import { decisions } from "../data/store.ts";
import { NAV } from "../pure/nav.ts";
import type { Route } from "../pure/route.ts";
import { visible } from "../pure/visible.ts";
import { route } from "./router.ts";

/** What a change of place means for the window's title and for the focus. */

function nameOf(now: Route): string {
  switch (now.screen) {
    case "task":
      return now.task;
    case "instance":
      return now.title;
    case "agent":
      return now.name;
    default:
      return NAV.find(({ screen }) => screen === now.screen)?.text ?? "kas";
  }
}

/** Where the page is, without which part of it is shown. */
export function placeKey(): string {
  const now = route.value;
  return `${now.screen}/${"project" in now ? now.project : ""}/${nameOf(now)}`;
}

/** The title names the place and how many questions wait, so that a tab in the background tells it. */
export function useTitle(): void {
  const name = nameOf(route.value);
  const open = decisions.value?.length ?? 0;
  useEffect(() => {
    document.title = visible(`${open > 0 ? `(${open}) ` : ""}${name} · kas`);
  }, [name, open]);
}

/** After a step to another place the keyboard goes on in the content, if it is nowhere else. */
export function useFocusOnMove(): void {
  const key = placeKey();
  const first = useRef(true);
  useEffect(() => {
    if (!first.current && document.activeElement === document.body) {
      document.getElementById("main")?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [key]);
}
