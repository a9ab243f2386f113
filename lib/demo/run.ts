import { subscribe, wakeDaemon } from "../daemon/client.ts";
import { applyEvent, createTask } from "../engine/operations.ts";
import { openHome, openWorkspaceAt } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { DEMO_REQUEST } from "../harness/demo/plan.ts";
import { requireGit } from "../git/mod.ts";
import { requireTmux } from "../session/tmux/mod.ts";
import type { EventRow, Session } from "../store/types.ts";
import { git, type Sandbox } from "./sandbox.ts";
import { enterStage } from "./stage.ts";

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
  await requireGit();
  await requireTmux();
  const stage = await enterStage();
  let kept = false;
  try {
    ready(stage.sandbox);
    const result = await play(stage.sandbox, options.signal, follow);
    kept = options.keep;
    return result;
  } finally {
    await stage.leave(kept);
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
