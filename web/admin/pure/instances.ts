/** How instances are grouped, and what is typed into them. Pure. */

/** What grouping needs of an instance. */
export interface Grouped {
  readonly id: number;
  readonly project: string;
  readonly task: string | null;
  readonly wave: number | null;
  readonly subtask: number | null;
  readonly status: string;
  readonly activity: string;
}

/** Instances of one task. */
export interface Group<I> {
  readonly project: string;
  readonly task: string | null;
  readonly items: readonly I[];
}

/** Whether an agent waits for somebody to answer. */
export function waitsForPerson(
  { status, activity }: Pick<Grouped, "status" | "activity">,
): boolean {
  return status === "running" && activity === "asking";
}

/** By task, those that wait for a person first, then by name; inside by wave and subtask. */
export function groupInstances<I extends Grouped>(
  items: readonly I[],
): Group<I>[] {
  const byTask = Map.groupBy(
    items,
    ({ project, task }) => `${project}\n${task ?? ""}`,
  );
  const groups = [...byTask.values()].flatMap((list): Group<I>[] => {
    const [first] = list;
    if (first === undefined) return [];
    const sorted = list.toSorted((a, b) =>
      (a.wave ?? 0) - (b.wave ?? 0) || (a.subtask ?? 0) - (b.subtask ?? 0) ||
      a.id - b.id
    );
    return [{ project: first.project, task: first.task, items: sorted }];
  });
  const rank = (group: Group<I>): number =>
    group.items.some(waitsForPerson) ? 0 : group.task === null ? 2 : 1;
  const name = ({ task, project }: Group<I>): string => `${task ?? ""}\n${project}`;
  return groups.sort((a, b) => rank(a) - rank(b) || (name(a) < name(b) ? -1 : 1));
}

/** The bytes that draw a whole screen over whatever a terminal shows. */
export function screenBytes(
  screen: string,
  cursor: { readonly x: number; readonly y: number } | null,
): string {
  const lines = screen.split("\n").map((line) => `\x1b[0m${line}\x1b[0m\x1b[K`);
  const place = cursor === null ? "\x1b[?25l" : `\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`;
  // Synchronised, so that half a screen is never seen.
  return `\x1b[?2026h\x1b[H${lines.join("\r\n")}\x1b[0m\x1b[J${place}\x1b[?2026l`;
}

/** The key that leaves a terminal, which takes all others: browsers go from pane to pane with it. */
export const LEAVE_KEY = "F6";

const ESCAPE = "\x1b";

/** Characters of a line without its escape sequences. */
export function widthOf(line: string): number {
  const [first = "", ...rest] = line.split(ESCAPE);
  return rest.reduce(
    (sum, part) => sum + part.replace(/^\[[0-9;:]*[A-Za-z]/, "").length,
    first.length,
  );
}

/** Whether a text is what a terminal answers to a query, and so was typed by nobody. */
export function isReply(text: string): boolean {
  return text.startsWith(ESCAPE) && /^\[[?>]?[\d;]*[cnRy]$/.test(text.slice(1));
}
