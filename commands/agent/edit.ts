import { type Command, defineCommand, warn } from "../../lib/cli/mod.ts";
import {
  AGENT_FILES,
  type AgentFile,
  editProfile,
  openAgentFile,
  saveAgentFile,
} from "../../lib/agent/edit.ts";
import { checkSoul } from "../../lib/agent/create.ts";
import { inspectAgent } from "../../lib/agent/library.ts";
import { KasError } from "../../lib/errors.ts";
import { quote } from "../../lib/names.ts";
import { readText, repoOption, requirePerson } from "../_shared.ts";
import { editText, keepDraft } from "./_editor.ts";
import { agentArgument, type Library, oneOf, openLibrary, warnFindings } from "./_library.ts";

const FILES: readonly AgentFile[] = ["profile", "soul", "mcp", "hooks"];

/** `kas agent edit` */
export const edit: Command = defineCommand({
  description: "Change an agent",
  details:
    "Without options your editor ($VISUAL, $EDITOR) opens its agent.toml. What could not be " +
    "used is not saved: your text is kept as a draft, and named. Comments and unknown keys stay.",
  args: {
    ...agentArgument,
    set: {
      type: "string",
      multiple: true,
      metavar: "key=value",
      description: "Set a key of agent.toml",
    },
    unset: {
      type: "string",
      multiple: true,
      metavar: "key",
      description: "Take a key out of agent.toml",
    },
    soul: { type: "string", metavar: "file", description: "Replace its system prompt; - is stdin" },
    open: {
      type: "string",
      metavar: "file",
      description: `Open ${FILES.join(", ")} in the editor`,
    },
    ...repoOption,
  },
  examples: [
    ["kas agent edit scout --set runtime.model=opus --set defaults.max_turns=30", "Set keys"],
    ["kas agent edit scout --set 'env.secret.GH_TOKEN=file:github'", "Name a secret"],
    ["kas agent edit scout --open soul", "Work on its system prompt"],
  ],
  async run(ctx) {
    requirePerson("change an agent");
    const { agent, set = [], unset = [], soul, repo } = ctx.values;
    const open = oneOf("file", ctx.values.open, FILES);
    const library = await openLibrary(repo);
    const plain = set.length + unset.length > 0 || soul !== undefined;
    if (plain && open !== null) {
      throw new KasError("usage", "Cannot open an editor and change keys at the same time", {
        hint: "Leave --open away, or the other options",
      });
    }
    const changed = plain
      ? await change(library, agent, { set: set.map(pair), unset }, soul)
      : await openEditor(library, agent, open ?? "profile");
    warnFindings(await inspectAgent(library.places, agent));
    ctx.print(
      { agent, changed },
      () => changed.length === 0 ? "nothing changed" : `changed: ${changed.join(", ")}`,
    );
  },
});

function pair(text: string): { key: string; value: string } {
  const cut = text.indexOf("=");
  if (cut > 0) return { key: text.slice(0, cut).trim(), value: text.slice(cut + 1) };
  throw new KasError("usage", `Cannot read ${quote(text)} as key=value`, {
    hint: "For example: --set runtime.model=opus",
  });
}

async function change(
  { places }: Library,
  agent: string,
  keys: { set: { key: string; value: string }[]; unset: string[] },
  soul: string | undefined,
): Promise<string[]> {
  // Refused before anything is changed.
  const text = soul === undefined ? null : checkSoul(await readText(soul, "the soul"));
  const changed: string[] = [];
  if (keys.set.length + keys.unset.length > 0) {
    const { path, changed: wrote } = await editProfile(places, agent, keys);
    if (wrote) changed.push(path);
  }
  if (text !== null) {
    const { path, changed: wrote } = await saveAgentFile(places, agent, "soul", text);
    if (wrote) changed.push(path);
  }
  return changed;
}

async function openEditor(library: Library, agent: string, file: AgentFile): Promise<string[]> {
  const { places, paths } = library;
  if (!Deno.stdin.isTerminal()) {
    throw new KasError("usage", "Cannot open an editor: stdin is no terminal", {
      hint: `Run: kas agent edit ${agent} --set key=value, or --soul <file>`,
    });
  }
  const { path, text: before } = await openAgentFile(places, agent, file);
  const label = `${agent}.${AGENT_FILES[file].replaceAll("/", ".")}`;
  const text = await editText(before ?? STARTS[file], label);
  if (text === (before ?? STARTS[file])) return [];
  try {
    const saved = await saveAgentFile(places, agent, file, text, before);
    return saved.changed ? [path] : [];
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    const draft = await keepDraft(paths, label, text);
    warn(`not saved; your text is in ${draft}`);
    throw new KasError(error.code, error.message, {
      hint: `Your text is in ${draft}`,
      context: { ...error.context, draft },
      cause: error,
    });
  }
}

/** What a file begins with that is not there yet. */
const STARTS: Readonly<Record<AgentFile, string>> = {
  profile: "",
  soul: "",
  mcp: `{\n  "mcpServers": {}\n}\n`,
  hooks: `{\n  "hooks": {}\n}\n`,
};
