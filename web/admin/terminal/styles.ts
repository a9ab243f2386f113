/**
 * The terminal's library writes <style> elements and style attributes, which a strict Content Security
 * Policy blocks. Here it is given a document that makes the same elements in a way the policy allows:
 * sheets are constructed, and a style attribute is set through the CSSOM.
 * @see https://www.w3.org/TR/CSP3/#directive-style-src
 */

/** Stands in for a <style> element: its text becomes a constructed sheet while it is in the page. */
class SheetElement extends HTMLElement {
  readonly #sheet = new CSSStyleSheet();
  #text = "";

  override get textContent(): string {
    return this.#text;
  }
  override set textContent(text: string) {
    this.#text = text;
    this.#sheet.replaceSync(text);
  }
  connectedCallback(): void {
    if (document.adoptedStyleSheets.includes(this.#sheet)) return;
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.#sheet];
  }
  disconnectedCallback(): void {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== this.#sheet);
  }
}
const TAG = "kas-sheet";
if (customElements.get(TAG) === undefined) {
  customElements.define(TAG, SheetElement);
}

type Make = (tag: string, options?: ElementCreationOptions) => HTMLElement;
const make: Make = document.createElement.bind(document);

const makeAllowed: Make = (tag, options) => {
  const element = make(tag === "style" ? TAG : tag, options);
  if (tag !== "span") return element;
  const setAttribute = element.setAttribute.bind(element);
  element.setAttribute = (name, value) => {
    if (name === "style") element.style.cssText = value;
    else setAttribute(name, value);
  };
  return element;
};

/** The page's document, except that what it makes keeps to the policy. */
export const allowedDocument: Document = new Proxy(document, {
  get(target, key): unknown {
    if (key === "createElement") return makeAllowed;
    const value: unknown = Reflect.get(target, key, target);
    return typeof value === "function" ? value.bind(target) : value;
  },
});

/** Runs `work` while the real document, too, makes <style> elements that the policy allows. */
export function withAllowedStyles(work: () => void): void {
  const before = Object.getOwnPropertyDescriptor(document, "createElement");
  Object.defineProperty(document, "createElement", {
    configurable: true,
    value: makeAllowed,
  });
  try {
    work();
  } finally {
    if (before === undefined) Reflect.deleteProperty(document, "createElement");
    else Object.defineProperty(document, "createElement", before);
  }
}

/** Puts a style sheet in force for good. */
export function adopt(css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
