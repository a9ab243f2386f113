import { ScriptError } from "../run.ts";

/** Parts of a page that are written by a program stand between two comments. */

const BEGIN = /^<!-- generated: ([a-z-]+) -->$/gm;

/** Names of the generated parts of a page, in their order. */
export function regionNames(page: string): string[] {
  return [...page.matchAll(BEGIN)].map(([, name = ""]) => name);
}

/**
 * Writes the generated parts of a page anew.
 * @param texts text of each part by its name
 * @throws ScriptError for a part that is not closed, or that nobody writes
 */
export function fillRegions(page: string, texts: Readonly<Record<string, string>>): string {
  let filled = page;
  for (const name of regionNames(page)) {
    const text = texts[name];
    if (text === undefined) throw new ScriptError(`Nobody writes the part "${name}"`);
    const begin = `<!-- generated: ${name} -->`;
    const end = `<!-- end: ${name} -->`;
    const from = filled.indexOf(begin);
    const to = filled.indexOf(end, from);
    if (to < 0) throw new ScriptError(`The part "${name}" has no "${end}"`);
    filled = `${filled.slice(0, from)}${begin}\n\n${text.trim()}\n\n${filled.slice(to)}`;
  }
  return filled;
}

/** Markdown as `deno fmt` would write it. @throws ScriptError when it cannot be formatted */
export async function formatted(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", "md", "--line-width", "100", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new ScriptError(`Cannot format: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
