import { now } from "../files/now.ts";
import type { AgentContext } from "../agent/types.ts";
import { KasError, messageOf } from "../errors.ts";
import type { Capabilities } from "../harness/types.ts";
import { quote } from "../names.ts";

/** What is looked at before anything is written or started. */

/**
 * The real path of the folder an agent is to work in.
 * @throws KasError "not_found" when there is none, "invalid" when it is no folder or not readable
 */
export async function requireFolder(path: string): Promise<string> {
  try {
    const real = await now.realPath(path);
    if ((await now.stat(real)).isDirectory) return real;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      throw new KasError(
        "not_found",
        `Cannot work in ${quote(path, 200)}: there is no such folder`,
        {
          hint: "Give an existing folder with --cwd",
          context: { cwd: path },
          cause,
        },
      );
    }
    throw new KasError("invalid", `Cannot work in ${quote(path, 200)}: ${messageOf(cause)}`, {
      hint: "Check the permissions of the folder",
      context: { cwd: path },
      cause,
    });
  }
  throw new KasError("invalid", `Cannot work in ${quote(path, 200)}: it is not a folder`, {
    hint: "Give a folder with --cwd",
    context: { cwd: path },
  });
}

/**
 * The file a program name stands for, found as execvp(3) would: a name with a slash from `cwd`,
 * any other on the PATH.
 * @throws KasError "missing_program" saying what is in its place
 */
export async function findProgram(name: string, path: string, cwd: string): Promise<string> {
  const { file, inTheWay } = await search(name, path, cwd);
  if (file !== null) return file;
  const why = inTheWay ??
    (name.includes("/") ? "there is no such file" : "it is not on the PATH");
  throw new KasError("missing_program", `Cannot run ${quote(name, 200)}: ${why}`, {
    hint: "Install it, put it on the PATH, or name another program in the agent's profile",
    context: { program: name },
  });
}

/** Whether a program of this name can be run, by {@link findProgram}'s rules. */
export async function isProgram(name: string, path: string): Promise<boolean> {
  return (await search(name, path, "/")).file !== null;
}

async function search(
  name: string,
  path: string,
  cwd: string,
): Promise<{ file: string | null; inTheWay: string | null }> {
  let inTheWay: string | null = null;
  for (const file of candidates(name, path, cwd)) {
    const kind = await kindOf(file);
    if (kind === "program") return { file, inTheWay };
    if (kind !== null) inTheWay ??= `${quote(file, 200)} is ${kind}`;
  }
  return { file: null, inTheWay };
}

function candidates(name: string, path: string, cwd: string): string[] {
  if (name.includes("/")) return [name.startsWith("/") ? name : `${cwd}/${name}`];
  return path.split(":").filter((folder) => folder.startsWith("/")).map((folder) =>
    `${folder}/${name}`
  );
}

async function kindOf(path: string): Promise<string | null> {
  try {
    const info = await now.stat(path);
    if (info.isDirectory) return "a folder";
    if (!info.isFile) return "not a file";
    return ((info.mode ?? 0o111) & 0o111) === 0 ? "not executable" : "program";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    if (error instanceof Deno.errors.PermissionDenied) return "not accessible";
    throw error;
  }
}

/** What a runtime cannot do of what a context needs, in words; empty when it fits. */
export function misfits(context: AgentContext, can: Capabilities): string[] {
  const { parts } = context;
  const missing: string[] = [];
  const need = (isNeeded: boolean, isThere: boolean, what: string): void => {
    if (isNeeded && !isThere) missing.push(what);
  };
  need(parts.soul.trim() !== "", can.soul !== "none", "a system prompt (soul.md)");
  need(context.model !== null, can.model, `a model (${context.model})`);
  if (context.effort !== null && can.efforts !== null && !can.efforts.includes(context.effort)) {
    const known = can.efforts.length === 0 ? "" : `; it knows ${can.efforts.join(", ")}`;
    missing.push(`the effort ${quote(context.effort)}${known}`);
  }
  if (context.permissionRaw !== null) {
    need(true, can.permissionRaw, `a raw permission (${quote(context.permissionRaw)})`);
  } else need(true, can.permissions.includes(context.permission), permissionText(context, can));
  if (context.mode === "run") {
    const formats = can.outputFormats.join(", ");
    need(
      true,
      can.outputFormats.includes(context.outputFormat),
      `the output format ${context.outputFormat}; it knows ${formats}`,
    );
    need(context.maxTurns !== null, can.maxTurns, `a limit of turns (${context.maxTurns})`);
  }
  need(context.resume !== null, can.resume, "resuming a session");
  need(context.strict, can.strict, "keeping out the user's own settings (strict)");
  return [...missing, ...partMisfits(context, can)];
}

function permissionText(context: AgentContext, can: Capabilities): string {
  const known = can.permissions.length === 0 ? "" : `; it knows ${can.permissions.join(", ")}`;
  return `the permission ${context.permission}${known}`;
}

function partMisfits({ parts }: AgentContext, can: Capabilities): string[] {
  const missing: string[] = [];
  const skills = Object.keys(parts.skills);
  if (skills.length > 0 && !can.skills) missing.push(`skills (${skills.join(", ")})`);
  const commands = Object.keys(parts.commands);
  if (commands.length > 0 && !can.commands) {
    missing.push(`slash commands (${commands.join(", ")})`);
  }
  const events = Object.keys(parts.hooks).filter((event) => !can.hookEvents.includes(event));
  if (events.length > 0) missing.push(`hooks on ${events.join(", ")}`);
  for (const [name, { type }] of Object.entries(parts.mcpServers)) {
    if (!can.mcp.includes(type)) missing.push(`the ${type} MCP server ${quote(name)}`);
  }
  return missing;
}

/**
 * Refuses a context its runtime cannot carry out.
 * @throws KasError "runtime_unfit" naming everything that is missing
 */
export function requireFit(context: AgentContext, can: Capabilities): void {
  const missing = misfits(context, can);
  if (missing.length === 0) return;
  throw new KasError(
    "runtime_unfit",
    `Cannot start ${context.agent} on ${context.runtime}, which does not take: ` +
      missing.join("; "),
    {
      hint: "Choose another runtime with --runtime, or change the agent",
      context: { agent: context.agent, runtime: context.runtime, missing },
    },
  );
}
