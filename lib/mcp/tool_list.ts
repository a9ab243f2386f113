import { toJsonSchema } from "to-json-schema";
import * as v from "valibot";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { TOOLS } from "./tools.ts";
import type { Tool } from "./types.ts";

/** A tool as the protocol lists it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object"; readonly [key: string]: unknown };
  readonly annotations: Tool["annotations"];
  // The protocol's own type allows more keys.
  [key: string]: unknown;
}

const listed = new Map<boolean, ListedTool[]>();

/** The tools for an agent, or for a person, who has more. Made once. */
export function toolList(isAgent: boolean): ListedTool[] {
  const known = listed.get(isAgent);
  if (known !== undefined) return known;
  const made = TOOLS.filter((tool) => !(isAgent && tool.people)).map((tool) => ({
    name: tool.name,
    description: tool.description,
    inputSchema: schemaOf(tool),
    annotations: tool.annotations,
    ...tool.meta === undefined ? {} : { _meta: tool.meta },
  }));
  listed.set(isAgent, made);
  return made;
}

function schemaOf(tool: Tool): ListedTool["inputSchema"] {
  const { $schema: _dialect, ...schema } = toJsonSchema(tool.schema, { errorMode: "ignore" });
  return { ...schema, type: "object" };
}

/** Names of a tool's arguments. */
export function argumentNames(tool: Tool): string[] {
  return Object.keys(schemaOf(tool)["properties"] ?? {});
}

/**
 * Refuses arguments that the tool does not take, before anything is opened.
 * @throws KasError "invalid" naming each
 */
export function checkArguments(tool: Tool, args: Record<string, unknown>): void {
  const { success, issues } = v.safeParse(tool.schema, args);
  if (success) return;
  const names = argumentNames(tool);
  const problems = issues.map((issue) => {
    const path = v.getDotPath(issue) ?? "";
    if (path !== "" && !names.includes(path.split(".")[0] ?? "")) {
      const near = nearest(path, names);
      return `unknown argument ${quote(path)}${near === null ? "" : `, did you mean "${near}"?`}`;
    }
    if (issue.received === "undefined") return `${quote(path)} is missing`;
    return `${path === "" ? "the arguments" : quote(path)}: ${issue.message}`;
  });
  throw new KasError("invalid", `Cannot call ${tool.name}: ${problems.join("; ")}`, {
    hint: `Its arguments: ${names.join(", ")}`,
    context: { tool: tool.name },
  });
}
