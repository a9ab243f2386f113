import { readHead } from "../skill/frontmatter.ts";
import { bodyOf as plainBody } from "./frontmatter.ts";
import { tomlString } from "./toml.ts";

/**
 * A soul as gemini's file of instructions. Gemini takes an `@` before a path for an import, except in
 * code: there it gets a word joiner (U+2060) in front, so that the text stays what it is.
 */
export function bodyOf(soul: string): string {
  const text = plainBody(soul);
  const code = [...text.matchAll(/(`+)[\s\S]*?\1/g)]
    .map(({ index, 0: found }) => [index, index + found.length] as const);
  return text.replaceAll(/(?<![^ \t\r\n])@(?=[./A-Za-z])/g, (at, index: number) => {
    const isCode = code.some(([start, end]) => index >= start && index < end);
    return isCode ? at : `\u2060${at}`;
  });
}

/**
 * A slash command of Claude Code's format as gemini's: TOML with a prompt. `$ARGUMENTS` is
 * `{{args}}`; there are no single arguments.
 */
export async function readCommand(path: string): Promise<string> {
  const text = await Deno.readTextFile(path);
  const description = readHead(text)?.description ?? null;
  const prompt = plainBody(text).replaceAll("$ARGUMENTS", "{{args}}");
  return [
    ...description === null ? [] : [`description = ${tomlString(description)}\n`],
    `prompt = ${tomlString(prompt)}\n`,
  ].join("");
}

/**
 * Whether gemini's terminal program takes a first prompt as it is: it runs what begins with a slash
 * as a command, and reads a file for each word that begins with `@`.
 */
export function isPlainPrompt(text: string): boolean {
  return !text.trimStart().startsWith("/") && !/(?:^|[^\w\\])@[^\s]/.test(text);
}
