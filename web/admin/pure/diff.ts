/** Differences as rows of a table, unified or side by side. Pure. */

/** A run of lines as the API gives it; each begins with " ", "+", "-" or "\". */
export interface Hunk {
  readonly old_start: number;
  readonly new_start: number;
  readonly heading: string;
  readonly lines: readonly string[];
}

export type LineKind = "same" | "added" | "removed" | "note";

/** One line with its numbers; `from` and `to` bound what changed inside it. */
export interface Line {
  readonly kind: LineKind;
  readonly old: number | null;
  readonly new: number | null;
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Two lines side by side; null where one side has none. */
export interface Pair {
  readonly left: Line | null;
  readonly right: Line | null;
}

/** The lines of a hunk with their numbers. */
export function linesOf(hunk: Hunk): Line[] {
  let oldLine = hunk.old_start;
  let newLine = hunk.new_start;
  const lines = hunk.lines.map((line): Line => {
    const text = line.slice(1);
    const whole = { text, from: 0, to: 0 };
    switch (line[0]) {
      case "+":
        return { kind: "added", old: null, new: newLine++, ...whole };
      case "-":
        return { kind: "removed", old: oldLine++, new: null, ...whole };
      case "\\":
        return {
          kind: "note",
          old: null,
          new: null,
          ...whole,
          text: text.trim(),
        };
      default:
        return { kind: "same", old: oldLine++, new: newLine++, ...whole };
    }
  });
  return withInner(lines);
}

/** Where runs of removed and added lines are as long as each other, marks what changed inside. */
function withInner(lines: Line[]): Line[] {
  let at = 0;
  while (at < lines.length) {
    const removed = run(lines, at, "removed");
    const added = run(lines, at + removed, "added");
    if (removed > 0 && removed === added) {
      for (let index = at; index < at + removed; index++) {
        const [left, right] = [lines[index], lines[index + removed]];
        if (left === undefined || right === undefined) continue;
        const [start, leftEnd, rightEnd] = innerChange(left.text, right.text);
        lines[index] = { ...left, from: start, to: leftEnd };
        lines[index + removed] = { ...right, from: start, to: rightEnd };
      }
    }
    at += Math.max(1, removed + added);
  }
  return lines;
}

function run(lines: readonly Line[], at: number, kind: LineKind): number {
  let count = 0;
  while (lines[at + count]?.kind === kind) count++;
  return count;
}

/** The part of two lines that differs: start, end in the first, end in the second; zeros when all does. */
function innerChange(left: string, right: string): [number, number, number] {
  const most = Math.min(left.length, right.length);
  let start = 0;
  while (start < most && left[start] === right[start]) start++;
  let tail = 0;
  while (tail < most - start && left.at(-1 - tail) === right.at(-1 - tail)) {
    tail++;
  }
  const kept = start + tail;
  return kept * 3 < Math.max(left.length, right.length)
    ? [0, 0, 0]
    : [start, left.length - tail, right.length - tail];
}

/** The lines side by side: removed lines stand beside the added ones that replace them. */
export function pairsOf(lines: readonly Line[]): Pair[] {
  const pairs: Pair[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (line === undefined) break;
    if (line.kind === "same" || line.kind === "note") {
      pairs.push({ left: line, right: line });
      at++;
      continue;
    }
    const removed = run(lines, at, "removed");
    const added = run(lines, at + removed, "added");
    for (let index = 0; index < Math.max(removed, added); index++) {
      pairs.push({
        left: index < removed ? lines[at + index] ?? null : null,
        right: index < added ? lines[at + removed + index] ?? null : null,
      });
    }
    at += removed + added;
  }
  return pairs;
}
