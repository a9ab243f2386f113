import { type Command, defineCommand, warn } from "../../lib/cli/mod.ts";
import { agentDirectory } from "../../lib/agent/library.ts";
import { deleteAgent, renameAgent } from "../../lib/agent/move.ts";
import { parseName, quote } from "../../lib/names.ts";
import { dotted } from "../../lib/toml/keys.ts";
import { repoOption, requirePerson } from "../_shared.ts";
import { confirmed } from "./_ask.ts";
import { agentArgument, type Library, openLibrary } from "./_library.ts";

/** `kas agent rename` */
export const rename: Command = defineCommand({
  description: "Give an agent another name",
  details: "It stays where it is, yours or the project's. Settings that name it are not changed.",
  args: {
    ...agentArgument,
    name: { type: "positional", description: "The new name" },
    ...repoOption,
  },
  async run(ctx) {
    requirePerson("rename an agent");
    const { agent, name, repo } = ctx.values;
    const library = await openLibrary(repo);
    const renamed = await renameAgent(library.places, agent, name);
    await warnMentions(library, parseName("agent", agent));
    ctx.print(renamed, ({ path }) => `renamed: ${agent} → ${renamed.name} (${path})`);
  },
});

/** `kas agent delete` */
export const remove: Command = defineCommand({
  description: "Delete an agent with all that is in its folder",
  args: {
    ...agentArgument,
    yes: { type: "boolean", description: "Do not ask" },
    ...repoOption,
  },
  async run(ctx) {
    requirePerson("delete an agent");
    const { agent, yes, repo } = ctx.values;
    const library = await openLibrary(repo);
    const { path } = await agentDirectory(library.places, agent);
    const question = `Delete ${quote(path, 200)} and all in it?`;
    if (yes !== true && !await confirmed(question, `kas agent delete ${agent} --yes`)) {
      return ctx.print({ deleted: false, name: agent, path }, () => "nothing was deleted");
    }
    const deleted = await deleteAgent(library.places, agent);
    if (deleted.uncovers === null) await warnMentions(library, deleted.name);
    ctx.print(
      { deleted: true, ...deleted },
      ({ uncovers }) =>
        `deleted: ${path}${uncovers === null ? "" : `\nthe ${uncovers} agent is used now`}`,
    );
  },
});

/** Says which settings still speak of an agent by its old name. */
async function warnMentions({ paths, repoRoot }: Library, name: string): Promise<void> {
  const { loadConfig } = await import("../../lib/config/config.ts");
  const { sources } = await loadConfig(repoRoot, paths);
  const table = dotted(["agents", name]);
  const named = new Set<string>();
  for (const { key, value, source } of sources) {
    if (source === "default") continue;
    if (key.startsWith("phases.") && value === name) named.add(`${key} (${source})`);
    if (key.startsWith(`${table}.`)) named.add(`[${table}] (${source})`);
  }
  for (const place of named) warn(`the settings still name ${quote(name)}: ${place}`);
}
