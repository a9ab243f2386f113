import { OUTPUT_FORMATS } from "../lib/agent/types.ts";
import type { OutputFormat } from "../lib/agent/types.ts";
import { type Command, type CommandContext, defineCommand } from "../lib/cli/define.ts";
import { note, StdoutClosed } from "../lib/cli/output.ts";
import { startProgress, warn } from "../lib/cli/progress.ts";
import { KasError, messageOf } from "../lib/errors.ts";
import type { AgentSettings } from "../lib/agent/context.ts";
import {
  checkNumber,
  DEFAULT_AGENT,
  flagsOf,
  launchArgs,
  openStage,
  previewLaunch,
  readyLaunch,
  type Stage,
} from "./_launch.ts";
import { requireWith } from "./_shared.ts";
import { readTask } from "./_task_text.ts";
import { sweepFolders } from "../lib/launch/folder.ts";
import { watchInterrupts } from "../lib/launch/interrupts.ts";
import { runOneShot } from "../lib/launch/one_shot.ts";
import { AgentFailed } from "../lib/launch/outcome.ts";
import { chooseLaunch, type ChosenLaunch } from "../lib/launch/wish.ts";

const args = {
  ...launchArgs,
  output: {
    type: "enum",
    choices: OUTPUT_FORMATS,
    description: "What it prints: the answer, or JSON in the runtime's own words",
  },
  stream: { type: "boolean", description: "The same as --output stream-json" },
  maxTurns: { type: "number", metavar: "n", description: "Most turns it may take" },
  timeout: {
    type: "number",
    metavar: "minutes",
    description: "Most minutes it may take; 0 is no limit",
  },
  dryRun: { type: "boolean", description: "Show what would be started, and start nothing" },
} as const;

type Context = CommandContext<typeof args>;

const command: Command = defineCommand({
  description: "Run an agent once on a task and print its answer",
  details: "The answer goes to stdout as the runtime prints it; --json waits for the end and " +
    "prints one object that is the same for all runtimes. Piped input is the task, or is added " +
    "to it.",
  args,
  examples: [
    ["kas run -a researcher --task 'Which tests are slow?'", "One task, one answer"],
    ["kas run -a researcher --task … | kas run -a writer --task 'Sum this up'", "Pass it on"],
    ["kas run -a coder --task-file task.md --worktree fix-login", "Work beside your checkout"],
    ["kas run -a coder --task … --dry-run", "See what would be started"],
  ],
  async run(ctx) {
    const { values } = ctx;
    requireWith(values.title !== undefined, "--title", "--detach", values.detach === true);
    const { task, extra } = await readTask({ ...values, behind: ctx.behind });
    if (task === null) throw noTask();
    const format = formatOf(ctx);
    await using stage = await openStage(values.cwd);
    const chosen = await chooseLaunch({
      agent: values.agent ?? DEFAULT_AGENT,
      mode: "run",
      cwd: stage.cwd,
      task,
      resume: values.resume ?? null,
      flags: { ...flagsOf(values, extra), ...limitsOf(values), outputFormat: format },
      strict: values.strict === true,
      readable: ctx.json && format === null && values.dryRun !== true,
    }, stage);
    const kasServer = values.noMcp !== true;
    if (values.dryRun === true) return await showDryRun(ctx, stage, chosen, kasServer);
    if (values.detach === true) {
      const { detach } = await import("./_detach.ts");
      return await detach(ctx, stage, chosen, "run", extra);
    }
    if (values.worktree !== undefined) {
      const { inWorktree } = await import("./_detach.ts");
      return await runIt(ctx, stage, await inWorktree(stage, chosen, values.worktree), kasServer);
    }
    await runIt(ctx, stage, chosen, kasServer);
  },
});
export default command;

/** R23: without a task a runtime would begin to talk. */
function noTask(): KasError {
  return new KasError("usage", "Cannot run without a task", {
    hint: `Give it with --task, --task-file or on stdin; to talk, use "kas chat"`,
  });
}

/** The format of the runtime's own output. @throws KasError "usage" for options that contradict */
function formatOf({ values, json }: Context): OutputFormat | null {
  const { output, stream } = values;
  if (stream === true && output !== undefined && output !== "stream-json") {
    throw new KasError("usage", `Cannot use --stream together with --output ${output}`, {
      hint: "Give one of them",
    });
  }
  const format = stream === true ? "stream-json" : output ?? null;
  if (json && format !== null && values.dryRun !== true) {
    throw new KasError("usage", "Cannot use --json together with --output or --stream", {
      hint: "--json is kas's own form of the answer, the same for all runtimes",
    });
  }
  return format;
}

function limitsOf(
  values: Context["values"],
): Pick<AgentSettings, "maxTurns" | "timeoutMinutes"> {
  return {
    maxTurns: checkNumber("--max-turns", values.maxTurns, true),
    timeoutMinutes: checkNumber("--timeout", values.timeout, false),
  };
}

async function showDryRun(
  ctx: Context,
  stage: Stage,
  chosen: ChosenLaunch,
  kasServer: boolean,
): Promise<void> {
  const prepared = await previewLaunch(stage, chosen, { kasServer });
  const { describeLaunch, dryRunText } = await import("../lib/launch/dry_run.ts");
  const { filesToWrite } = await import("../lib/launch/materialize.ts");
  ctx.print(describeLaunch(prepared, await filesToWrite(prepared), chosen.notes), dryRunText);
}

async function runIt(
  ctx: Context,
  stage: Stage,
  chosen: ChosenLaunch,
  kasServer: boolean,
): Promise<void> {
  using interrupts = watchInterrupts();
  await using ready = await readyLaunch(stage, chosen, { kasServer });
  const { prepared } = ready;
  const notes = [...chosen.notes, ...prepared.launch.notes];
  if (!ctx.json) notes.forEach(warn);
  using _progress = ctx.json
    ? startProgress(`${prepared.context.agent} on ${prepared.context.runtime}`)
    : null;
  const { outcome, envelope } = await runOneShot(prepared, notes, {
    forward: ctx.json ? null : passOn,
    interrupts,
    started: async (pid) => {
      await ready.started(pid);
      await sweep(stage);
    },
  });
  if (ctx.json) ctx.print(envelope, () => "");
  else envelope.notes.slice(notes.length).forEach(warn);
  if (outcome.status === 0) return;
  if (outcome.problem === null) throw new StdoutClosed(null);
  throw new AgentFailed(prepared.context.agent, outcome);
}

/** What is left of runs that could not clean up; this run goes on whatever comes of it. */
async function sweep(stage: Stage): Promise<void> {
  try {
    await sweepFolders(stage.paths.stateDir);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    note(`warning: cannot remove what earlier runs left: ${error.message}`);
  }
}

/** Writes to stdout without holding up kas: signals come through while a slow reader takes its time. */
async function passOn(chunk: Uint8Array): Promise<void> {
  for (let sent = 0; sent < chunk.length;) {
    try {
      sent += await Deno.stdout.write(chunk.subarray(sent));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw error;
      if (!(error instanceof Deno.errors.WouldBlock)) throw cannotWrite(error);
      // a pipe somebody made non-blocking is full
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function cannotWrite(cause: unknown): KasError {
  return new KasError("agent_failed", `Cannot write the answer: ${messageOf(cause)}`, {
    hint: "The agent was ended; see where stdout goes",
    cause,
  });
}
