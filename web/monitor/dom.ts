/** Elements, made by hand: what the monitor shows is only ever text. */

type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** An element; a text among its children is a text node, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes,
  ...children: readonly (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A button. @param key tells it from others, so that it keeps the focus when it is made anew */
export function button(
  label: string,
  key: string,
  attributes: Attributes,
  work: () => void,
): HTMLButtonElement {
  const made = element("button", { type: "button", "data-key": key, ...attributes }, label);
  made.addEventListener("click", work);
  return made;
}

/** Replaces what is in an element; the focus stays on what has the same key. */
export function replace(parent: Element, ...children: readonly (Node | null)[]): void {
  const { activeElement } = document;
  const key = activeElement instanceof HTMLElement && parent.contains(activeElement)
    ? activeElement.dataset["key"]
    : undefined;
  parent.replaceChildren(...children.filter((child) => child !== null));
  if (key === undefined) return;
  for (const one of parent.querySelectorAll<HTMLElement>("[data-key]")) {
    if (one.dataset["key"] === key) one.focus({ preventScroll: true });
  }
}
