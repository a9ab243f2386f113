/**
 * The terminal's library writes <style> elements and style attributes, which a strict Content Security
 * Policy blocks. Here both are done in a way the policy allows: sheets are constructed, and a style
 * attribute is set through the CSSOM.
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

/** Runs `work` while <style> elements are made as the policy allows. */
export function withAllowedStyles(work: () => void): void {
  const make = document.createElement.bind(document);
  const makeAllowed = (
    tag: string,
    options?: ElementCreationOptions,
  ): HTMLElement => make(tag === "style" ? TAG : tag, options);
  // An own property hides the method of the prototype until it is deleted.
  Object.defineProperty(document, "createElement", {
    configurable: true,
    value: makeAllowed,
  });
  try {
    work();
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
}

const setAttribute = Element.prototype.setAttribute;
/** Cells get their colours as attributes; here the same is done through the CSSOM. */
Object.defineProperty(HTMLSpanElement.prototype, "setAttribute", {
  configurable: true,
  value(this: HTMLSpanElement, name: string, value: string): void {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  },
});

/** Puts a style sheet in force for good. */
export function adopt(css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
