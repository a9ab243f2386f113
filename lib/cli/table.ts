import { displayWidth, pad, tame, truncate } from "./text.ts";
import { terminalWidth } from "./output.ts";
import { outStyle, type StyleName } from "./style.ts";

/** One column of a {@link table}. */
export interface Column<T> {
  header: string;
  /** The cell as plain text; control characters in it are made visible. */
  value: (row: T) => string;
  align?: "left" | "right";
  /** The look of a cell on a colour terminal. */
  style?: (row: T) => StyleName | undefined;
}

/** Options of {@link table}. */
export interface TableOptions {
  /** Cells to fit into; null never truncates. Default: the terminal on stdout, or null without one. */
  width?: number | null;
}

const GAP = 2;
const LEAST = 6;

/**
 * Renders rows as aligned columns under a header line. Only for a terminal are the widest
 * columns shortened to fit: a pipe gets every character.
 * @returns the lines joined by newlines, without one at the end
 */
export function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  options: TableOptions = {},
): string {
  const cells = rows.map((row) => columns.map((column) => tame(column.value(row))));
  const limit = options.width === undefined ? terminalWidth() : options.width;
  const widths = fit(
    columns.map((column, i) =>
      Math.max(displayWidth(column.header), ...cells.map((line) => displayWidth(line[i] ?? "")))
    ),
    limit,
  );
  const style = outStyle();
  const line = (texts: readonly string[], paint: (text: string, index: number) => string) =>
    texts.map((text, i) => {
      const width = widths[i] ?? 0;
      const shown = limit === null ? text : truncate(text, width);
      const last = i === texts.length - 1 && columns[i]?.align !== "right";
      const fill = last ? shown : pad(shown, width, columns[i]?.align);
      return fill.replace(shown, () => paint(shown, i));
    }).join(" ".repeat(GAP)).trimEnd();
  const body = rows.map((row, r) =>
    line(cells[r] ?? [], (text, i) => {
      const look = columns[i]?.style?.(row);
      return look === undefined ? text : style[look](text);
    })
  );
  return [line(columns.map((column) => column.header), (text) => style.bold(text)), ...body]
    .join("\n");
}

/** Takes cells from the widest column, one at a time, until the line fits. */
function fit(wanted: readonly number[], limit: number | null): number[] {
  const widths = [...wanted];
  if (limit === null) return widths;
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
  while (total() > limit) {
    const widest = Math.max(...widths);
    if (widest <= LEAST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}
