import { stringify } from "smol-toml";
import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import type { Permission } from "../store/types.ts";
import { nearest } from "../suggest.ts";
import { type AgentPlaces, PROFILE_FILE } from "./places.ts";
import { parseProfile } from "./profile_file.ts";
import { runtimeOf } from "./profile_schema.ts";
import { modesOf, type OwnScope, placeAgent, writeNew } from "./staging.ts";
import { MAX_TEXT } from "./text_file.ts";
import { type OutputFormat, type Runtime, RUNTIMES } from "./types.ts";

/** What a new agent begins with; null is left to settings and flags of the launch. */
export interface NewAgent {
  readonly name: string;
  readonly scope: OwnScope;
  readonly description: string | null;
  readonly runtime: Runtime | null;
  readonly model: string | null;
  readonly effort: string | null;
  readonly permission: Permission | null;
  readonly outputFormat: OutputFormat | null;
  readonly maxTurns: number | null;
  /** The system prompt; null writes one to go on from. */
  readonly soul: string | null;
}

/**
 * Makes an agent: `agent.toml` and `soul.md`.
 * @returns its folder
 * @throws KasError "exists" when the scope has one of this name, "invalid", "not_a_repository",
 * "guard"; then nothing was made
 */
export async function createAgent(places: AgentPlaces, agent: NewAgent): Promise<string> {
  const name = parseName("agent", agent.name);
  const profile = profileText({ ...agent, name });
  const soul = checkSoul(agent.soul ?? defaultSoul(name, agent.description));
  // What kas writes itself must be readable by it, whatever the values are.
  parseProfile(profile, { name, scope: agent.scope, directory: name });
  const { file } = modesOf(agent.scope);
  return await placeAgent(places, agent.scope, name, async (folder) => {
    await writeNew(`${folder}/${PROFILE_FILE}`, profile, file);
    await writeNew(`${folder}/soul.md`, soul, file);
  });
}

/** The text of a new `agent.toml`. */
export function profileText(agent: Omit<NewAgent, "scope" | "soul">): string {
  const tables: [string, Record<string, unknown>][] = [
    ["", { name: agent.name, description: agent.description }],
    ["runtime", { default: agent.runtime, model: agent.model, effort: agent.effort }],
    ["defaults", {
      permission_mode: agent.permission,
      output_format: agent.outputFormat,
      max_turns: agent.maxTurns,
    }],
  ];
  const texts = tables.map(([header, table]) => {
    const set = Object.fromEntries(Object.entries(table).filter(([, value]) => value !== null));
    if (Object.keys(set).length === 0) return "";
    return `${header === "" ? "" : `[${header}]\n`}${stringify(set).trimEnd()}\n`;
  });
  return texts.filter((text) => text !== "").join("\n");
}

/**
 * The runtime of a word, with the nearest one where there is none.
 * @throws KasError "invalid"
 */
export function parseRuntime(word: string): Runtime {
  const runtime = runtimeOf(word);
  if (runtime !== null) return runtime;
  const near = nearest(word, RUNTIMES);
  const all = `Choose from: ${RUNTIMES.join(", ")}`;
  throw new KasError("invalid", `Cannot use the runtime ${quote(word)}: there is none`, {
    hint: near === null ? all : `Did you mean ${quote(near)}? ${all}`,
  });
}

/** Refuses a soul that could not be read again. @throws KasError "invalid" */
export function checkSoul(text: string): string {
  const size = new TextEncoder().encode(text).length;
  if (size > MAX_TEXT) {
    throw new KasError("invalid", `Cannot use a soul of ${size} bytes: at most ${MAX_TEXT} work`, {
      hint: "Keep what the agent is in the soul, and what it knows in skills",
    });
  }
  if (text.includes("\0")) {
    throw new KasError("invalid", "Cannot use this soul: it is not a text", {
      hint: "Write it as plain text or markdown",
    });
  }
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function defaultSoul(name: string, description: string | null): string {
  const what = description === null ? "" : ` ${description.replace(/[.\s]*$/, "")}.`;
  return `# ${name}\n\nYou are ${name}.${what}\n`;
}
