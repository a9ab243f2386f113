import type { McpServer } from "../agent/types.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** `${NAME}` or `${NAME:-default}` in a text of mcp.json. */
const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

type Env = Readonly<Record<string, string>>;

/** A name may be one that every object has, such as `constructor`. */
function valueOf(env: Env, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

/** Names of the variables a text asks for that have no default. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)]
    .filter(([, , otherwise]) => otherwise === undefined)
    .map(([, name = ""]) => name);
}

/** True when a text asks for a variable, with a default or without. */
export function hasPlaceholder(text: string): boolean {
  return text.search(PLACEHOLDER) >= 0;
}

/**
 * A text with its placeholders filled in. The result may be secret: it belongs into an environment
 * and nowhere else. A variable that is not there leaves its placeholder as it is.
 */
export function expand(text: string, env: Env): string {
  return text.replace(
    PLACEHOLDER,
    (whole, name: string, otherwise?: string) => valueOf(env, name) || (otherwise ?? whole),
  );
}

/** A warning for each server that asks for variables the agent does not get. */
export function missingVariables(
  servers: Readonly<Record<string, McpServer>>,
  env: Env,
): string[] {
  return Object.entries(servers).flatMap(([name, server]) => {
    const missing = [...new Set(textsOf(server).flatMap(placeholders))]
      .filter((variable) => valueOf(env, variable) === undefined);
    if (missing.length === 0) return [];
    return [
      `the MCP server ${quote(name)} asks for ${missing.join(", ")}, which is not set for this ` +
      "agent: name it under [env] pass or [env.secret] of its agent.toml",
    ];
  });
}

function textsOf(server: McpServer): string[] {
  return server.type === "stdio"
    ? [server.command, ...server.args, ...Object.values(server.env)]
    : [server.url, ...Object.values(server.headers)];
}

/**
 * Variables for the runtime's own environment, which its stdio servers get their values from by
 * name. Collected over all servers of a launch.
 */
export class ServerVariables {
  /** What has to be added to the environment of the launch. */
  readonly added: Record<string, string> = {};
  constructor(private readonly env: Env) {}

  /**
   * Makes sure that `name` has the value of `text` in the environment.
   * @throws KasError "invalid" when it has another one already
   */
  set(server: string, name: string, text: string): void {
    const value = expand(text, this.env);
    const current = valueOf(this.added, name) ?? valueOf(this.env, name);
    if (current === value) return;
    if (current !== undefined) {
      throw new KasError(
        "invalid",
        `Cannot give the MCP server ${quote(server)} its variable ${quote(name)}: the agent has ` +
          "another value for it, and this runtime has one environment for both",
        { hint: "Use another name, or give the agent the same value" },
      );
    }
    this.added[name] = value;
  }
}
