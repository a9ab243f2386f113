import { builtinAgent, builtinRole } from "../agent/builtin.ts";
import { CLIENT_TABLE, type ClientName, CLIENTS } from "../mcp/install/clients.ts";
import { stringify } from "smol-toml";
import { jsonItem, jsonValue } from "./json_pieces.ts";
import { findSection, sectionPiece } from "./markers.ts";
import { filePiece, linkPiece, tomlTable } from "./pieces.ts";
import { SECTION_TEMPLATE, SKILL_TEMPLATES, TOOL_GUARD_TEMPLATE } from "./templates.ts";
import type { FileFact, Part, Piece, SetupAnswers, SetupFacts } from "./types.ts";

/**
 * What belongs into a repository for each agent program, by what those programs read. Settings are
 * apart, in `settings.ts`. Pure.
 */

/** Roles that are worth handing work to from a session of one's own. */
const SUBAGENTS = ["planner", "coder", "reviewer", "fixer"] as const;

/** The command of the hook that bans some shell tools. */
const GUARD = { type: "command", command: "kas tool-guard" };

/** Where claude reads skills. */
const CLAUDE_SKILLS = ".claude/skills";

/** What the answers are asked for here. */
export type Wish = Pick<SetupAnswers, "runtimes" | "parts">;

/** Everything that is wanted, in the order of the review. */
export function wantedPieces(facts: Pick<SetupFacts, "files">, wish: Wish): Piece[] {
  const has = (part: Part): boolean => wish.parts.includes(part);
  const clients = CLIENTS.filter((name) => wish.runtimes.includes(name));
  return [
    ...has("skills") ? skills(facts, clients) : [],
    ...has("subagents") ? clients.flatMap(subagents) : [],
    ...has("mcp") ? clients.flatMap((name) => registration(facts, name)) : [],
    ...has("instructions") ? instructions(facts, clients) : [],
    ...has("tools") ? clients.flatMap(toolGuard) : [],
  ];
}

/** Every piece kas may ever write here, to find those that are not wanted any more. */
export function allPieces(facts: Pick<SetupFacts, "files">): Piece[] {
  const parts = ["skills", "mcp", "instructions", "subagents", "tools"] as const;
  return wantedPieces(facts, { runtimes: CLIENTS, parts });
}

/** All paths that have to be looked at. */
export function allPaths(): string[] {
  const configs = ["opencode.jsonc", ".kasmos/config.toml", CLAUDE_SKILLS];
  return [...new Set([...allPieces({ files: new Map() }).map(({ path }) => path), ...configs])];
}

/** codex, opencode, copilot and gemini read `.agents/skills` themselves. */
function skills(facts: Pick<SetupFacts, "files">, clients: readonly ClientName[]): Piece[] {
  const files = Object.entries(SKILL_TEMPLATES).map(([name, text]) =>
    filePiece(`.agents/skills/${name}/SKILL.md`, "skill", text)
  );
  // One link for the whole folder does as well.
  if (!clients.includes("claude") || facts.files.get(CLAUDE_SKILLS)?.kind === "link") return files;
  const links = Object.keys(SKILL_TEMPLATES).map((name) =>
    linkPiece(`${CLAUDE_SKILLS}/${name}`, "skill for claude", `../../.agents/skills/${name}`)
  );
  return [...files, ...links];
}

/**
 * The roles as each program's own kind of agent. Gemini's would have to be acknowledged by each
 * person before it is so much as listed, so it gets none.
 * @see https://code.claude.com/docs/en/sub-agents
 * @see https://developers.openai.com/codex/subagents
 * @see https://opencode.ai/docs/agents
 * @see https://docs.github.com/en/copilot/how-tos/copilot-cli/use-copilot-cli-agents/invoke-custom-agents
 */
function subagents(client: ClientName): Piece[] {
  if (client === "gemini") return [];
  return SUBAGENTS.map((role) => {
    const { profile, parts } = builtinAgent(builtinRole(role) ?? "chat");
    const name = `kas-${role}`;
    const body = `${parts.soul.trim()}\n\nThe skill ${name} says how.\n`;
    const about = profile.description ?? role;
    const head = (lines: string): string => `---\n${lines}---\n\n${body}`;
    switch (client) {
      case "claude":
        return filePiece(
          `.claude/agents/${name}.md`,
          "agent for claude",
          head(`name: ${name}\ndescription: ${about}\n`),
        );
      case "opencode":
        return filePiece(
          `.opencode/agents/${name}.md`,
          "agent for opencode",
          head(`description: ${about}\nmode: subagent\n`),
        );
      case "copilot":
        return filePiece(
          `.github/agents/${name}.agent.md`,
          "agent for copilot",
          head(`name: ${name}\ndescription: ${about}\n`),
        );
      case "codex": {
        const table = { name, description: about, developer_instructions: body };
        return filePiece(`.codex/agents/${name}.toml`, "agent for codex", stringify(table));
      }
    }
  });
}

/** kas's MCP server in a program's own file, and leave to use its tools without asking. */
function registration(facts: Pick<SetupFacts, "files">, name: ClientName): Piece[] {
  const client = CLIENT_TABLE[name];
  const files = client.files("project", { env: {}, home: "/", repoRoot: "" })
    .map((path) => path.replace(/^\//, ""));
  const path = files.find((file) => (facts.files.get(file)?.kind ?? "none") !== "none") ??
    files[0] ?? "";
  const what = `MCP server for ${name}`;
  const plain = client.entry(["kas", "mcp"]);
  const entry = { ...plain, ...client.leave };
  // What `kas mcp install` wrote gets leave as well.
  const server = client.format === "toml"
    ? tomlTable(path, what, client.key, entry, [plain])
    : jsonValue({ path, what, key: client.key }, entry, [plain]);
  const leave = "leave to use the tools of kas";
  switch (name) {
    case "claude": {
      const settings = ".claude/settings.json";
      const allow = { path: settings, what: leave, key: ["permissions", "allow"] };
      const enabled = { path: settings, what: "use of the server", key: ["enabledMcpjsonServers"] };
      return [server, jsonItem(allow, "mcp__kasmos"), jsonItem(enabled, "kasmos")];
    }
    case "opencode": {
      const allow = { path, what: leave, key: ["permission", "kasmos_*"] };
      return [server, jsonValue(allow, "allow")];
    }
    case "codex":
    case "copilot":
    case "gemini":
      return [server];
  }
}

/**
 * AGENTS.md for all, and what makes claude and gemini read it. A CLAUDE.md keeps claude from reading
 * AGENTS.md, so a new one has to name it; one that stands gets the section itself.
 */
function instructions(
  facts: Pick<SetupFacts, "files">,
  clients: readonly ClientName[],
): Piece[] {
  const pieces = [sectionPiece("AGENTS.md", "section for agents", SECTION_TEMPLATE)];
  if (clients.includes("claude")) {
    const claude = claudeSection(facts.files.get("CLAUDE.md"));
    if (claude !== null) pieces.push(claude);
  }
  const settings = textOf(facts.files.get(".gemini/settings.json"));
  if (clients.includes("gemini") && readsOwnFiles(settings)) {
    pieces.push(jsonValue(
      { path: ".gemini/settings.json", what: "AGENTS.md for gemini", key: ["context", "fileName"] },
      FILE_NAMES,
    ));
  }
  return pieces;
}

const FILE_NAMES = ["AGENTS.md", "GEMINI.md"];

/** Whether nobody has chosen gemini's file names but kas. A broken file is found later. */
function readsOwnFiles(text: string): boolean {
  return !/"fileName"/.test(text) ||
    /"fileName":\s*\[\s*"AGENTS.md",\s*"GEMINI.md"\s*\]/.test(text);
}

function claudeSection(fact: FileFact | undefined): Piece | null {
  const what = "section for claude";
  if (fact?.kind === "link") return null;
  const text = textOf(fact);
  const imported = sectionPiece("CLAUDE.md", what, "@AGENTS.md");
  if (text.trim() === "" || ownSection(text) === imported.wanted) return imported;
  if (/(^|\s)@(\.\/)?AGENTS\.md\b/.test(text)) return null;
  return sectionPiece("CLAUDE.md", what, SECTION_TEMPLATE);
}

/** The body of the section; markers that do not pair are said when it is written. */
function ownSection(text: string): string | null {
  return /<!--\s*kas:begin\s*-->[\s\S]*<!--\s*kas:end\s*-->/.test(text)
    ? findSection(text)?.body ?? null
    : null;
}

function textOf(fact: FileFact | undefined): string {
  return fact?.kind === "text" ? fact.text : "";
}

/**
 * Codex would have each person review a hook of the project before it does anything, so it has none.
 * @see https://code.claude.com/docs/en/hooks
 * @see https://geminicli.com/docs/hooks
 * @see https://opencode.ai/docs/plugins
 * @see https://docs.github.com/en/copilot/reference/hooks-configuration
 */
function toolGuard(client: ClientName): Piece[] {
  const what = "ban of some shell tools";
  switch (client) {
    case "claude":
      return [jsonItem(
        { path: ".claude/settings.json", what, key: ["hooks", "PreToolUse"] },
        { matcher: "Bash", hooks: [GUARD] },
      )];
    case "gemini":
      return [jsonItem(
        { path: ".gemini/settings.json", what, key: ["hooks", "BeforeTool"] },
        { matcher: "run_shell_command", hooks: [GUARD] },
      )];
    case "opencode":
      return [filePiece(".opencode/plugins/kas-tool-guard.js", what, TOOL_GUARD_TEMPLATE)];
    case "copilot": {
      // Copilot denies every tool while a hook fails, as one does where kas is not installed.
      const guard = { ...GUARD, command: `${GUARD.command} --json || true` };
      const hooks = { PreToolUse: [{ matcher: "Bash", hooks: [guard] }] };
      const text = `${JSON.stringify({ version: 1, hooks }, null, 2)}\n`;
      return [filePiece(".github/hooks/kas-tool-guard.json", what, text)];
    }
    case "codex":
      return [];
  }
}
