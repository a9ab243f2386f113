import type { AgentContext } from "../agent/types.ts";
import type { Role } from "../store/types.ts";
import { temporaryDir, writePrivate } from "./files.ts";
import { readIfThere } from "./files.ts";
import type { AgentState, Harness, RenderRequest, StateQuery } from "./types.ts";

/** A launch of a lifecycle session, as the engine asks for it until it goes through lib/launch. */
export interface LaunchRequest {
  readonly sessionId: number;
  readonly role: Role;
  readonly cwd: string;
  readonly repoRoot: string;
  readonly prompt: string;
  readonly promptFile: string;
  readonly sessionDir: string;
  readonly program: readonly string[];
  readonly model: string | null;
  readonly effort: string | null;
  readonly flags: readonly string[];
  readonly permission: "prompt" | "bypass";
  readonly mcp: {
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  readonly env: Readonly<Record<string, string>>;
  readonly hostEnv: Readonly<Record<string, string>>;
}

type OldQuery = Omit<StateQuery, "launchDir"> & { readonly sessionDir: string };

/** A harness that can still be asked the old way. */
export interface PreparingHarness extends Harness {
  /** Renders a launch, writes its files and applies its answers. */
  prepare(
    request: LaunchRequest,
  ): Promise<{ argv: readonly string[]; env: Readonly<Record<string, string>> }>;
  state(query: StateQuery | OldQuery): Promise<AgentState>;
}

/** Adds the old way to a harness. */
export function preparing(harness: Harness): PreparingHarness {
  return {
    ...harness,
    async prepare(request) {
      const { argv, env, files, answers } = await harness.render(renderRequest(request));
      await Deno.mkdir(temporaryDir(request.sessionDir), { recursive: true, mode: 0o700 });
      await Deno.mkdir(`${request.sessionDir}/agent`, { recursive: true, mode: 0o700 });
      for (const { path, text } of files) {
        await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
        await writePrivate(path, text);
      }
      for (const { path, edit } of answers) {
        const text = edit(await readIfThere(path));
        if (text === null) continue;
        await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
        await writePrivate(path, text);
      }
      return { argv, env };
    },
    state: (query) =>
      harness.state("launchDir" in query ? query : { ...query, launchDir: query.sessionDir }),
  };
}

function renderRequest(request: LaunchRequest): RenderRequest {
  const env = { ...request.mcp.env, ...request.env };
  const own = Object.keys(request.env).filter((name) => name.startsWith("KASMOS_"));
  return {
    context: contextOf(request),
    launchDir: request.sessionDir,
    agentDir: `${request.sessionDir}/agent`,
    repoRoot: request.repoRoot,
    promptFile: request.promptFile,
    kasServer: {
      command: request.mcp.command,
      envNames: [...new Set([...own, ...Object.keys(request.mcp.env)])].sort(),
    },
    env,
    hostEnv: request.hostEnv,
  };
}

function contextOf(request: LaunchRequest): AgentContext {
  return {
    agent: request.role,
    scope: "builtin",
    directory: null,
    role: request.role,
    mode: "chat",
    runtime: "command",
    program: request.program,
    model: request.model,
    effort: request.effort,
    permission: request.permission === "bypass" ? "yolo" : "auto",
    permissionRaw: null,
    outputFormat: "text",
    maxTurns: null,
    timeoutMinutes: null,
    cwd: request.cwd,
    task: request.prompt,
    resume: null,
    extraArgs: request.flags,
    parts: {
      soul: "",
      skills: {},
      commands: {},
      hooks: {},
      mcpServers: {},
      scriptsDir: null,
      binDir: null,
    },
    passEnv: [],
    setEnv: {},
    secrets: {},
    strict: false,
  };
}
