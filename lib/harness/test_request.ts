import type { AgentContext, AgentParts } from "../agent/types.ts";
import type { Launch, RenderRequest } from "./types.ts";

/** A temporary folder with a launch folder in it, removed at the end of the block. */
export interface TestDirs extends AsyncDisposable {
  readonly root: string;
  readonly home: string;
  readonly launchDir: string;
}

/** Makes {@link TestDirs}. */
export async function testDirs(): Promise<TestDirs> {
  const root = await Deno.makeTempDir({ prefix: "kas-harness-" });
  const home = `${root}/home`;
  const launchDir = `${root}/launch`;
  await Deno.mkdir(home);
  await Deno.mkdir(launchDir, { mode: 0o700 });
  return {
    root,
    home,
    launchDir,
    async [Symbol.asyncDispose]() {
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** Parts of an agent that has none. */
export const NO_PARTS: AgentParts = {
  soul: "",
  skills: {},
  commands: {},
  hooks: {},
  mcpServers: {},
  scriptsDir: null,
  binDir: null,
};

/** What a test changes of {@link testRequest}; parts are added to {@link NO_PARTS}. */
export interface TestChanges
  extends Omit<Partial<RenderRequest>, "context">, Omit<Partial<AgentContext>, "parts"> {
  readonly parts?: Partial<AgentParts>;
}

/** A chat of a coder in `dirs`, with `changes` on top. */
export function testRequest(dirs: TestDirs, changes: TestChanges = {}): RenderRequest {
  const {
    parts,
    launchDir,
    agentDir,
    repoRoot,
    promptFile,
    kasServer,
    stateHook,
    version,
    env,
    hostEnv,
    ...context
  } = changes;
  const dir = launchDir ?? dirs.launchDir;
  return {
    context: { ...CONTEXT, ...context, parts: { ...NO_PARTS, ...parts } },
    launchDir: dir,
    agentDir: agentDir ?? `${dir}/agent`,
    repoRoot: repoRoot === undefined ? "/repo" : repoRoot,
    promptFile: promptFile === undefined ? `${dir}/prompt.md` : promptFile,
    kasServer: kasServer === undefined
      ? { command: ["kas", "mcp"], envNames: ["KASMOS_PROJECT", "KASMOS_TASK"] }
      : kasServer,
    stateHook: stateHook ?? null,
    version: version ?? null,
    env: env ?? { KASMOS_TASK: "add-login", KASMOS_PROJECT: "shop" },
    hostEnv: hostEnv ?? { PATH: "/bin", HOME: dirs.home, SECRET: "x" },
  };
}

const CONTEXT: AgentContext = {
  agent: "reviewer",
  scope: "project",
  directory: null,
  role: "coder",
  mode: "chat",
  runtime: "command",
  program: ["agent"],
  model: null,
  effort: null,
  permission: "yolo",
  permissionRaw: null,
  outputFormat: "text",
  maxTurns: null,
  timeoutMinutes: null,
  cwd: "/repo/.worktrees/a.b",
  task: "Do it",
  resume: null,
  extraArgs: [],
  parts: NO_PARTS,
  passEnv: [],
  setEnv: {},
  secrets: {},
  strict: false,
};

/** Text of a generated file by its path below the launch folder. */
export function fileOf({ files }: Launch, { launchDir }: TestDirs, path: string): string {
  const found = files.find((file) => file.path === `${launchDir}/${path}`);
  if (found !== undefined) return found.text;
  throw new Error(`No file "${path}" in ${files.map((file) => file.path).join(", ")}`);
}
