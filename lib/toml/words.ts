import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/**
 * Splits a program string into argv by the quoting rules of POSIX sh (2.2), and nothing else of a
 * shell: no variables, globs, tildes, operators or comments. `a "b c" d\ e` gives `a`, `b c`, `d e`.
 * @throws KasError "invalid" on an open quote, a trailing backslash or a NUL
 */
export function commandWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "\0") throw unsplittable(text, "it contains a NUL");
    if (/[ \t\r\n]/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'") {
      const end = text.indexOf("'", i + 1);
      if (end < 0) throw unsplittable(text, "a single quote is not closed");
      word = (word ?? "") + text.slice(i + 1, end);
      i = end;
    } else if (char === '"') {
      const [inner, end] = doubleQuoted(text, i + 1);
      word = (word ?? "") + inner;
      i = end;
    } else if (char === "\\") {
      if (i + 1 >= text.length) throw unsplittable(text, "it ends with a backslash");
      i++;
      // A backslash before a newline joins the lines.
      word = text.charAt(i) === "\n" ? word : (word ?? "") + text.charAt(i);
    } else {
      word = (word ?? "") + char;
    }
  }
  if (word !== null) words.push(word);
  if (words.some((one) => one.includes("\0"))) throw unsplittable(text, "it contains a NUL");
  return words;
}

/** Reads up to the closing quote. @returns the content and the index of that quote */
function doubleQuoted(text: string, start: number): [string, number] {
  let inner = "";
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    const next = text.charAt(i + 1);
    if (char === '"') return [inner, i];
    if (char === "\\" && next !== "" && '$`"\\\n'.includes(next)) {
      inner += next === "\n" ? "" : next;
      i++;
    } else {
      inner += char;
    }
  }
  throw unsplittable(text, "a double quote is not closed");
}

function unsplittable(text: string, why: string): KasError {
  return new KasError("invalid", `Cannot split ${quote(text)} into words: ${why}`, {
    hint: "Quote words as in a shell; nothing is expanded",
  });
}
