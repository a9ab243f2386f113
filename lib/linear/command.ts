/** Commands in comments of Linear. Pure. */

export const VERBS = ["help", "status", "link", "create", "plan", "start"] as const;
/** One of {@link VERBS}. */
export type Verb = typeof VERBS[number];

/** What a comment asks for. `argument` is empty for all but `link`. */
export interface LinearCommand {
  readonly verb: Verb;
  readonly argument: string;
}

/** What a comment that begins with the name of kas came to. */
export type ParsedComment = LinearCommand | { readonly problem: string };

/** Longest line that is looked at, in characters. */
const MAX_COMMAND = 200;

/** Verbs that change nothing: whoever may comment may use them. */
export function isReading(verb: Verb): boolean {
  return verb === "help" || verb === "status";
}

/**
 * Reads the first line of a comment that is not empty: `/kas <verb>`, or `/kasmos <verb>`. Nothing may
 * stand beside it, but the name of the task for `link`.
 * @returns null for a comment that is not meant for kas
 */
export function parseComment(text: string): ParsedComment | null {
  const line = text.split("\n").map((one) => one.trim()).find((one) => one !== "") ?? "";
  const [, rest] = /^\/(?:kas|kasmos)(?:[ \t]+(.*))?$/s.exec(line) ?? [];
  if (rest === undefined) return /^\/(?:kas|kasmos)$/.test(line) ? none() : null;
  if (rest.length > MAX_COMMAND) return { problem: "the line is too long" };
  const [word = "", ...more] = rest.split(/[ \t]+/);
  const verb = VERBS.find((one) => one === word);
  if (verb === undefined) return { problem: `${JSON.stringify(word)} is no command` };
  if (verb === "link") {
    const [argument = "", ...others] = more;
    return argument !== "" && others.length === 0
      ? { verb, argument }
      : { problem: "link takes the name of one task" };
  }
  return more.length === 0 ? { verb, argument: "" } : { problem: `${verb} takes nothing else` };
}

function none(): ParsedComment {
  return { problem: "it names no command" };
}
