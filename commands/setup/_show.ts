import { displayWidth, pad, tame, terminalWidth, truncate } from "../../lib/cli/mod.ts";
import type { Style, StyleName } from "../../lib/cli/style.ts";
import { unifiedDiff } from "../../lib/setup/diff.ts";
import type { ChangeKind, FileChange, SetupPlan } from "../../lib/setup/types.ts";

/** Plans as people read them. */

const LOOKS: Readonly<Record<ChangeKind, readonly [mark: string, style: StyleName]>> = {
  create: ["+", "green"],
  update: ["~", "yellow"],
  remove: ["-", "red"],
  keep: ["=", "dim"],
  conflict: ["!", "red"],
};

/** Changes that do something, or that a person should know of. */
export function notable({ changes }: SetupPlan): FileChange[] {
  return changes.filter(({ kind, why }) =>
    kind !== "keep" || why.some((reason) => reason.includes("left as it is"))
  );
}

/** One line for each file, with reasons where there is room. */
export function planLines(plan: SetupPlan, style: Style): string[] {
  const shown = notable(plan);
  const width = terminalWidth() ?? 80;
  const most = Math.min(44, Math.max(0, ...shown.map(({ path }) => displayWidth(path))));
  return shown.map(({ path, kind, why }) => {
    const [mark, look] = LOOKS[kind];
    const name = tame(path);
    const reason = tame(why.join("; "));
    const kept = why.some((one) => one.includes("left as it is") || one.includes("by hand"));
    const left = ` ${style[look](mark)} `;
    if (width < 70) return kept ? `${left}${name}\n     ${reason}` : `${left}${name}`;
    const room = width - Math.max(most, displayWidth(name)) - 6;
    const text = kept ? reason : truncate(reason, Math.max(10, room));
    return `${left}${pad(name, most)}  ${style.dim(text)}`;
  });
}

/** "3 new, 1 changed" */
export function countLine(plan: SetupPlan): string {
  const of = (kind: ChangeKind): number =>
    plan.changes.filter((change) => change.kind === kind).length;
  const kept =
    plan.changes.filter((change) => change.kind === "keep" && notable(plan).includes(change))
      .length;
  const parts = [
    [of("create"), "new"],
    [of("update"), "changed"],
    [of("remove"), "removed"],
    [of("conflict") + kept, of("conflict") + kept === 1 ? "left as it is" : "left as they are"],
  ].filter(([count]) => count !== 0).map(([count, word]) => `${count} ${word}`);
  return parts.length === 0 ? "nothing to change" : parts.join(", ");
}

/** Every difference of a plan; on a terminal its lines are broken at spaces. */
export function planDiff(plan: SetupPlan, style: Style): string {
  return plan.changes.filter(({ before, after }) => before !== after).map((change) => {
    const { path, before, after, isLink } = change;
    if (isLink) {
      return after === null ? `remove link ${path}` : `link ${path} -> ${after}`;
    }
    const text = tame(unifiedDiff(path, before, after), { multiline: true });
    const lines = text.split("\n").flatMap((line) =>
      folded(line, terminalWidth()).map(
        (part) => coloured(part, style),
      )
    );
    return lines.join("\n");
  }).join("\n");
}

/** A line of a difference, its sign before each part. A longer word stays whole. */
function folded(line: string, width: number | null): string[] {
  if (width === null || displayWidth(line) <= width) return [line];
  const indent = /^[-+ ]?\s*/.exec(line)?.[0] ?? "";
  const parts: string[] = [];
  let part = indent;
  for (const word of line.slice(indent.length).split(/(?<=\s)(?=\S)/)) {
    if (part !== indent && displayWidth(`${part}${word}`.trimEnd()) > width) {
      parts.push(part.trimEnd());
      part = indent;
    }
    part += word;
  }
  return [...parts, part];
}

function coloured(line: string, style: Style): string {
  if (/^(---|\+\+\+) /.test(line)) return style.bold(line);
  if (line.startsWith("+")) return style.green(line);
  if (line.startsWith("-")) return style.red(line);
  return line.startsWith("@@") ? style.cyan(line) : line;
}

/** A plan for programs. The keys are a contract: add, never rename. */
export function planJson(plan: SetupPlan, withText: boolean): Record<string, unknown> {
  return {
    root: plan.root,
    changes: plan.changes.map(({ path, kind, isLink, why, before, after }) => ({
      path,
      kind,
      link: isLink,
      why,
      ...withText && before !== after ? { diff: unifiedDiff(path, before, after) } : {},
    })),
    exclude: plan.exclude.add,
  };
}
