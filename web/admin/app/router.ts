import { computed, signal } from "@preact/signals";
import { BASE, parseRoute, pathOf, type Route } from "../pure/route.ts";

/** Where the page is. Links are plain links; those into the admin do not load the page anew. */

const place = signal(location.pathname + location.search);

/** The query of the address. */
export const query = computed(() => new URLSearchParams(place.value.split("?")[1] ?? ""));
/** The screen to show. */
export const route = computed<Route>(() => parseRoute(place.value.split("?")[0] ?? ""));

/** Something that must be asked about before the page is left, such as an unsaved plan. */
let guard: ((leave: () => void) => boolean) | null = null;

/** Sets what is asked before the page is left; it answers true when it will call `leave` itself. */
export function guardLeaving(
  ask: ((leave: () => void) => boolean) | null,
): void {
  guard = ask;
}

/** Goes to a screen or an address of the admin. */
export function go(
  to: Route | string,
  options: { replace?: boolean } = {},
): void {
  const address = typeof to === "string" ? to : pathOf(to);
  if (address === place.value) return;
  const leave = (): void => {
    if (options.replace === true) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    const samePath = address.split("?")[0] === place.value.split("?")[0];
    place.value = address;
    if (!samePath) scrollTo(0, 0);
  };
  const path = address.split("?")[0];
  if (guard !== null && path !== place.value.split("?")[0] && guard(leave)) {
    return;
  }
  leave();
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.target !== "" || link.origin !== location.origin) {
    return;
  }
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

/** Begins to follow links and the browser's own buttons. */
export function startRouter(): void {
  document.addEventListener("click", followLink);
  addEventListener("popstate", () => {
    place.value = location.pathname + location.search;
  });
}
