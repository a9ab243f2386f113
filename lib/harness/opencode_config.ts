import type { AgentContext, McpServer } from "../agent/types.ts";
import { readHead } from "../skill/frontmatter.ts";
import { isObject, type JsonObject, objectOr, parseObject, readIfThere } from "./files.ts";
import { bodyOf } from "./frontmatter.ts";
import { expand } from "./mcp_servers.ts";
import type { RenderRequest } from "./types.ts";

/**
 * The settings of a launch as JSON for `OPENCODE_CONFIG_CONTENT`, on top of those the user passes the
 * same way. They live in an environment, so variables of servers are filled in here.
 * @param env what opencode gets
 * @param files of the launch: the soul, and the URL of a plugin; null without
 * @throws KasError "invalid" when the user's own cannot be read
 */
export async function configContent(
  request: RenderRequest,
  env: Readonly<Record<string, string>>,
  { soulFile, plugin }: { readonly soulFile: string | null; readonly plugin: string | null },
): Promise<string> {
  const { context } = request;
  // strict leaves out what the user exports, not what the agent sets
  const from = context.strict ? request.env : env;
  const given = from["OPENCODE_CONFIG_CONTENT"] ?? "";
  const base = given.trim() === "" ? {} : parseObject(given, '"OPENCODE_CONFIG_CONTENT"');
  return stringified({
    ...base,
    mcp: { ...objectOr(base.mcp), ...objectOr(masked(mcpServers(request, env))) },
    permission: { ...permissionOf(request, base.permission) },
    ...soulFile === null ? {} : { instructions: [...list(base.instructions), masked(soulFile)] },
    ...plugin === null ? {} : { plugin: [...list(base.plugin), masked(plugin)] },
    ...skillsOf(request, objectOr(base.skills)),
    ...await commandsOf(request, objectOr(base.command)),
    ...agentOf(context, objectOr(base.agent)),
  });
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * Opencode fills in `{env:…}` and `{file:…}` anywhere in the text. What is not the user's own text
 * must not ask for either, so the brace is marked here and escaped in {@link stringified}.
 */
function masked(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/\{(?=env:|file:)/g, "\0");
  if (Array.isArray(value)) return value.map(masked);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [masked(key), masked(item)]))
    : value;
}

function stringified(config: JsonObject): string {
  return JSON.stringify(config).replaceAll(/\\u0000(?=env:|file:)/g, "\\u007b");
}

function mcpServers(
  { context, kasServer }: RenderRequest,
  env: Readonly<Record<string, string>>,
): JsonObject {
  const servers = Object.entries(context.parts.mcpServers).map(([name, server]) => [
    name,
    { ...serverOf(server, env), enabled: true, timeout: 60_000 },
  ]);
  return {
    ...Object.fromEntries(servers),
    // its variables reach it with the environment, which opencode passes on
    ...kasServer === null ? {} : {
      kasmos: { type: "local", command: kasServer.command, enabled: true, timeout: 60_000 },
    },
  };
}

function serverOf(server: McpServer, env: Readonly<Record<string, string>>): JsonObject {
  const filled = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, expand(text, env)]));
  if (server.type !== "stdio") {
    return { type: "remote", url: expand(server.url, env), headers: filled(server.headers) };
  }
  return {
    type: "local",
    command: [server.command, ...server.args].map((word) => expand(word, env)),
    environment: filled(server.env),
  };
}

/** Rules are tried in order and the last match wins. */
function permissionOf(request: RenderRequest, given: unknown): JsonObject {
  const { context, promptFile, agentDir } = request;
  const own: JsonObject = { "kasmos_*": "allow" };
  const base = typeof given === "string" ? { "*": given } : objectOr(given);
  if (context.permissionRaw !== null) {
    return { ...base, ...rawRules(context.permissionRaw), ...own };
  }
  if (context.permission === "yolo") return { ...base, ...own };
  const servers = Object.keys(context.parts.mcpServers)
    .map((name) => [`${name.replaceAll(/[^\w-]/g, "_")}_*`, "ask"]);
  const folders = [
    ...promptFile === null ? [] : [promptFile.slice(0, promptFile.lastIndexOf("/"))],
    agentDir,
  ];
  return {
    ...base,
    ...Object.fromEntries(servers),
    ...own,
    ...context.permission === "ask"
      ? { edit: asking(base.edit), webfetch: "ask", websearch: "ask" }
      : {},
    bash: asking(base.bash),
    // a long prompt, and the files of skills, are read from there
    external_directory: {
      ...ruleSet(base.external_directory),
      ...Object.fromEntries(folders.map((folder) => [`${folder}/*`, "allow"])),
    },
  };
}

/** What the user's rules name stays; everything else is asked about, or stays denied. */
function asking(given: unknown): JsonObject {
  const { "*": all, ...named } = ruleSet(given);
  return { "*": all === "deny" ? "deny" : "ask", ...named };
}

function rawRules(raw: string): JsonObject {
  return raw.trimStart().startsWith("{")
    ? parseObject(raw, "permission_mode_raw for opencode")
    : { "*": raw };
}

function ruleSet(given: unknown): JsonObject {
  return typeof given === "string" ? { "*": given } : objectOr(given);
}

function skillsOf({ context, agentDir }: RenderRequest, base: JsonObject): JsonObject {
  if (Object.keys(context.parts.skills).length === 0) return {};
  return { skills: { ...base, paths: [...list(base.paths), masked(`${agentDir}/skills`)] } };
}

async function commandsOf({ context }: RenderRequest, base: JsonObject): Promise<JsonObject> {
  const commands: JsonObject = {};
  for (const [name, path] of Object.entries(context.parts.commands)) {
    const text = await readIfThere(path);
    if (text === null) continue;
    const description = readHead(text)?.description ?? null;
    commands[name] = masked({
      template: bodyOf(text),
      ...description === null ? {} : { description },
    });
  }
  return Object.keys(commands).length === 0 ? {} : { command: { ...base, ...commands } };
}

/** Effort and turns belong to an agent in opencode; `build` is the one it starts with. */
function agentOf({ effort, maxTurns, mode }: AgentContext, base: JsonObject): JsonObject {
  const own = {
    ...effort === null ? {} : { variant: effort },
    ...maxTurns === null || mode === "chat" ? {} : { steps: maxTurns },
  };
  if (Object.keys(own).length === 0) return {};
  return { agent: { ...base, build: { ...objectOr(base.build), ...own } } };
}
