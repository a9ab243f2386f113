import { type Caller, requirePerson, requireScope } from "../engine/caller.ts";
import type { Tool } from "./types.ts";

/** @throws KasError "guard" when the caller may not use a tool at all */
export function requireTool(caller: Caller, tool: Tool): void {
  const what = `call ${tool.name}`;
  if (tool.people) requirePerson(caller, what);
  requireScope(caller, tool.scope, what);
}
