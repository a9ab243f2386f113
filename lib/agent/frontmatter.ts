/** The settings some markdown files begin with, between two lines of `---`. Pure. */

/** A text without its frontmatter. */
export interface Document {
  /** The lines between the fences; null when the text has no frontmatter. */
  readonly head: string | null;
  readonly body: string;
}

const MAX_LINES = 200;

/**
 * Takes the frontmatter off a text with LF line ends. Only a block whose first line is a key and
 * whose every line can be YAML of a mapping counts: a rule (`---`) above prose is prose.
 */
export function splitFrontmatter(text: string): Document {
  const whole = { head: null, body: text };
  if (!text.startsWith("---\n")) return whole;
  const lines = text.split("\n");
  const end = lines.findIndex((line, i) => i > 0 && i <= MAX_LINES && line.trimEnd() === "---");
  if (end < 0) return whole;
  const head = lines.slice(1, end);
  const first = head.find((line) => line.trim() !== "" && !line.startsWith("#"));
  if (first === undefined || !KEY.test(first) || !head.every(isYaml)) return whole;
  return { head: head.join("\n"), body: lines.slice(end + 1).join("\n").replace(/^\n+/, "") };
}

const KEY = /^[A-Za-z_][\w-]*:(\s|$)/;

/** A key, or what may follow one: an indented line, an item, a comment, nothing. */
function isYaml(line: string): boolean {
  return KEY.test(line) || /^(\s|#|- |-$|$)/.test(line);
}
