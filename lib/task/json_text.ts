/** Where the values of a JSON text stand, so that a finding can point at them. */

/** Deepest nesting that is read. */
export const MAX_JSON_DEPTH = 64;

/** A key or index for each level, joined by U+0000, which no two different paths share. */
type PathKey = string;

/** What {@link readJson} found: a value with its places, or the first syntax error. */
export type JsonText =
  | {
    ok: true;
    value: unknown;
    /** Offset of the value at a path, or of its nearest ancestor that exists. */
    offsetOf(path: readonly (string | number)[]): number;
    /** Keys that an object holds more than once: only the last one counts in JSON. */
    duplicates: { key: string; offset: number }[];
  }
  | { ok: false; offset: number; message: string };

/** Parses a JSON text (RFC 8259) and remembers offsets in UTF-16 units. Never throws. */
export function readJson(text: string): JsonText {
  const scan: Scan = { text, at: 0, offsets: new Map(), duplicates: [] };
  try {
    skipBlank(scan);
    scanValue(scan, "", 0);
    skipBlank(scan);
    if (scan.at < text.length) fail(scan, "more text follows the value");
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { ok: false, offset: error.offset, message: error.message };
  }
  const { offsets, duplicates } = scan;
  const offsetOf = (path: readonly (string | number)[]): number => {
    for (let length = path.length; length > 0; length--) {
      const offset = offsets.get(path.slice(0, length).reduce(childKey, ""));
      if (offset !== undefined) return offset;
    }
    return offsets.get("") ?? 0;
  };
  return { ok: true, value: JSON.parse(text), offsetOf, duplicates };
}

/** Returns a function from an offset in the text to its 1-based line and column. */
export function placesOf(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

class JsonSyntaxError extends Error {
  constructor(readonly offset: number, message: string) {
    super(message);
  }
}

interface Scan {
  text: string;
  at: number;
  offsets: Map<PathKey, number>;
  duplicates: { key: string; offset: number }[];
}

function childKey(parent: PathKey, step: string | number): PathKey {
  return `${parent}\0${typeof step === "number" ? "#" : "."}${step}`;
}

function fail(scan: Scan, message: string): never {
  throw new JsonSyntaxError(scan.at, message);
}

function skipBlank(scan: Scan): void {
  while (" \t\n\r".includes(scan.text[scan.at] ?? "x")) scan.at++;
}

function scanValue(scan: Scan, path: PathKey, depth: number): void {
  if (depth > MAX_JSON_DEPTH) fail(scan, `values nest deeper than ${MAX_JSON_DEPTH}`);
  scan.offsets.set(path, scan.at);
  const char = scan.text[scan.at];
  if (char === "{") scanObject(scan, path, depth);
  else if (char === "[") scanArray(scan, path, depth);
  else if (char === '"') scanString(scan);
  else scanToken(scan, LITERAL, "a value is missing here");
}

const LITERAL =
  /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function scanToken(scan: Scan, token: RegExp, otherwise: string): void {
  token.lastIndex = scan.at;
  const match = token.exec(scan.text);
  if (match === null) fail(scan, scan.at < scan.text.length ? otherwise : "the text ends here");
  scan.at += match[0].length;
}

/** Scans a string and returns its value. */
function scanString(scan: Scan): string {
  const start = scan.at++;
  for (let char = scan.text[scan.at]; char !== '"'; char = scan.text[scan.at]) {
    if (char === undefined) fail(scan, "the text ends inside a string");
    if (char < " ") fail(scan, "a control character stands in a string; write it as an escape");
    if (char === "\\") scanToken(scan, ESCAPE, "this is no escape sequence");
    else scan.at++;
  }
  scan.at++;
  return JSON.parse(scan.text.slice(start, scan.at));
}

function scanObject(scan: Scan, path: PathKey, depth: number): void {
  const seen = new Set<string>();
  scanItems(scan, "}", () => {
    const offset = scan.at;
    if (scan.text[offset] !== '"') fail(scan, "a key in double quotes is missing here");
    const key = scanString(scan);
    if (seen.has(key)) scan.duplicates.push({ key, offset });
    seen.add(key);
    skipBlank(scan);
    if (scan.text[scan.at] !== ":") fail(scan, 'a ":" is missing here');
    scan.at++;
    skipBlank(scan);
    scanValue(scan, childKey(path, key), depth + 1);
  });
}

function scanArray(scan: Scan, path: PathKey, depth: number): void {
  let index = 0;
  scanItems(scan, "]", () => scanValue(scan, childKey(path, index++), depth + 1));
}

function scanItems(scan: Scan, close: string, item: () => void): void {
  scan.at++;
  skipBlank(scan);
  if (scan.text[scan.at] === close) {
    scan.at++;
    return;
  }
  for (;;) {
    item();
    skipBlank(scan);
    const char = scan.text[scan.at];
    if (char !== "," && char !== close) fail(scan, `a "," or "${close}" is missing here`);
    scan.at++;
    if (char === close) return;
    skipBlank(scan);
  }
}
