/**
 * Colours for code: comments, strings, numbers, keywords. One line at a time and without grammar, so
 * it is quick and never wrong about the text, only now and then about a colour. Pure.
 */

export type TokenKind = "plain" | "comment" | "string" | "number" | "keyword";
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** Lines longer than this are shown without colours. */
const LONGEST = 2_000;

const WORDS: Readonly<Record<string, string>> = {
  c: "abstract as async await boolean break case catch class const continue default defer delete do " +
    "double else enum export extends extern false final finally float fn for from func function go " +
    "goto if impl implements import in int interface let long loop match mod module move mut new nil " +
    "null of override package private protected pub public range readonly ref return select self " +
    "short static struct super switch this throw trait true try type typeof undefined union unsafe " +
    "use using var void where while with yield",
  hash:
    "alias and as assert async await begin break case class continue def del do done elif else " +
    "elsif end ensure esac except export False fi finally for from function global if import in is " +
    "lambda let local module next nil None nonlocal not null or pass raise rescue return self " +
    "set then True true false try unless until when while with yield",
  sql: "alter and as asc begin between by case commit create delete desc distinct drop else end " +
    "exists from group having if in index insert into is join key left like limit not null on or " +
    "order primary references right select set table then union unique update values view when where",
};

interface Language {
  readonly comment: RegExp | null;
  readonly words: ReadonlySet<string>;
  readonly anyCase: boolean;
}

function language(
  comment: RegExp | null,
  words: string,
  anyCase = false,
): Language {
  return { comment, words: new Set((WORDS[words] ?? "").split(" ")), anyCase };
}
const C = language(/\/\/.*|\/\*.*?(?:\*\/|$)|^\s*\*(?:\s.*|\/)?$/y, "c");
const HASH = language(/#.*/y, "hash");
const SQL = language(/--.*/y, "sql", true);
const MARKUP = language(/<!--.*?(?:-->|$)/y, "");
const STYLE = language(/\/\*.*?(?:\*\/|$)/y, "");
const DATA = language(null, "hash");

const BY_NAME: readonly [RegExp, Language][] = [
  [
    /^(?:[cm]?[jt]sx?|c|cc|cpp|h|hpp|cs|go|rs|java|kt|kts|swift|scala|php|dart|zig|proto|javascript|typescript|rust|golang)$/,
    C,
  ],
  [
    /^(?:py|python|rb|ruby|sh|bash|zsh|shell|fish|ya?ml|toml|ini|conf|dockerfile|makefile|mk|r|jl|ex|exs|pl)$/,
    HASH,
  ],
  [/^sql$/, SQL],
  [/^(?:html?|xml|svg|vue|svelte)$/, MARKUP],
  [/^(?:css|scss|less)$/, STYLE],
  [/^jsonc?$/, DATA],
];

/** Finds the language of a file name or of the word after a fence; null for one it does not know. */
export function languageOf(name: string): Language | null {
  const base = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
  const word = base.slice(base.lastIndexOf(".") + 1);
  return BY_NAME.find(([pattern]) => pattern.test(word))?.[1] ?? null;
}

const STRING = /"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)|`(?:[^`\\]|\\.)*(?:`|$)/y;
const NUMBER = /\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b/iy;
const WORD = /[A-Za-z_$][\w$]*/y;
const OTHER = /[^\w$"'`/#<*-]+|[\s\S]/y;

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** The tokens of one line; together they are exactly the line. */
export function tokenize(
  line: string,
  known: Language | null,
): readonly Token[] {
  if (known === null || line.length > LONGEST) {
    return line === "" ? [] : [{ kind: "plain", text: line }];
  }
  const tokens: Token[] = [];
  const push = (kind: TokenKind, text: string): void => {
    const last = tokens.at(-1);
    if (last?.kind === kind && kind === "plain") {
      tokens[tokens.length - 1] = { kind, text: last.text + text };
    } else tokens.push({ kind, text });
  };
  let at = 0;
  while (at < line.length) {
    const [kind, text] = tokenAt(line, at, known);
    push(kind, text);
    at += text.length;
  }
  return tokens;
}

function tokenAt(
  line: string,
  at: number,
  known: Language,
): [TokenKind, string] {
  const comment = known.comment === null ? null : match(known.comment, line, at);
  if (comment) return ["comment", comment];
  const string = match(STRING, line, at);
  if (string) return ["string", string];
  const word = match(WORD, line, at);
  if (word) {
    const plain = known.anyCase ? word.toLowerCase() : word;
    return [known.words.has(plain) ? "keyword" : "plain", word];
  }
  const number = match(NUMBER, line, at);
  if (number) return ["number", number];
  return ["plain", match(OTHER, line, at) ?? line.slice(at)];
}

/** Cuts tokens at two places, so that a part of a line can be marked. */
export function splitTokens(
  tokens: readonly Token[],
  from: number,
  to: number,
): readonly (Token & { readonly marked: boolean })[] {
  const out: (Token & { marked: boolean })[] = [];
  let at = 0;
  for (const { kind, text } of tokens) {
    const cuts = [0, from - at, to - at, text.length].map((cut) =>
      Math.min(text.length, Math.max(0, cut))
    );
    for (let part = 0; part < 3; part++) {
      const piece = text.slice(cuts[part], cuts[part + 1]);
      if (piece !== "") out.push({ kind, text: piece, marked: part === 1 });
    }
    at += text.length;
  }
  return out;
}
