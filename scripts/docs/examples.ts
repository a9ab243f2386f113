import { fromMarkdown } from "mdast-util-from-markdown";

/** A block of shell lines in a page. */
export interface ShellBlock {
  /** Line of the page at which it begins. */
  readonly line: number;
  readonly text: string;
  /** Why it cannot be run as it stands; null for one that can. */
  readonly noRun: string | null;
}

/** The blocks of a page that are marked `sh`, in their order. */
export function shellBlocks(page: string): ShellBlock[] {
  return fromMarkdown(page).children.flatMap((node) => {
    if (node.type !== "code" || node.lang !== "sh") return [];
    const reason = /^no-run:\s*(.+)$/.exec(node.meta ?? "");
    return [{
      line: node.position?.start.line ?? 0,
      text: node.value,
      noRun: reason?.[1] ?? null,
    }];
  });
}

/** Where a command may begin, and what ends it, outside of quotes. */
const BEFORE = /(^|[|;&(]|\bdo|\bthen|"\$\()\s*$/;
const END = /^(\||;|&&|\)|>|<(?![a-z-]+>)|#(?= ))/;

/**
 * The command lines of kas in a block: what stands behind pipes, in loops and in `$(…)`, too.
 * @returns each without the shell around it, such as `kas task list --json`
 */
export function kasLines(text: string): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, " ");
  return joined.split("\n").flatMap((line) => {
    if (/^\s*#/.test(line)) return [];
    return [...line.matchAll(/\bkas\s/g)]
      .filter(({ index }) => BEFORE.test(line.slice(0, index)))
      .map(({ index }) => untilEnd(line.slice(index)));
  });
}

/** A command up to the operator, redirection or comment behind it. */
function untilEnd(line: string): string {
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === "'" || char === '"') quote = char;
    else if (END.test(line.slice(at))) return line.slice(0, at).trim();
  }
  return line.trim();
}
