/** Terminal text: width in cells, truncation, wrapping, and taming of hostile content. Pure. */

/** Ranges of code points that take two cells (East Asian Wide and Fullwidth, emoji; UAX #11). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f18e],
  [0x1f191, 0x1f19a],
  [0x1f200, 0x1f320],
  [0x1f32d, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f90c, 0x1faff],
  [0x20000, 0x3fffd],
];

const SGR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;:]*m`, "g");
// Built at first use: plain ASCII never needs it.
let segmenter: Intl.Segmenter | undefined;

/** Cells one grapheme cluster takes: 0, 1 or 2. An emoji presentation selector makes it wide. */
function clusterWidth(cluster: string): number {
  const point = cluster.codePointAt(0) ?? 0;
  if (point < 0x300) return point < 32 || (point >= 0x7f && point < 0xa0) ? 0 : 1;
  // not above, where its tables would be made at each start
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(String.fromCodePoint(point))) return 0;
  if (cluster.includes("\ufe0f")) return 2;
  return WIDE.some(([low, high]) => point >= low && point <= high) ? 2 : 1;
}

/** Splits into grapheme clusters; plain ASCII takes the short way. */
function clusters(text: string): string[] {
  return /^[\x20-\x7e]*$/.test(text)
    ? text.split("")
    : [...(segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" })).segment(text)].map((
      part,
    ) => part.segment);
}

/** Width of a text in terminal cells; colour sequences count as nothing. */
export function displayWidth(text: string): number {
  return clusters(text.replace(SGR, "")).reduce((sum, cluster) => sum + clusterWidth(cluster), 0);
}

/** Cuts plain text (no escape sequences) to at most `width` cells; the last one becomes "…". */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  let out = "";
  let used = 0;
  for (const cluster of clusters(text)) {
    const cells = clusterWidth(cluster);
    if (used + cells > width - 1) break;
    out += cluster;
    used += cells;
  }
  return `${out}…`;
}

/** Pads to `width` cells. Text that is already wider is returned as it is. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const fill = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + fill : fill + text;
}

/**
 * Makes foreign text safe for a terminal: control characters become visible symbols (a newline in
 * one-line mode becomes a space), bidirectional overrides and invisible separators vanish.
 */
export function tame(text: string, options: { multiline?: boolean } = {}): string {
  const out: string[] = [];
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    if (point === 0x0a || point === 0x09) {
      out.push(options.multiline === true ? char : " ");
    } else if (point < 0x20) {
      out.push(String.fromCodePoint(0x2400 + point));
    } else if (point === 0x7f) {
      out.push("\u2421");
    } else if (point >= 0x80 && point < 0xa0) {
      out.push("\ufffd");
    } else if (!isInvisibleControl(point)) {
      out.push(char);
    }
  }
  return out.join("");
}

/** Bidirectional controls and line separators: they change how other text reads (Unicode TR 36). */
function isInvisibleControl(point: number): boolean {
  return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
    point === 0x200e || point === 0x200f || point === 0x2028 || point === 0x2029;
}

/** Breaks prose at spaces into lines of at most `width` cells; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}
