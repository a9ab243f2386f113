import { tame } from "../cli/text.ts";
import type { Completion, Shell } from "./types.ts";

/** Most letters of an explanation; a shell shows it in one line. */
const ABOUT = 60;

/**
 * The words as they were typed. bash gives `--status=do` as three words, `--status`, `=` and `do`.
 */
export function wordsOf(shell: Shell, words: readonly string[]): string[] {
  if (shell !== "bash") return [...words];
  const joined: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const before = joined.at(-1) ?? "";
    if (word === "=" && before.startsWith("--")) {
      joined[joined.length - 1] = `${before}=${words[index + 1] ?? ""}`;
      index++;
    } else joined.push(word);
  }
  return joined;
}

/** The answer as lines for a shell; see the head of scripts.ts. */
export function answerFor(
  shell: Shell,
  { candidates, fallback }: Completion,
  typed: string,
): string {
  // bash replaces only what stands behind the last of its own breaks.
  const cut = Math.max(typed.lastIndexOf("="), typed.lastIndexOf(":")) + 1;
  const lines = candidates.map(({ value, about }) => {
    if (shell === "bash") return value.slice(cut); // it shows no explanations
    const text = [...tame(about).trim()].slice(0, ABOUT).join("");
    return text === "" ? value : `${value}\t${text}`;
  });
  return [...lines, `:${fallback}`, ""].join("\n");
}
