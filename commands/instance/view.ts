import { sessionJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { tame } from "../../lib/cli/text.ts";
import { sessionDir } from "../../lib/engine/sessions.ts";
import { screenOf } from "../../lib/engine/talk.ts";
import { KasError } from "../../lib/errors.ts";
import { quote } from "../../lib/names.ts";
import type { Session } from "../../lib/store/types.ts";
import { type CaptureOptions, requireTmux } from "../../lib/session/tmux/mod.ts";
import { activityText, forStdout, localTime, openDesk, repoOption } from "../_shared.ts";
import { openTmux } from "../_tmux.ts";
import { instanceOf, readableOf, titleArgument } from "./_find.ts";

/** `kas instance show` */
export const show: Command = defineCommand({
  description: "Print everything about an instance",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo);
    const session = await instanceOf(desk, ctx.values.title);
    const folder = sessionDir(desk.home, session);
    ctx.print({ ...sessionJson(session), folder }, () => described(session, folder));
  },
});

function described(session: Session, folder: string): string {
  const time = (ms: number | null) => ms === null ? null : localTime(ms);
  const lines: readonly (readonly [string, string | number | null])[] = [
    ["title", session.title],
    ["id", session.id],
    ["status", session.status],
    ["activity", session.status === "running" ? activityText(session) : null],
    ["ended because", session.exitReason],
    ["exit code", session.exitCode],
    ["task", session.taskName],
    ["role", session.role],
    ["wave", session.wave],
    ["subtask", session.subtask],
    ["round", session.round],
    ["attempt", session.attempt],
    ["harness", session.harness],
    ["program", session.program],
    ["model", session.model],
    ["branch", session.branch],
    ["worktree", session.cwd],
    ["process", session.pid],
    ["tmux session", session.tmuxName],
    ["folder", folder],
    ["started", time(session.startedAt)],
    ["last activity", time(session.lastActivityAt)],
    ["ended", time(session.endedAt)],
  ];
  return lines.filter(([, value]) => value !== null && value !== "")
    .map(([label, value]) => `${label}:`.padEnd(15) + tame(String(value))).join("\n");
}

/** `kas instance capture` */
export const capture: Command = defineCommand({
  description: "Print the screen of an instance",
  details:
    "Of one that has ended, the last screen that was kept. Lines are counted as tmux does: " +
    "0 is the top of the screen, negative numbers are history, - is its beginning or end.",
  args: {
    ...titleArgument,
    start: { type: "string", metavar: "line", description: "First line" },
    end: { type: "string", metavar: "line", description: "Last line" },
    escapes: { type: "boolean", description: "Keep colours as escape sequences" },
    ...repoOption,
  },
  examples: [["kas instance capture add-login-plan --start -", "All of its history"]],
  async run(ctx) {
    const { title, start, end, escapes, repo } = ctx.values;
    const options: CaptureOptions = {
      ...(start === undefined ? {} : { start: lineNumber("--start", start) }),
      ...(end === undefined ? {} : { end: lineNumber("--end", end) }),
      ...(escapes === true ? { escapes } : {}),
    };
    await using desk = await openDesk(repo);
    const session = await readableOf(desk, title);
    await using tmux = openTmux(desk.home.paths);
    const { screen } = await screenOf({ ...desk.home, tmux }, session, options);
    const shown = ctx.json || escapes === true ? screen : await forStdout(screen);
    ctx.print({ title: session.title, screen: shown }, (data) => data.screen.replace(/\n+$/, ""));
  },
});

function lineNumber(option: string, text: string): number | "-" {
  if (text === "-") return text;
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new KasError("usage", `Cannot use ${quote(text)} for ${option}`, {
    hint: `Give a whole number or "-", such as ${option}=-100`,
  });
}

/** `kas instance attach` */
export const attach: Command = defineCommand({
  description: "Show an instance in this terminal; C-b d leaves it running",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) {
      throw new KasError("usage", "Cannot attach: this is not a terminal", {
        hint: `Read the screen with "kas instance capture ${ctx.values.title}"`,
      });
    }
    await requireTmux();
    const argv = await attachArgv(ctx.values.title, ctx.values.repo);
    const [program = "tmux", ...args] = argv;
    const env = Deno.env.toObject();
    // Inside a person's own tmux the client would refuse to nest; this is another server.
    delete env.TMUX;
    const { code } = await new Deno.Command(program, {
      args,
      env,
      clearEnv: true,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    if (code === 0) return;
    throw new KasError("tmux_failed", `tmux ended with status ${code}`, {
      context: { argv, code },
    });
  },
});

/** Looks everything up and lets go of the store: a person may stay attached for hours. */
async function attachArgv(title: string, repo: string | undefined): Promise<string[]> {
  await using desk = await openDesk(repo, { person: "type into an instance" });
  const session = await instanceOf(desk, title);
  await using tmux = openTmux(desk.home.paths);
  if (await tmux.has(session.tmuxName)) return tmux.attachArgv(session.tmuxName);
  throw new KasError("not_found", `Cannot attach to ${quote(session.title)}: it does not run`, {
    hint: `See its last screen with "kas instance capture ${session.title}"`,
    context: { instance: session.title, status: session.status },
  });
}
