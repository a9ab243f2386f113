import { type Role, ROLES } from "../store/types.ts";
import { removeTomlValue } from "../toml/edit.ts";
import { lookUp } from "../toml/keys.ts";
import { editOf } from "./undo.ts";
import { hashOf } from "./manifest.ts";
import { filePiece, parsed, tomlKey } from "./pieces.ts";
import { CONFIG_TEMPLATE } from "./templates.ts";
import type {
  AgentChoice,
  AgentChoices,
  Edit,
  Entry,
  FileFact,
  Piece,
  SetupAnswers,
  SetupFacts,
} from "./types.ts";

/** The project's settings: who does what. Changed key by key, so that all else stays. Pure. */

/** Their place below the repository. */
export const CONFIG_PATH = ".kasmos/config.toml";

/** What becomes of the settings. */
export interface SettingsChange {
  readonly before: string | null;
  readonly after: string | null;
  readonly why: readonly string[];
  readonly entries: readonly Entry[];
  /** What was changed in a file that stays somebody else's. */
  readonly edits: readonly Edit[];
  readonly isConflict: boolean;
}

/** Who does the work of a role. */
export function choiceOf({ fallback, roles }: AgentChoices, role: Role): AgentChoice {
  return roles[role] ?? { program: fallback, model: null };
}

/** New settings, from the template. */
export function renderConfig(agents: AgentChoices): string {
  const tables = ROLES.map((role) => {
    const { program, model } = choiceOf(agents, role);
    const lines = [
      `[agents.${role}]`,
      `program = ${JSON.stringify(program)}`,
      ...model === null ? [] : [`model = ${JSON.stringify(model)}`],
    ];
    const isOwn = program !== agents.fallback || model !== null;
    return lines.map((line) => isOwn ? line : `# ${line}`).join("\n");
  });
  return CONFIG_TEMPLATE
    .replace('"@default@"', () => JSON.stringify(agents.fallback))
    .replace(/^# @agents@$/m, () => tables.join("\n\n"));
}

/**
 * What the answers change in the settings.
 * @param old what the manifest knows of them
 * @throws BrokenFile
 */
export async function changeSettings(
  facts: Pick<SetupFacts, "files" | "agents">,
  answers: Pick<SetupAnswers, "agents" | "clean">,
  old: readonly Entry[],
): Promise<SettingsChange> {
  const fact: FileFact = facts.files.get(CONFIG_PATH) ?? { kind: "none" };
  if (fact.kind === "link" || fact.kind === "other") {
    const why = fact.kind === "link" ? `a link to ${fact.target}` : fact.why;
    return { before: null, after: null, why: [why], entries: old, edits: [], isConflict: true };
  }
  const before = fact.kind === "text" ? fact.text : null;
  if (before === null || answers.clean) {
    const after = renderConfig(answers.agents);
    const entry = {
      path: CONFIG_PATH,
      id: "file",
      hash: await hashOf(after),
      extra: 0,
      created: before === null || old.some(({ id, created }) => id === "file" && created),
    };
    const why = before === null ? "who does what" : "written anew; the old text is backed up";
    return { before, after, why: [why], entries: [entry], edits: [], isConflict: false };
  }
  return await changeKeys(before, facts.agents, answers.agents, old);
}

async function changeKeys(
  before: string,
  inForce: AgentChoices | null,
  wanted: AgentChoices,
  old: readonly Entry[],
): Promise<SettingsChange> {
  const table = parsed(before);
  const entries = new Map(old.map((entry) => [entry.id, entry]));
  const why: string[] = [];
  const edits: Edit[] = [];
  let text = before;
  for (const [key, value] of differences(inForce, wanted)) {
    const piece = tomlKey(CONFIG_PATH, key, value ?? "");
    const next = value === null
      ? await removeTomlValue(text, key)
      : (await piece.write(text))?.text ?? null;
    if (next === null) {
      why.push(`${piece.id} cannot be changed without touching other keys: edit it by hand`);
      continue;
    }
    if (next === text) continue;
    edits.push(editOf(text, next));
    text = next;
    why.push(value === null ? `${piece.id} removed` : piece.snippet);
    const isOurs = entries.has(piece.id) || lookUp(table, key) === undefined;
    if (value === null) entries.delete(piece.id);
    else if (isOurs && !entries.has("file")) {
      const hash = await hashOf(piece.wanted);
      entries.set(piece.id, { path: CONFIG_PATH, id: piece.id, hash, extra: 0, created: false });
    }
  }
  const whole = entries.get("file");
  if (whole !== undefined && await hashOf(before) === whole.hash) {
    entries.set("file", { ...whole, hash: await hashOf(text) });
  }
  return {
    before,
    after: text,
    why: why.length === 0 ? ["says what is wanted already"] : why,
    entries: [...entries.values()],
    edits,
    isConflict: false,
  };
}

/** Keys to set; null = to be removed. */
function differences(
  inForce: AgentChoices | null,
  wanted: AgentChoices,
): (readonly [key: string[], value: string | null])[] {
  const now = inForce ?? { fallback: "", roles: {} };
  const keys: (readonly [string[], string | null])[] = [];
  if (now.fallback !== wanted.fallback) keys.push([["default_program"], wanted.fallback]);
  for (const role of ROLES) {
    const is = choiceOf({ ...now, fallback: wanted.fallback }, role);
    const want = choiceOf(wanted, role);
    if (is.program !== want.program) keys.push([["agents", role, "program"], want.program]);
    if (is.model === want.model) continue;
    keys.push([["agents", role, "model"], want.model]);
    // A table with a model alone would be an agent without a program.
    if (want.model !== null && is.program === want.program && now.roles[role] === undefined) {
      keys.push([["agents", role, "program"], want.program]);
    }
  }
  return keys;
}

/** The piece a record of the settings is about; null for one kas does not write. */
export function settingsPiece(id: string, current: string): Piece | null {
  if (id === "file") return filePiece(CONFIG_PATH, "settings", current);
  const key = id.split(".");
  const [first, role, leaf] = key;
  const isKnown = id === "default_program" ||
    (key.length === 3 && first === "agents" && ROLES.some((name) => name === role) &&
      (leaf === "program" || leaf === "model"));
  return isKnown ? tomlKey(CONFIG_PATH, key, "") : null;
}
