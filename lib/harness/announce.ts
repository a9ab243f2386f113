import type { AgentParts } from "../agent/types.ts";
import { readHead } from "../skill/frontmatter.ts";
import { readIfThere } from "./files.ts";

/**
 * Skills and slash commands in words, for a runtime that takes them from the user's home alone: what
 * there is, when to use it, and the file to read then. Empty when there are none.
 * @param agentDir where the launched copies lie
 */
export async function announceParts(
  { skills, commands }: Pick<AgentParts, "skills" | "commands">,
  agentDir: string,
): Promise<string> {
  const known: string[] = [];
  for (const [name, folder] of Object.entries(skills)) {
    const head = readHead(await readIfThere(`${folder}/SKILL.md`) ?? "");
    const what = (head?.description ?? "no description").replaceAll(/\s+/g, " ");
    known.push(`- ${name}: ${what} (file: ${agentDir}/skills/${name}/SKILL.md)`);
  }
  const typed = Object.keys(commands).map((name) =>
    `- ${name} (file: ${agentDir}/commands/${name}.md)`
  );
  return [
    ...known.length === 0 ? [] : [
      "## Skills of this agent\n\n" +
      "A skill is a set of instructions in a SKILL.md file. When a task fits the description of " +
      "one, or names it, read its file in full before you begin and follow it; paths in it are " +
      `relative to its folder.\n\n${known.join("\n")}\n`,
    ],
    ...typed.length === 0 ? [] : [
      "## Commands of this agent\n\n" +
      "When a message begins with a slash and one of these names, read its file and do what it " +
      "says; `$ARGUMENTS` in it stands for the text after the name, `$1` and so on for its " +
      `words.\n\n${typed.join("\n")}\n`,
    ],
  ].join("\n");
}
