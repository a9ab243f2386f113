import { useEffect, useRef } from "preact/hooks";

/** Shortcuts: one key, or two after each other such as "g b". The help sheet is made of them. */

/** One shortcut; `group` is its place in the sheet. */
export interface Shortcut {
  readonly keys: string;
  readonly label: string;
  readonly group: string;
  /** Another key for something that stands in the sheet already. */
  readonly silent?: boolean;
  readonly run: (event: KeyboardEvent) => void;
}

const CHORD_MS = 1_200;
const bound: Shortcut[] = [];
let prefix = "";
let timer: ReturnType<typeof setTimeout> | undefined;

/** All shortcuts in force, the general ones first. */
export function shortcuts(): readonly Shortcut[] {
  return bound;
}

/** Puts shortcuts in force until the answer is called; later ones win. */
export function bindKeys(list: readonly Shortcut[]): () => void {
  bound.push(...list);
  return () => {
    for (const one of list) bound.splice(bound.indexOf(one), 1);
  };
}

/** Shortcuts of a component, in force while it is shown. */
export function useKeys(list: readonly Shortcut[]): void {
  const latest = useRef(list);
  latest.current = list;
  useEffect(() =>
    bindKeys(list.map((one, index) => ({
      ...one,
      run: (event) => latest.current[index]?.run(event),
    }))), []);
}

function nameOf(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  return `${mod}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest("input, textarea, select, .xterm") !== null);
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const name = nameOf(event);
  if (!name.startsWith("Mod+")) {
    if (
      isTyping(event.target) || document.querySelector("dialog[open], :popover-open") !== null
    ) return;
  }
  const chord = prefix === "" ? name : `${prefix} ${name}`;
  clearTimeout(timer);
  prefix = "";
  const found = bound.findLast(({ keys }) => keys === chord);
  if (found !== undefined) {
    event.preventDefault();
    found.run(event);
    return;
  }
  if (bound.some(({ keys }) => keys.startsWith(`${name} `))) {
    prefix = name;
    timer = setTimeout(() => prefix = "", CHORD_MS);
  }
}

/** Begins to listen. */
export function startKeys(): void {
  document.addEventListener("keydown", press);
}
