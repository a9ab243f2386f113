import type { LaunchRequest } from "./types.ts";

/** A temporary folder with a session folder in it, removed at the end of the block. */
export interface TestDirs extends AsyncDisposable {
  readonly root: string;
  readonly home: string;
  readonly sessionDir: string;
}

/** Makes {@link TestDirs}. */
export async function testDirs(): Promise<TestDirs> {
  const root = await Deno.makeTempDir({ prefix: "kas-harness-" });
  const home = `${root}/home`;
  const sessionDir = `${root}/session`;
  await Deno.mkdir(home);
  await Deno.mkdir(sessionDir, { mode: 0o700 });
  return {
    root,
    home,
    sessionDir,
    async [Symbol.asyncDispose]() {
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** A launch of a coder in `dirs`, with `changes` on top. */
export function testRequest(
  dirs: TestDirs,
  changes: Partial<LaunchRequest> = {},
): LaunchRequest {
  return {
    sessionId: 7,
    role: "coder",
    cwd: "/repo/.worktrees/a.b",
    repoRoot: "/repo",
    prompt: "Do it",
    promptFile: `${dirs.sessionDir}/prompt.md`,
    sessionDir: dirs.sessionDir,
    program: ["agent"],
    model: null,
    effort: null,
    flags: [],
    permission: "bypass",
    mcp: { command: ["kas", "mcp"], env: { KASMOS_PROJECT: "shop" } },
    env: { KASMOS_TASK: "add-login" },
    hostEnv: { PATH: "/bin", HOME: dirs.home, SECRET: "x" },
    ...changes,
  };
}
