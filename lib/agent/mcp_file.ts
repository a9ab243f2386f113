import { quote } from "../names.ts";
import type { Note } from "./findings.ts";
import { JsonFile } from "./json_file.ts";
import type { McpServer } from "./types.ts";

/** An agent's `mcp.json`: the MCP servers it brings. */

/** The name under which every agent gets the server of kas itself. */
export const KAS_SERVER = "kasmos";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * Reads the servers of an agent, from `mcp.json`, or from `.mcp.json` where only that is there.
 * @throws KasError "invalid" with file, line and column
 * @see https://modelcontextprotocol.io/specification for the two kinds of transport
 */
export async function readMcpServers(
  directory: string,
  note: Note,
): Promise<Record<string, McpServer>> {
  const hidden = await JsonFile.read(`${directory}/.mcp.json`, note);
  const plain = await JsonFile.read(`${directory}/mcp.json`, note);
  if (hidden !== null && plain !== null) {
    note({
      id: "mcp.two_files",
      severity: "warning",
      message: `${quote(".mcp.json")} is not read: ${quote("mcp.json")} is there too`,
      detail: directory,
      fix: "Merge them and remove .mcp.json",
    });
  }
  const file = plain ?? hidden;
  return file === null ? {} : parseMcpServers(file, note);
}

/** The servers a file names. @throws KasError "invalid" with file, line and column */
export function parseMcpServers(file: JsonFile, note: Note): Record<string, McpServer> {
  const { mcpServers, ...rest } = file.object(file.value, []);
  unusedKeys(file, [], rest, note);
  const servers: Record<string, McpServer> = {};
  for (const [name, value] of Object.entries(file.object(mcpServers ?? {}, ["mcpServers"]))) {
    const path = ["mcpServers", name];
    if (!NAME.test(name)) throw file.wrong(path, "a name of letters, digits, '_' and '-'");
    if (name === KAS_SERVER) {
      throw file.wrong(path, "another name: this is that of kas's own server");
    }
    servers[name] = server(file, path, value, note);
  }
  return servers;
}

function server(file: JsonFile, path: string[], value: unknown, note: Note): McpServer {
  const { type, command, args, env, url, headers, ...rest } = file.object(value, path);
  const kind = kindOf(type, command, url);
  if (kind === null) {
    throw file.wrong(path, `either "command" (stdio) or "url" (type "http" or "sse")`);
  }
  unusedKeys(file, path, rest, note);
  if (kind === "stdio") {
    if (headers !== undefined) unusedKeys(file, path, { headers }, note);
    const words = file.list(args, [...path, "args"]);
    return {
      type: kind,
      command: file.text(command, [...path, "command"]),
      args: words.map((word, i) => {
        if (typeof word === "string" && !word.includes("\0")) return word;
        throw file.wrong([...path, "args", i], "a text");
      }),
      env: variables(file, [...path, "env"], env, note),
    };
  }
  unusedKeys(file, path, { ...args === undefined ? {} : { args } }, note);
  unusedKeys(file, path, { ...env === undefined ? {} : { env } }, note);
  const address = file.text(url, [...path, "url"]);
  if (!isUrl(address)) throw file.wrong([...path, "url"], "an http or https address");
  return {
    type: kind,
    url: address,
    headers: headersOf(file, [...path, "headers"], headers, note),
  };
}

function kindOf(type: unknown, command: unknown, url: unknown): McpServer["type"] | null {
  if ((command === undefined) === (url === undefined)) return null;
  if (command !== undefined) {
    return type === undefined || type === "stdio" || type === "local" ? "stdio" : null;
  }
  if (type === undefined || type === "http" || type === "streamable-http") return "http";
  return type === "sse" ? "sse" : null;
}

function variables(file: JsonFile, path: string[], value: unknown, note: Note) {
  const env = file.texts(value, path);
  for (const [name, text] of Object.entries(env)) {
    if (!VARIABLE.test(name)) throw file.wrong([...path, name], "the name of a variable");
    lookForSecret(file, [...path, name], name, text, note);
  }
  return env;
}

function headersOf(file: JsonFile, path: string[], value: unknown, note: Note) {
  const headers = file.texts(value, path);
  for (const [name, text] of Object.entries(headers)) {
    if (!HEADER.test(name) || /[\r\n]/.test(text)) throw file.wrong([...path, name], "a header");
    lookForSecret(file, [...path, name], name, text, note);
  }
  return headers;
}

/** The address may come from a variable, as a whole or in part. */
function isUrl(address: string): boolean {
  if (address.startsWith("${")) return true;
  try {
    const { protocol } = new URL(address.replace(/\$\{[^}]*\}/g, "1"));
    return protocol === "http:" || protocol === "https:";
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function lookForSecret(file: JsonFile, path: string[], name: string, text: string, note: Note) {
  const at = file.at(path);
  if (text.includes("${user_config.")) {
    note({
      id: "mcp.user_config",
      severity: "warning",
      message: `${at}: "\${user_config.…}" is filled in by nobody`,
      fix: `Name the variable under [env.secret] of agent.toml and write "\${${
        variableName(name)
      }}"`,
    });
  } else if (/token|secret|password|api_?key|authorization/i.test(name) && !text.includes("$")) {
    if (text === "") return;
    note({
      id: "mcp.plain_secret",
      severity: "warning",
      message: `${at}: ${quote(name)} looks like a secret that is written down`,
      fix: `Name the variable under [env.secret] of agent.toml and write "\${${
        variableName(name)
      }}"`,
    });
  }
}

function variableName(name: string): string {
  return VARIABLE.test(name) ? name : name.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}

function unusedKeys(file: JsonFile, path: string[], rest: object, note: Note): void {
  for (const key of Object.keys(rest)) {
    const message = `${file.at([...path, key])}: ${
      quote([...path, key].join("."), 200)
    } is not used`;
    note({ id: "mcp.unused_key", severity: "warning", message });
  }
}
