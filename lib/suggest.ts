/** "Did you mean": the nearest known word to a mistyped one. Pure. */

/**
 * Edit distance with adjacent swaps (optimal string alignment) of two short words.
 * @returns the number of single-character edits that turn `a` into `b`
 */
export function distance(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  let before: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      let best = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + cost);
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, at(before, j - 2) + 1);
      }
      row.push(best);
    }
    before = above;
    above = row;
  }
  return at(above, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

/**
 * The candidate that was most likely meant, or null when none is near enough to be worth naming:
 * at most a third of the word may differ, and one edit is always forgiven in words of three or more.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const typed = word.slice(0, 64).toLowerCase();
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const limit = Math.max(1, Math.floor(Math.max(typed.length, other.length) / 3));
    if (Math.min(typed.length, other.length) < 2) continue;
    const far = typed.length >= 3 && other.startsWith(typed) ? 1 : distance(typed, other);
    if (far <= limit && far < least) {
      best = candidate;
      least = far;
    }
  }
  return best;
}
