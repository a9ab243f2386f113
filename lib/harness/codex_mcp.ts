import type { McpServer } from "../agent/types.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { hasPlaceholder, ServerVariables } from "./mcp_servers.ts";
import { tomlString, tomlStrings, tomlTable, tomlTexts } from "./toml.ts";
import type { RenderRequest } from "./types.ts";

/** Codex's table of servers, as overrides, and what they need in its environment. */
export interface CodexServers {
  readonly overrides: readonly (readonly [string, string])[];
  readonly env: Readonly<Record<string, string>>;
}

const STARTUP_SECONDS = "60";

/**
 * The servers of a launch. Codex clears the environment of its servers, so each variable must be
 * named; by name alone, for an argument is open to every user of the machine.
 * @param env what codex gets
 * @throws KasError "runtime_unfit" for a placeholder where codex takes none
 */
export function codexServers(
  { context, kasServer }: Pick<RenderRequest, "context" | "kasServer">,
  env: Readonly<Record<string, string>>,
): CodexServers {
  const variables = new ServerVariables(env);
  // asking for leave is codex's own default for tools of servers
  const approve: Record<string, string> = context.permission === "yolo"
    ? { default_tools_approval_mode: tomlString("approve") }
    : {};
  const tables = Object.entries(context.parts.mcpServers).map(([name, server]) => {
    const own = server.type === "stdio"
      ? stdioTable(name, server, variables)
      : httpTable(name, server, variables);
    return [name, tomlTable({ ...own, ...approve, startup_timeout_sec: STARTUP_SECONDS })] as const;
  });
  const kas = kasServer === null ? [] : [["kasmos", kasTable(kasServer)] as const];
  return {
    overrides: [...tables, ...kas].map(([name, table]) => [serverKey(name), table]),
    env: variables.added,
  };
}

/** A name with a dot would be split there. */
function serverKey(name: string): string {
  if (/^[\w-]+$/.test(name)) return `mcp_servers.${name}`;
  throw new KasError("invalid", `Cannot give codex the MCP server ${quote(name)}`, {
    hint: "Its name may have letters, digits, - and _ only",
  });
}

function kasTable({ command, envNames }: NonNullable<RenderRequest["kasServer"]>): string {
  const [program = "", ...args] = command;
  return tomlTable({
    command: tomlString(program),
    args: tomlStrings(args),
    env_vars: tomlStrings(envNames),
    default_tools_approval_mode: tomlString("approve"),
    startup_timeout_sec: STARTUP_SECONDS,
  });
}

function stdioTable(
  name: string,
  { command, args, env }: Extract<McpServer, { type: "stdio" }>,
  variables: ServerVariables,
): Record<string, string> {
  for (const text of [command, ...args]) refusePlaceholder(name, "command", text);
  const byName: string[] = [];
  const plain: Record<string, string> = {};
  for (const [variable, text] of Object.entries(env)) {
    if (!hasPlaceholder(text)) plain[variable] = text;
    else {
      variables.set(name, variable, text);
      byName.push(variable);
    }
  }
  return {
    command: tomlString(command),
    args: tomlStrings(args),
    env_vars: tomlStrings(byName),
    env: tomlTexts(plain),
  };
}

function httpTable(
  name: string,
  { url, headers }: Extract<McpServer, { type: "http" | "sse" }>,
  variables: ServerVariables,
): Record<string, string> {
  refusePlaceholder(name, "url", url);
  const plain: Record<string, string> = {};
  const byName: Record<string, string> = {};
  for (const [header, text] of Object.entries(headers)) {
    if (!hasPlaceholder(text)) plain[header] = text;
    else {
      const variable = `KAS_HEADER_${name}_${header}`.replaceAll(/\W/g, "_").toUpperCase();
      variables.set(name, variable, text);
      byName[header] = variable;
    }
  }
  return {
    url: tomlString(url),
    http_headers: tomlTexts(plain),
    env_http_headers: tomlTexts(byName),
  };
}

function refusePlaceholder(name: string, part: string, text: string): void {
  if (!hasPlaceholder(text)) return;
  throw new KasError(
    "runtime_unfit",
    `Cannot give codex the MCP server ${quote(name)}: codex fills in no variables in its ${part}`,
    { hint: "Put the variable into its env or headers", context: { server: name, text } },
  );
}
