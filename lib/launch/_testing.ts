import type { AgentContext, AgentParts } from "../agent/types.ts";
import { hostEnvironment } from "../harness/env.ts";
import type { Capabilities, Harness, RenderRequest } from "../harness/types.ts";
import type { LaunchInput } from "./types.ts";

/** A temporary world of one agent, removed at the end of the block. */
export interface LaunchWorld extends AsyncDisposable {
  readonly root: string;
  readonly cwd: string;
  readonly agent: string;
  readonly home: string;
  readonly launchDir: string;
  readonly bin: string;
}

/** Makes {@link LaunchWorld}. */
export async function launchWorld(): Promise<LaunchWorld> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-launch-" }));
  const world = {
    root,
    cwd: `${root}/work`,
    agent: `${root}/agents/coder`,
    home: `${root}/home`,
    launchDir: `${root}/state/launch`,
    bin: `${root}/bin`,
  };
  for (const path of [world.cwd, world.agent, world.home, world.bin]) {
    await Deno.mkdir(path, { recursive: true });
  }
  return {
    ...world,
    async [Symbol.asyncDispose]() {
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** Writes a script of sh that stands in for a runtime. @returns its path */
export async function script(world: LaunchWorld, name: string, body: string): Promise<string> {
  const path = `${world.bin}/${name}`;
  await Deno.writeTextFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
  return path;
}

/** No parts at all. */
export const NO_PARTS: AgentParts = {
  soul: "",
  skills: {},
  commands: {},
  hooks: {},
  mcpServers: {},
  scriptsDir: null,
  binDir: null,
};

/** A context in a world, with `changes` on top. */
export function testContext(
  world: LaunchWorld,
  changes: Partial<AgentContext> = {},
): AgentContext {
  return {
    agent: "coder",
    scope: "global",
    directory: world.agent,
    role: null,
    mode: "run",
    runtime: "command",
    program: ["/bin/sh"],
    model: null,
    effort: null,
    permission: "ask",
    permissionRaw: null,
    outputFormat: "text",
    maxTurns: null,
    timeoutMinutes: null,
    cwd: world.cwd,
    task: "- do it",
    resume: null,
    extraArgs: [],
    parts: NO_PARTS,
    passEnv: [],
    setEnv: {},
    secrets: {},
    strict: false,
    ...changes,
  };
}

/** The input of a launch in a world, with `changes` on top. */
export function testInput(
  world: LaunchWorld,
  context: AgentContext,
  changes: Partial<LaunchInput> = {},
): LaunchInput {
  return {
    context,
    launchDir: world.launchDir,
    repoRoot: null,
    hostEnv: { PATH: "/usr/bin:/bin", HOME: world.home, OUTER_SECRET: "outer" },
    variables: { KASMOS_MANAGED: "1", KASMOS_TOKEN: "token-of-this-launch" },
    shimDir: `${world.root}/shim`,
    secret: (_, variable) => Promise.resolve(`value-of-${variable}`),
    kasServer: true,
    promptFile: `${world.launchDir}/prompt.md`,
    lockFile: `${world.root}/run/answers.lock`,
    ...changes,
  };
}

/** Takes everything. */
export const ALL: Capabilities = {
  soul: "system",
  model: true,
  efforts: null,
  permissions: ["ask", "auto", "yolo"],
  permissionRaw: true,
  outputFormats: ["text", "json", "stream-json"],
  maxTurns: true,
  mcp: ["stdio", "http", "sse"],
  skills: true,
  hookEvents: ["Stop"],
  commands: true,
  resume: true,
  strict: true,
};

/** A harness that keeps what it was asked in `asked`; its program reads the task on stdin. */
export function recordingHarness(
  can: Partial<Capabilities> = {},
  changes: Partial<Harness> = {},
): Harness & { readonly asked: RenderRequest[] } {
  const asked: RenderRequest[] = [];
  return {
    name: "recording",
    defaultProgram: "sh",
    programVariable: "KASMOS_RECORDING_BIN",
    install: "get it",
    minVersion: null,
    capabilities: { ...ALL, ...can },
    envNames: [],
    interruptKeys: [],
    version: () => Promise.resolve("1.2.3"),
    render: (request) => {
      asked.push(request);
      const { context } = request;
      return Promise.resolve({
        argv: [...context.program, ...context.extraArgs],
        env: { ...hostEnvironment(request.hostEnv, []), ...request.env },
        files: [{ path: `${request.launchDir}/gen/settings.json`, text: "{}" }],
        answers: [],
        stdin: context.task,
        notes: [],
      });
    },
    read: (stdout) => ({
      text: stdout,
      sessionId: null,
      outcome: null,
      error: null,
      usage: null,
    }),
    state: () => Promise.resolve({ activity: "unknown", evidence: "" }),
    asked,
    ...changes,
  };
}
