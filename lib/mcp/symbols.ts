/**
 * What a source file declares, by the usual form of declarations, line by line: enough for an agent to
 * know where to read, in any language of the table, and no parser. Pure.
 */

/** One declaration. */
export interface SourceSymbol {
  readonly name: string;
  /** Such as "function" or "class". */
  readonly kind: string;
  /** From 1 on. */
  readonly line: number;
}

/** A kind and the line that declares one; the last group is the name, `kind` may be a group before it. */
type Form = readonly [kind: string, line: RegExp];

/** Longer lines are cut: no declaration begins that far to the right. */
const MAX_LINE = 400;

const EXPORT = String.raw`^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?`;
const CALL_WORDS = "if|for|while|switch|catch|return|function|with|super|await|typeof|new";

const SCRIPT: readonly Form[] = [
  ["function", new RegExp(String.raw`${EXPORT}(?:async\s+)?function\b\s*\*?\s*([\w$]+)`)],
  ["class", new RegExp(String.raw`${EXPORT}(?:abstract\s+)?class\s+([\w$]+)`)],
  ["", new RegExp(String.raw`${EXPORT}(?:const\s+)?(interface|type|enum|namespace)\s+([\w$]+)`)],
  ["constant", /^(?:export\s+)?(?:declare\s+)?(?:const|let|var)\s+([\w$]+)/],
  [
    "method",
    new RegExp(
      String.raw`^\s+(?:(?:public|private|protected|static|async|override|get|set)\s+)*\*?` +
        String.raw`(?!(?:${CALL_WORDS})\b)(#?[\w$]+)\s*(?:<[^()]*>)?\([^()]*\)[^;=]*\{\s*$`,
    ),
  ],
];

const CURLY: readonly Form[] = [
  [
    "",
    /^\s*(?:[\w@]+\s+)*?(class|interface|enum|record|object|struct|protocol|trait|extension)\s+(\w+)/,
  ],
  ["function", /^\s*(?:[\w@]+\s+)*?(?:fun|func|def)\s+(?:<[^>]*>\s*)?(?:\w+\.)?(\w+)/],
  [
    "method",
    /^\s+(?:(?:public|private|protected|internal|static|final|abstract|override|virtual|async|sealed)\s+)+(?:[\w<>[\],.?]+\s+)?(\w+)\s*\(/,
  ],
];

const C: readonly Form[] = [
  ["macro", /^\s*#\s*define\s+(\w+)/],
  ["", /^\s*(?:typedef\s+)?(struct|enum|union|class|namespace)\s+(\w+)[^;]*$/],
  ["type", /^typedef\b[^;]*?\b(\w+)\s*;\s*$/],
  ["function", /^[A-Za-z_][\w\s*&:<>,~]*?\b([A-Za-z_~][\w:~]*)\s*\([^;]*$/],
];

const SHELL: readonly Form[] = [
  ["function", /^\s*(?:function\s+)?([\w.:-]+)\s*\(\)/],
  ["function", /^\s*function\s+([\w.:-]+)/],
];

const LANGUAGES: Readonly<Record<string, readonly Form[]>> = {
  "ts tsx mts cts js jsx mjs cjs": SCRIPT,
  "py pyi": [
    ["class", /^\s*class\s+(\w+)/],
    ["function", /^(?:async\s+)?def\s+(\w+)/],
    ["method", /^\s+(?:async\s+)?def\s+(\w+)/],
    ["constant", /^([A-Z_][A-Z0-9_]*)\s*(?::[^=]+)?=[^=]/],
  ],
  go: [
    ["method", /^func\s+\([^)]*\)\s*(\w+)/],
    ["function", /^func\s+(\w+)/],
    ["type", /^type\s+(\w+)/],
    ["constant", /^(?:const|var)\s+(\w+)/],
  ],
  rs: [
    [
      "function",
      /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:(?:const|async|unsafe|extern(?:\s+"\w+")?)\s+)*fn\s+(\w+)/,
    ],
    [
      "",
      /^\s*(?:pub(?:\([^)]*\))?\s+)?(struct|enum|union|trait|mod|type|const|static)\s+(?:mut\s+)?(\w+)/,
    ],
    ["impl", /^\s*(?:unsafe\s+)?impl\b(?:\s*<[^>]*>)?\s+([^{]+?)\s*(?:\{|where|$)/],
    ["macro", /^\s*macro_rules!\s+(\w+)/],
  ],
  "java kt kts cs swift scala dart": CURLY,
  "c h cc cpp cxx hh hpp hxx m": C,
  "rb rake": [
    ["", /^\s*(class|module)\s+([\w:]+)/],
    ["method", /^\s*def\s+([\w.?!=]+)/],
  ],
  php: [
    ["", /^\s*(?:(?:abstract|final|readonly)\s+)*(class|interface|trait|enum)\s+(\w+)/],
    [
      "function",
      /^\s*(?:(?:public|private|protected|static|final|abstract)\s+)*function\s+&?(\w+)/,
    ],
  ],
  "ex exs": [["", /^\s*(defmodule|defmacro|defp?)\s+([\w.?!]+)/]],
  lua: [["function", /^\s*(?:local\s+)?function\s+([\w.:]+)/]],
  "sh bash zsh": SHELL,
  sql: [[
    "",
    /^\s*create\s+(?:or\s+replace\s+)?(?:unique\s+|temp(?:orary)?\s+)*(table|view|index|function|trigger|type)\s+(?:if\s+not\s+exists\s+)?["`[]?([\w.]+)/i,
  ]],
  "md markdown": [["heading", /^#{1,6}\s+(.+?)\s*#*$/]],
};

const BY_EXTENSION: ReadonlyMap<string, readonly Form[]> = new Map(
  Object.entries(LANGUAGES).flatMap(([names, forms]) =>
    names.split(" ").map((name): [string, readonly Form[]] => [name, forms])
  ),
);

/**
 * The declarations in a text, in its order.
 * @param path tells the language by its ending
 * @returns null for a language that is not in the table
 */
export function symbolsOf(path: string, text: string): SourceSymbol[] | null {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const forms = BY_EXTENSION.get(ending);
  if (forms === undefined) return null;
  return text.split("\n").flatMap((line, index) => {
    const found = declared(line.slice(0, MAX_LINE).trimEnd(), forms);
    return found === null ? [] : [{ ...found, line: index + 1 }];
  });
}

function declared(
  line: string,
  forms: readonly Form[],
): Pick<SourceSymbol, "name" | "kind"> | null {
  for (const [kind, form] of forms) {
    const groups = form.exec(line);
    if (groups === null) continue;
    const name = groups.at(-1) ?? "";
    return { name, kind: kind === "" ? (groups[1] ?? "").toLowerCase() : kind };
  }
  return null;
}
