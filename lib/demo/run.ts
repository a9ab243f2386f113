import { startDaemon, subscribe, wakeDaemon } from "../daemon/client.ts";
import { isLocked, lockedPid } from "../daemon/lock.ts";
import { applyEvent, createTask } from "../engine/operations.ts";
import { openHome, openWorkspaceAt } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { DEMO_REQUEST } from "../harness/demo/plan.ts";
import { requireTmux, TmuxServer } from "../session/tmux/mod.ts";
import type { EventRow, Session } from "../store/types.ts";
import { git, makeSandbox, type Sandbox } from "./sandbox.ts";

/** Nothing in the demo takes this long; in ms. */
const LIMIT_MS = 120_000;

const TASK = "greet-people";

export interface DemoResult {
  readonly sandbox: Sandbox;
  readonly task: string;
  readonly durationMs: number;
  readonly sessions: readonly Session[];
  /** `git log --graph` of the merged main branch. */
  readonly log: string;
}

/**
 * Runs the whole lifecycle with the built-in agent in a sandbox and follows it.
 * @param follow called for every event, with the ms since the start
 * @throws KasError when it does not end in a merge; the sandbox is cleaned up then as well
 */
export async function runDemo(
  options: { keep: boolean; signal: AbortSignal },
  follow: (event: EventRow, at: number) => void,
  ready: (sandbox: Sandbox) => void,
): Promise<DemoResult> {
  await requireTmux();
  const sandbox = await makeSandbox();
  let kept = false;
  try {
    ready(sandbox);
    const result = await play(sandbox, options.signal, follow);
    kept = options.keep;
    return result;
  } finally {
    if (!kept) await removeSandbox(sandbox);
  }
}

async function play(
  sandbox: Sandbox,
  signal: AbortSignal,
  follow: (event: EventRow, at: number) => void,
): Promise<DemoResult> {
  const began = Date.now();
  await using home = await openHome(sandbox.paths);
  const workspace = await openWorkspaceAt(home, sandbox.repo);
  await home.store.setRegistered(workspace.project.id, true);
  await startDaemon(sandbox.paths);
  const task = await createTask(home, workspace, { name: TASK, description: DEMO_REQUEST }, "demo");
  await applyEvent(home, workspace, TASK, "plan_start", "demo");
  await wakeDaemon(sandbox.paths, { start: false });
  const limit = AbortSignal.timeout(LIMIT_MS);
  const stop = AbortSignal.any([signal, limit]);
  let merged = false;
  for await (const event of subscribe(sandbox.paths, { afterId: 0 }, stop)) {
    follow(event, event.at - began);
    merged = event.kind === "task_merged";
    if (merged) break;
    if (event.kind === "decision_opened") {
      throw new KasError("internal", `The demo stopped at a question: ${event.message}`);
    }
  }
  if (!merged) {
    signal.throwIfAborted();
    throw new KasError("internal", `The demo did not end within ${LIMIT_MS / 1000} seconds`);
  }
  return {
    sandbox,
    task: TASK,
    durationMs: Date.now() - began,
    sessions: await home.store.sessions({ taskId: task.id }),
    log: await git(sandbox.repo, "log", "--graph", "--oneline", "--no-decorate", "main"),
  };
}

/** Ends everything the demo started and removes its folder. */
async function removeSandbox(sandbox: Sandbox): Promise<void> {
  const { paths, root } = sandbox;
  const pid = await isLocked(paths.lock) ? await lockedPid(paths.lock) : null;
  if (pid !== null) Deno.kill(pid, "SIGTERM");
  while (pid !== null && await isLocked(paths.lock)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await using tmux = TmuxServer.open({ socket: paths.tmuxSocket });
  await tmux.killServer();
  await Deno.remove(root, { recursive: true });
}
