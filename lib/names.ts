import { KasError } from "./errors.ts";

/**
 * The one choke point for names that become a path, a git ref, a tmux target or a file name.
 * A name that passes is safe in all of them: no separator, no leading dash or dot, no control
 * character, no shell or glob meaning, nothing git-check-ref-format(1) refuses.
 */

const MAX_NAME = 80;
/** What nearly all names are: the tables of Unicode cost every start a millisecond. */
const ASCII_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;

function isName(value: string): boolean {
  return ASCII_NAME.test(value) ||
    /^[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}_-])?$/u.test(value);
}

/** What kind of thing a name is for; appears in the error text. */
export type NameKind =
  | "task"
  | "topic"
  | "agent"
  | "project"
  | "session"
  | "branch"
  | "skill"
  | "token";

/** Shortens and escapes a hostile value so that it can stand in an error message. */
export function quote(value: string, max = 60): string {
  const points = [...value];
  const head = points.slice(0, max).join("");
  return JSON.stringify(points.length > max ? `${head}…` : head);
}

/** The nearest legal name: lower case, words joined by dashes. Empty when nothing legal is left. */
export function slugify(value: string): string {
  const words = value.normalize("NFC").toLowerCase().replace(/[^\p{L}\p{N}._]+/gu, "-")
    .replace(/\.{2,}/g, ".").replace(/^[-._]+/, "");
  return [...words].slice(0, MAX_NAME).join("").replace(/(\.lock|[-._])+$/, "");
}

/**
 * Checks a name and returns it in NFC.
 * @throws KasError "invalid" with a legal suggestion in the hint
 */
export function parseName(kind: NameKind, value: string): string {
  const name = value.normalize("NFC");
  const problem = name === ""
    ? "it is empty"
    : [...name].length > MAX_NAME
    ? `it is longer than ${MAX_NAME} characters`
    : !isName(name)
    ? "only letters, digits, '.', '_' and '-' are allowed, beginning with a letter or digit"
    : name.includes("..") || name.endsWith(".lock")
    ? "git does not allow '..' or a final '.lock'"
    : null;
  if (problem === null) return name;
  const suggestion = slugify(value);
  throw new KasError(
    "invalid",
    `Cannot use ${quote(value)} as ${kind === "agent" ? "an" : "a"} ${kind} name: ${problem}`,
    {
      hint: suggestion === "" || suggestion === name
        ? `Choose a name such as "add-login"`
        : `Try "${suggestion}"`,
    },
  );
}

/** Parses a task name as users type it: one trailing `.md` is dropped, the rest is {@link parseName}. */
export function parseTaskName(value: string): string {
  return parseName("task", value.endsWith(".md") ? value.slice(0, -3) : value);
}

/**
 * Checks a branch name: slash-separated {@link parseName} parts.
 * Narrower than git-check-ref-format(1) on purpose; branches of the user that are only read need not pass.
 * @throws KasError "invalid"
 */
export function parseBranch(value: string): string {
  if (value.length > 200) {
    throw new KasError("invalid", `Cannot use ${quote(value)} as a branch name: it is too long`, {
      hint: "Use at most 200 characters",
    });
  }
  return value.split("/").map((part) => parseName("branch", part)).join("/");
}
