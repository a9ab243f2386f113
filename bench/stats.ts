/** The value below which a share of the samples lies; 0.5 is the median. @throws RangeError without samples */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new RangeError("There are no samples");
  return value;
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly value: string;
  /** What it should be; absent where there is no target. */
  readonly target?: string;
  readonly met?: boolean;
}

/** A row for a number with an upper limit. */
export function limited(what: string, value: number, limit: number, unit: string): Row {
  return {
    what,
    value: `${number(value)} ${unit}`,
    target: `≤ ${number(limit)} ${unit}`,
    met: value <= limit,
  };
}

/** Three digits that matter. */
export function number(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

/** The rows as text with aligned columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    row.value,
    row.target ?? "",
    row.met === undefined ? "" : row.met ? "ok" : "MISSED",
  ]);
  const head = ["measure", "value", "target", ""];
  const widths = head.map((text, i) =>
    Math.max(text.length, ...cells.map((row) => row[i]?.length ?? 0))
  );
  return [head, widths.map((width) => "─".repeat(width)), ...cells]
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
