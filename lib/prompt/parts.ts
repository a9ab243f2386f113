import type { SignalPayload, SignalType } from "../signal/types.ts";
import type { PromptFacts } from "./facts.ts";

/** Name of kas's MCP server as agents see it. */
export const MCP_SERVER = "kasmos";

/** A shell word that stands for this text, for examples inside prompts. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** How to report, by tool and by command. The signal is the last thing an agent does. */
export function reportBy(type: SignalType, task: string, payload?: SignalPayload | string): string {
  const text = payload === undefined
    ? ""
    : typeof payload === "string"
    ? payload
    : JSON.stringify(payload);
  const tool = `signal_create with signal_type ${JSON.stringify(type)}, plan_file ${
    JSON.stringify(task)
  }${text === "" ? "" : `, payload ${JSON.stringify(text)}`}`;
  const command = `kas signal emit ${type} ${shellWord(task)}${
    text === "" ? "" : ` --payload ${shellWord(text)}`
  }`;
  return `- with the ${MCP_SERVER} MCP tool: ${tool}\n- or in the shell: ${command}`;
}

/** The task's description, and goal, architecture and stack of the plan, where it has them. */
export function planHeader(facts: PromptFacts): string {
  const { plan, task } = facts;
  const line = (label: string, text: string | null): string =>
    text === null || text === "" ? "" : `${label}: ${text}\n`;
  const lines = [
    line("Task", task.description),
    line("Goal", plan.goal ?? task.goal),
    line("Architecture", plan.architecture),
    line("Tech stack", plan.techStack),
  ];
  return quoted("What it is about:", lines.join(""));
}

/** Where the agent stands. */
export function place(facts: PromptFacts): string {
  return `Working directory: ${facts.cwd}
Branch: ${facts.branch} (a git worktree of its own; the base branch is ${facts.task.baseBranch})
Stay in this directory. Do not push, rebase, switch branches or touch other worktrees, and merge only when you are told to.`;
}

/** What an agent that follows another on the same work must know. */
export function earlierAttempt(facts: PromptFacts): string {
  return facts.attempt === 1
    ? ""
    : `An earlier agent on this work ended without reporting (this is attempt ${facts.attempt}). ` +
      "Look at `git status` and `git log` first and go on from what it left; do not start over.";
}

/** How commits are made. */
export const COMMIT_RULES =
  `Commit your work on this branch, in small steps. Add files by name (never \`git add .\` or \`-A\`), ` +
  "never stash, reset or restore what you did not write, and run no formatter over files that are not yours. " +
  "What is not committed does not count.";

/** Joins the sections that have something to say. */
export function sections(...parts: readonly string[]): string {
  return parts.map((part) => part.trim()).filter((part) => part !== "").join("\n\n") + "\n";
}

/** Text of other people or agents, set off so that it cannot pass for instructions of kas. */
export function quoted(title: string, text: string): string {
  if (text.trim() === "") return "";
  let fence = "~~~~";
  while (text.includes(fence)) fence += "~";
  return `${title}\n${fence}\n${text.trimEnd()}\n${fence}`;
}
