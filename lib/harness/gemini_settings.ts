import type { McpServer } from "../agent/types.ts";
import { isObject, type JsonObject, objectOr } from "./files.ts";
import { GEMINI_EVENTS, geminiHooks } from "./gemini_hooks.ts";
import { launchHooks } from "./hooks.ts";
import { expand } from "./mcp_servers.ts";
import type { RenderRequest } from "./types.ts";

type Env = Readonly<Record<string, string>>;

/** Fills in `$NAME` and `${NAME}`, as gemini does in every text of its settings. */
const REFERENCE = /\$(?:\w+|\{[^}]+\})/;

/** Settings whose value may be secret, wherever they stand. */
const SENSITIVE = /key|token|secret|password|credential|authorization/i;

/**
 * Texts that stand in the environment of a launch, so that none of them is written to a file. Gemini
 * keeps variables with such a name from the programs it starts.
 */
export class HiddenTexts {
  readonly variables: Record<string, string> = {};

  /** The placeholder that gemini fills in with the text. */
  readonly hide = (text: string): string => {
    const name = `KASMOS_GEMINI_SECRET_${Object.keys(this.variables).length + 1}`;
    this.variables[name] = text;
    return `\${${name}}`;
  };
}

/**
 * The settings of one launch: the user's own below those of kas and the agent. What is secret in the
 * user's is moved into the environment.
 * @param own the user's settings, empty for a strict launch but for the kind of login
 * @param env what gemini gets
 */
export function geminiSettings(
  request: RenderRequest,
  own: JsonObject,
  env: Env,
  texts: HiddenTexts,
): JsonObject {
  const { context, launchDir } = request;
  const base = objectOr(withoutSecrets(own, texts));
  const [general, ui, mcp, model] = ["general", "ui", "mcp", "model"].map((name) =>
    objectOr(base[name])
  );
  const servers = mcpServers(request, env, texts);
  const isLimited = context.mode === "run" && context.maxTurns !== null;
  const hasSkills = Object.keys(context.parts.skills).length > 0;
  return {
    ...base,
    general: { ...general, enableAutoUpdate: false, enableAutoUpdateNotification: false },
    privacy: { ...objectOr(base.privacy), usageStatisticsEnabled: false },
    // the state is read from the title
    ui: { ...ui, hideWindowTitle: false, dynamicWindowTitle: true },
    security: security(objectOr(base.security), env),
    mcpServers: { ...objectOr(base.mcpServers), ...servers },
    ...Array.isArray(mcp?.allowed)
      ? { mcp: { ...mcp, allowed: [...mcp.allowed, ...Object.keys(servers)] } }
      : {},
    ...isLimited ? { model: { ...model, maxSessionTurns: context.maxTurns } } : {},
    ...hooks(request, base, texts),
    ...hasSkills ? { policyPaths: [...list(base.policyPaths), policyFile(launchDir)] } : {},
    ...hasSkills ? { skills: { ...objectOr(base.skills), enabled: true } } : {},
  };
}

/** The file that allows the agent's skills to be read unasked. */
export function policyFile(launchDir: string): string {
  return `${launchDir}/gemini-policy.toml`;
}

/** Text of {@link policyFile}. */
export function skillPolicy(names: readonly string[]): string {
  const pattern = names.map((name) => name.replaceAll(/[^\w-]/g, ".")).join("|");
  return `[[rule]]\ntoolName = "activate_skill"\nargsPattern = '"name":"(${pattern})"'\n` +
    `decision = "allow"\npriority = 100\n`;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** How to log in, where the user has not said it in the settings: as the variables say. */
function security(base: JsonObject, env: Env): JsonObject {
  const auth = objectOr(base.auth);
  const selectedType = auth.selectedType ?? authType(env);
  return selectedType === undefined ? base : { ...base, auth: { ...auth, selectedType } };
}

function authType(env: Env): string | undefined {
  if (env["GOOGLE_GENAI_USE_GCA"] === "true") return "oauth-personal";
  if (env["GOOGLE_GENAI_USE_VERTEXAI"] === "true") return "vertex-ai";
  return env["GEMINI_API_KEY"] ? "gemini-api-key" : undefined;
}

/** A copy with literals of servers, and of settings that sound secret, moved into the environment. */
function withoutSecrets(value: unknown, texts: HiddenTexts, isSecret = false): unknown {
  if (typeof value === "string") {
    return isSecret && value !== "" && !REFERENCE.test(value) ? texts.hide(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, texts, isSecret));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const hidden = isSecret || name === "mcpServers" || SENSITIVE.test(name);
      return [name, withoutSecrets(item, texts, hidden)];
    }),
  );
}

function hooks(request: RenderRequest, base: JsonObject, texts: HiddenTexts): JsonObject {
  const { context: { parts }, stateHook } = request;
  const { PermissionRequest: asked = [], ...turns } = launchHooks({ hooks: {} }, stateHook);
  const own = asked.length > 0 ? { ...turns, Notification: asked } : turns;
  const given = objectOr(base.hooks);
  const added = [geminiHooks(parts.hooks, texts.hide), geminiHooks(own, texts.hide)];
  if (added.every((table) => Object.keys(table).length === 0)) return {};
  const merged: Record<string, unknown[]> = {};
  for (const event of GEMINI_EVENTS) {
    const groups = [given, ...added].flatMap((table) => list(table[event]));
    if (groups.length > 0) merged[event] = groups;
  }
  return { hooks: merged, hooksConfig: { ...objectOr(base.hooksConfig), enabled: true } };
}

function mcpServers(
  { context, kasServer }: RenderRequest,
  env: Env,
  texts: HiddenTexts,
): JsonObject {
  const [command, ...args] = kasServer?.command ?? [];
  const servers = Object.entries(context.parts.mcpServers).map(([name, server]) => [
    name,
    serverOf(server, env, texts),
  ]);
  return {
    ...Object.fromEntries(servers),
    ...command === undefined ? {} : {
      kasmos: {
        command: exact(command, env, texts),
        args: args.map((text) => exact(text, env, texts)),
        // gemini hands on a part of its environment; these by name
        env: Object.fromEntries(
          (kasServer?.envNames ?? []).map((name) => [name, `\${${name}}`]),
        ),
        trust: true,
      },
    },
  };
}

function serverOf(server: McpServer, env: Env, texts: HiddenTexts): JsonObject {
  const all = (entries: Env) =>
    Object.fromEntries(
      Object.entries(entries).map(([name, text]) => [name, exact(text, env, texts)]),
    );
  if (server.type === "stdio") {
    return {
      command: exact(server.command, env, texts),
      args: server.args.map((text) => exact(text, env, texts)),
      env: all(server.env),
    };
  }
  const url = exact(server.url, env, texts);
  return {
    ...server.type === "http" ? { httpUrl: url } : { url },
    headers: all(server.headers),
  };
}

/** A text as it is meant: gemini would also fill in `$NAME` without braces. */
function exact(text: string, env: Env, texts: HiddenTexts): string {
  return /\$\w/.test(text) ? texts.hide(expand(text, env)) : text;
}
