import { type Command, defineCommand } from "../lib/cli/define.ts";
import { warn } from "../lib/cli/progress.ts";
import { KasError } from "../lib/errors.ts";
import { chooseLaunch, type ChosenLaunch } from "../lib/launch/wish.ts";
import {
  DEFAULT_AGENT,
  flagsOf,
  launchArgs,
  openStage,
  readyLaunch,
  type Stage,
} from "./_launch.ts";
import { readText, requireWith } from "./_shared.ts";
import { splitWords, type TaskSources, type TaskText } from "./_task_text.ts";

const command: Command = defineCommand({
  description: "Talk to an agent in its runtime's own terminal program",
  details: "A task is the first thing it is told. The terminal is as it was when it ends.",
  args: launchArgs,
  examples: [
    ["kas chat -a researcher", "Talk to an agent"],
    ["kas chat -a coder --runtime codex --resume last", "Go on where you left off"],
    ["kas chat -a coder --detach", "Leave it to the daemon, and attach to it when you like"],
  ],
  async run(ctx) {
    const { values } = ctx;
    const isDetached = values.detach === true;
    requireWith(values.title !== undefined, "--title", "--detach", isDetached);
    if (!isDetached && !(Deno.stdin.isTerminal() && Deno.stdout.isTerminal())) {
      throw new KasError("usage", "Cannot chat: stdin and stdout are not a terminal", {
        hint: 'Give a task to "kas run", or leave the chat to the daemon with --detach',
      });
    }
    const { task, extra } = await firstPrompt({ ...values, behind: ctx.behind });
    await using stage = await openStage(values.cwd);
    const chosen = await chooseLaunch({
      agent: values.agent ?? DEFAULT_AGENT,
      mode: "chat",
      cwd: stage.cwd,
      task,
      resume: values.resume ?? null,
      flags: flagsOf(values, extra),
      strict: values.strict === true,
      readable: false,
    }, stage);
    if (isDetached) {
      const { detach } = await import("./_detach.ts");
      return await detach(ctx, stage, chosen, "chat", extra);
    }
    const kasServer = values.noMcp !== true;
    if (values.worktree === undefined) return await talk(stage, chosen, kasServer);
    const { inWorktree } = await import("./_detach.ts");
    await talk(stage, await inWorktree(stage, chosen, values.worktree), kasServer);
  },
});
export default command;

/** A terminal is for talking, so the task cannot come from stdin. */
async function firstPrompt(sources: TaskSources): Promise<TaskText> {
  const { task, taskFile } = sources;
  if (task !== undefined && taskFile !== undefined) {
    throw new KasError("usage", "Cannot use --task together with --task-file", {
      hint: "Give the task once",
    });
  }
  const { named, extra } = splitWords(sources);
  if (named === "-" || taskFile === "-") {
    throw new KasError("usage", "Cannot read the task from stdin: it is the terminal", {
      hint: "Give it with --task or --task-file",
    });
  }
  const text = task ?? named ??
    (taskFile === undefined ? null : await readText(taskFile, "the task"));
  return { task: text, extra };
}

async function talk(stage: Stage, chosen: ChosenLaunch, kasServer: boolean): Promise<void> {
  const { watchInterrupts } = await import("../lib/launch/interrupts.ts");
  const { keepTerminal, runInTerminal, terminalVariables } = await import(
    "../lib/launch/terminal.ts"
  );
  const { AgentFailed, outcomeOf } = await import("../lib/launch/outcome.ts");
  using interrupts = watchInterrupts();
  const variables = terminalVariables(stage.hostEnv);
  await using ready = await readyLaunch(stage, chosen, { kasServer, variables });
  const { prepared } = ready;
  [...chosen.notes, ...prepared.launch.notes].forEach(warn);
  const restore = await keepTerminal();
  const running = runInTerminal(prepared);
  let told: "SIGTERM" | "SIGHUP" | null = null;
  // the terminal itself has sent what its keys mean to both
  interrupts.pass((signal) => {
    if (signal === "SIGINT" || signal === "SIGQUIT") return;
    told ??= signal;
    running.stop(signal);
  });
  await ready.started(running.pid);
  const end = await running.ended;
  await restore(end.signal === null);
  const outcome = outcomeOf(prepared.context.runtime, { ...end, stopped: null }, null, told);
  if (outcome.status !== 0) throw new AgentFailed(prepared.context.agent, outcome);
}
