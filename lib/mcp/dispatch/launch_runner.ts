import { NO_SETTINGS } from "../../agent/context.ts";
import type { AgentContext } from "../../agent/types.ts";
import { messageOf } from "../../errors.ts";
import type { RunReading } from "../../harness/types.ts";
import { ensureShim } from "../../launch/shim.ts";
import { holdFolder, type LaunchFolder, launchPath, sweepFolders } from "../../launch/folder.ts";
import { withoutSecrets } from "../../launch/mask.ts";
import { materialize } from "../../launch/materialize.ts";
import { outcomeOf } from "../../launch/outcome.ts";
import { type PreparedLaunch, prepareLaunch } from "../../launch/prepare.ts";
import { type RunEnd, type RunningAgent, runProcess } from "../../launch/process.ts";
import { chooseLaunch } from "../../launch/wish.ts";
import { resolveSecret } from "../../secret/mod.ts";
import { endOrphans, markRun } from "./orphans.ts";
import { Tail } from "./tail.ts";
import type { AgentRunner, PreparedRun, RunningRun, RunOrder, RunOutcome } from "./types.ts";

/** Bytes of output that are kept: the end of it holds the answer. */
const MAX_STDOUT = 16 * 1024 * 1024;
const MAX_STDERR = 8 * 1024;

/** Starts agents as `kas run` does, each in a folder of its own that is removed at its end. */
export class LaunchRunner implements AgentRunner {
  /** See {@link AgentRunner.prepare}. */
  async prepare(order: RunOrder): Promise<PreparedRun> {
    const { home, project, hostEnv } = order;
    const { paths } = home;
    const { runtime, model, effort, permission, agent } = order;
    const { context, notes } = await chooseLaunch({
      agent,
      mode: "run",
      cwd: order.cwd,
      task: order.task,
      resume: null,
      flags: { ...NO_SETTINGS, runtime, model, effort, permission },
      strict: false,
      readable: true,
    }, { paths, hostEnv, repoRoot: project.root, caller: order.caller });
    const launchDir = launchPath(paths.stateDir, agent);
    const input = {
      context,
      launchDir,
      repoRoot: project.root,
      hostEnv,
      variables: {},
      shimDir: await ensureShim(paths.runtimeDir),
      secret: (ref: AgentContext["secrets"][string], variable: string) =>
        resolveSecret(ref, { paths, hostEnv }, { agent, variable }),
      kasServer: true,
      promptFile: `${launchDir}/task.md`,
      lockFile: `${paths.stateDir}/settings.lock`,
    };
    // Rendered once without an identity: what cannot work is refused before there is one.
    const checked = await prepareLaunch(input);
    return {
      runtime: context.runtime,
      permission: context.permission,
      notes: [...notes, ...checked.launch.notes],
      start: async (variables) => {
        await endOrphans(paths.stateDir);
        await sweepFolders(paths.stateDir);
        const prepared = await prepareLaunch({ ...input, variables: { ...variables } });
        return await start(prepared, order.graceMs);
      },
    };
  }
}

async function start(prepared: PreparedLaunch, graceMs: number): Promise<RunningRun> {
  const folder = await holdFolder(prepared.launchDir);
  const out = new Tail(MAX_STDOUT);
  const err = new Tail(MAX_STDERR);
  let running: RunningAgent | null = null;
  try {
    await materialize(prepared);
    running = runProcess(prepared, {
      stdout: (chunk) => Promise.resolve(out.add(chunk)),
      stderr: (chunk) => Promise.resolve(err.add(chunk)),
      timeoutMs: null,
      graceMs,
    });
    const marked = mark(folder, running.pid);
    // a run may be over before its mark is written: the folder stays until then
    const outcome = finish(prepared, folder, marked, running.ended, out, err);
    await marked;
    const { pid, stop } = running;
    return {
      pid,
      printed: () => out.total,
      outcome,
      async stop() {
        stop("SIGTERM");
        await outcome;
      },
      kill: () => stop("SIGKILL"),
    };
  } catch (error) {
    // a process that runs keeps its folder until it is gone
    if (running === null) await folder[Symbol.asyncDispose]();
    else running.stop("SIGTERM");
    throw error;
  }
}

async function mark(folder: LaunchFolder, pid: number): Promise<void> {
  await folder.started(pid);
  await markRun(folder.path, pid);
}

async function finish(
  prepared: PreparedLaunch,
  folder: LaunchFolder,
  marked: Promise<void>,
  ended: Promise<RunEnd>,
  out: Tail,
  err: Tail,
): Promise<RunOutcome> {
  await using _held = folder;
  const { context } = prepared;
  const [end] = await Promise.all([ended, Promise.allSettled([marked])]);
  const reading = read(prepared, out.text());
  const { reason, problem, exitCode, signal } = outcomeOf(context.runtime, end, reading, null);
  const { usage } = reading;
  return {
    text: reading.text,
    ok: reason === "completed",
    problem: problem === null ? null : withoutSecrets(prepared, problem),
    exitCode,
    exitSignal: signal,
    sessionId: reading.sessionId,
    usage: usage === null ? null : {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cost_usd: usage.costUsd,
      turns: usage.turns,
    },
    errorTail: withoutSecrets(prepared, err.text()),
  };
}

/** What it printed may be anything; then it stands as it is. */
function read({ harness, context }: PreparedLaunch, stdout: string): RunReading {
  try {
    return harness.read(stdout, context.outputFormat);
  } catch (error) {
    return {
      text: stdout.trim(),
      sessionId: null,
      outcome: "failed",
      error: `its output cannot be read: ${messageOf(error)}`,
      usage: null,
    };
  }
}
