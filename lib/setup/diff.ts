/** A unified diff of two texts, as people know it from git. Pure. */

/** Lines around a change. */
const CONTEXT = 3;
/** Tables larger than this are not searched for the best match; the middle is shown as replaced. */
const MAX_CELLS = 4_000_000;

interface Line {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

/**
 * The difference, with a head that names the file; empty when there is none.
 * @param before null = there is no file
 * @param after null = there will be none
 */
export function unifiedDiff(path: string, before: string | null, after: string | null): string {
  if (before === after) return "";
  const lines = compare(split(before), split(after));
  const head = [
    `--- ${before === null ? "/dev/null" : `a/${path}`}`,
    `+++ ${after === null ? "/dev/null" : `b/${path}`}`,
  ];
  return [...head, ...hunks(lines)].join("\n");
}

function split(text: string | null): string[] {
  if (text === null || text === "") return [];
  const lines = text.split("\n");
  return lines.at(-1) === ""
    ? lines.slice(0, -1)
    : [...lines.slice(0, -1), `${lines.at(-1)}\u0000`];
}

function compare(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head && tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) tail++;
  const same = (text: string): Line => ({ mark: " ", text });
  return [
    ...a.slice(0, head).map(same),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

/** By the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): Line[] {
  const out: Line[] = [];
  const minus = (text: string): Line => ({ mark: "-", text });
  const plus = (text: string): Line => ({ mark: "+", text });
  if ((a.length + 1) * (b.length + 1) > MAX_CELLS) return [...a.map(minus), ...b.map(plus)];
  const width = b.length + 1;
  const best = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => best[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i * width + j] = a[i] === b[j]
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      out.push({ mark: " ", text: left });
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      out.push(minus(left));
      i++;
    } else if (right !== undefined) {
      out.push(plus(right));
      j++;
    }
  }
  return out;
}

/** Groups changes with the lines around them. */
function hunks(lines: readonly Line[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length;) {
    const first = lines.findIndex(({ mark }, i) => i >= at && mark !== " ");
    if (first < 0) break;
    let last = first;
    for (let i = first; i < lines.length && i - last <= CONTEXT * 2; i++) {
      if (lines[i]?.mark !== " ") last = i;
    }
    const from = Math.max(at, first - CONTEXT);
    const to = Math.min(lines.length, last + CONTEXT + 1);
    out.push(hunkHead(lines, from, to), ...lines.slice(from, to).flatMap(shown));
    at = to;
  }
  return out;
}

function hunkHead(lines: readonly Line[], from: number, to: number): string {
  const range = (other: "-" | "+"): string => {
    const count = (part: readonly Line[]): number =>
      part.filter(({ mark }) => mark !== (other === "-" ? "+" : "-")).length;
    const length = count(lines.slice(from, to));
    const start = count(lines.slice(0, from)) + (length === 0 ? 0 : 1);
    return length === 1 ? `${start}` : `${start},${length}`;
  };
  return `@@ -${range("-")} +${range("+")} @@`;
}

function shown({ mark, text }: Line): string[] {
  return text.endsWith("\u0000")
    ? [`${mark}${text.slice(0, -1)}`, "\\ No newline at end of file"]
    : [`${mark}${text}`];
}
