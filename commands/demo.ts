import { type Command, defineCommand, printLine } from "../lib/cli/mod.ts";
import { shellWord } from "../lib/harness/hooks.ts";

const command: Command = defineCommand({
  description: "Watch a team of scripted agents build something in a temporary repository",
  details:
    "Runs the whole life of a task with a real daemon, real tmux sessions and real git worktrees. " +
    "No account and no configuration is needed, and nothing is left behind.",
  args: {
    keep: { type: "boolean", description: "Keep the repository and its daemon for looking around" },
    stage: { type: "boolean", hidden: true, description: "Be the daemon of a demo" },
  },
  examples: [
    ["kas demo", "From a sentence to a merged branch in a few seconds"],
    ["kas demo --keep", "The same, and leave everything running"],
  ],
  async run(ctx) {
    if (ctx.values.stage === true) {
      const { holdStage } = await import("../lib/demo/stage.ts");
      await holdStage(ctx.signal, ({ root }) => printLine(JSON.stringify({ root })));
      return;
    }
    const { runDemo } = await import("../lib/demo/run.ts");
    const { castLines, storyLine } = await import("../lib/demo/story.ts");
    const { style, json } = ctx;
    const keep = ctx.values.keep ?? false;
    const tell = (text = ""): void => {
      if (!json) printLine(text);
    };
    const result = await runDemo(
      { keep, signal: ctx.signal },
      (event, at) => {
        const line = storyLine(event);
        if (line === null) return;
        const [first = "", ...more] = line.what.split("\n");
        const time = `${(at / 1000).toFixed(1)}s`.padStart(6);
        tell(`${style.dim(time)}  ${style.bold(line.who.padEnd(10))} ${first}`);
        for (const rest of more) tell(`${" ".repeat(19)} ${rest}`);
      },
      (sandbox) => {
        tell(`A task goes from a sentence to a merged branch in ${sandbox.repo}`);
        tell();
      },
    );
    if (json) {
      ctx.print({
        task: result.task,
        duration_ms: result.durationMs,
        repository: keep ? result.sandbox.repo : null,
        sessions: result.sessions.map(({ title, role, startedAt, endedAt }) => ({
          title,
          role,
          duration_ms: (endedAt ?? 0) - (startedAt ?? 0),
        })),
        log: result.log.trimEnd().split("\n"),
      }, () => "");
      return;
    }
    tell();
    tell(style.bold("Who did what"));
    for (const line of castLines(result.sessions)) tell(`  ${line}`);
    tell();
    tell(style.bold("git log of main"));
    for (const line of result.log.trimEnd().split("\n")) tell(`  ${line}`);
    tell();
    tell(`Done in ${(result.durationMs / 1000).toFixed(1)} s.`);
    for (const line of whereNext(keep, result.sandbox)) tell(line);
  },
});
export default command;

function whereNext(
  keep: boolean,
  sandbox: { root: string; repo: string; variables: Readonly<Record<string, string>> },
): string[] {
  if (!keep) {
    return [
      'Nothing is left running. Next: "kas demo --keep" to look around in it, or in a repository',
      'of yours "kas task create my-task --description \'…\'" and "kas task start my-task".',
    ];
  }
  const exports = Object.entries(sandbox.variables).map(([name, value]) =>
    `${name}=${shellWord(value)}`
  );
  return [
    "The repository and its daemon are still there. Look around with:",
    `  cd ${shellWord(sandbox.repo)}`,
    `  export ${exports.join(" ")}`,
    "  kas status; kas task list; kas audit list",
    `and when you are done: kas daemon stop; rm -r ${shellWord(sandbox.root)}`,
  ];
}
