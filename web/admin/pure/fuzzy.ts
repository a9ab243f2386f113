/** How well typed letters fit a name; for the command palette. Pure. */

/** A higher score is a better fit; null when the letters do not occur in this order. */
export function fuzzyScore(typed: string, name: string): number | null {
  const want = typed.toLowerCase().replace(/\s+/g, "");
  const have = name.toLowerCase();
  if (want === "") return 0;
  const whole = have.indexOf(typed.trim().toLowerCase());
  if (whole >= 0) {
    return 1_000 - whole - have.length / 100 +
      (startsWord(have, whole) ? 200 : 0);
  }
  let score = 0;
  let at = -1;
  for (const letter of want) {
    const next = have.indexOf(letter, at + 1);
    if (next < 0) return null;
    score += next === at + 1 ? 8 : startsWord(have, next) ? 6 : 0;
    score -= Math.min(3, next - at - 1);
    at = next;
  }
  return score - have.length / 100;
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[\s\-_/.:]/.test(text[at - 1] ?? "");
}

/** The best fits first, at most `most`. */
export function rank<T>(
  typed: string,
  things: readonly T[],
  nameOf: (thing: T) => string,
  most: number,
): T[] {
  const scored: { thing: T; score: number; order: number }[] = [];
  things.forEach((thing, order) => {
    const score = fuzzyScore(typed, nameOf(thing));
    if (score !== null) scored.push({ thing, score, order });
  });
  scored.sort((a, b) => b.score - a.score || a.order - b.order);
  return scored.slice(0, most).map(({ thing }) => thing);
}
