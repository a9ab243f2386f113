import { defineGroup, type Group } from "../lib/cli/define.ts";
import { runCli } from "../lib/cli/run.ts";

/** Every command of kas. One line each; a module is loaded only when its word is used. */
export const root: Group = defineGroup({
  description: "kas runs a team of AI coding agents on a git repository",
  examples: [
    ["kas setup", "Choose who does the work, and make the repository ready"],
    ["kas demo", "Watch a whole task, from a sentence to a merged branch"],
    ["kas task create add-login --description 'Let people log in'", "Make a task"],
    ["kas task start add-login", "Have it planned, built, reviewed and verified"],
  ],
  commands: {
    demo: { summary: "Watch scripted agents do a whole task", load: () => import("./demo.ts") },
    run: { summary: "Run an agent once on a task", load: () => import("./run.ts") },
    chat: { summary: "Talk to an agent in its terminal program", load: () => import("./chat.ts") },
    agent: {
      summary: "Make, see and change agents",
      aliases: ["ag"],
      load: () => import("./agent.ts"),
    },
    skills: {
      summary: "Add, update and sync skills",
      aliases: ["sk"],
      load: () => import("./skills.ts"),
    },
    check: {
      summary: "Check what setup wrote, and that every agent CLI sees the skills",
      load: () => import("./check.ts"),
    },
    secret: { summary: "Keep secrets for agents", load: () => import("./secret.ts") },
    task: {
      summary: "Create, drive and merge tasks",
      aliases: ["t"],
      load: () => import("./task.ts"),
    },
    decision: {
      summary: "See and answer what agents need to know",
      load: () => import("./decision.ts"),
    },
    signal: {
      summary: "Report to kas, and see reports",
      aliases: ["sig"],
      load: () => import("./signal.ts"),
    },
    instance: {
      summary: "See and steer the agents that run",
      aliases: ["i"],
      load: () => import("./instance.ts"),
    },
    serve: {
      summary: "Serve the web admin and the HTTP API",
      load: () => import("./serve.ts"),
    },
    token: {
      summary: "Make and revoke tokens for the HTTP API",
      load: () => import("./token.ts"),
    },
    linear: { summary: "See what Linear has kas do", load: () => import("./linear.ts") },
    status: {
      summary: "Show what is going on, and what to do next",
      aliases: ["st"],
      load: () => import("./status.ts"),
    },
    monitor: {
      summary: "Follow what happens, live",
      aliases: ["mon"],
      load: () => import("./monitor.ts"),
    },
    daemon: {
      summary: "Run the daemon that drives tasks",
      aliases: ["d"],
      load: () => import("./daemon.ts"),
    },
    audit: {
      summary: "Search the log of all that happened",
      aliases: ["au"],
      load: () => import("./audit.ts"),
    },
    tmux: {
      summary: "See and end stray tmux sessions",
      aliases: ["tx"],
      load: () => import("./tmux.ts"),
    },
    prompt: { summary: "See what agents are told", load: () => import("./prompt.ts") },
    doctor: {
      summary: "Check that kas, its runtimes and its agents are in order",
      load: () => import("./doctor.ts"),
    },
    hook: { summary: "Report what an agent does", hidden: true, load: () => import("./hook.ts") },
    mcp: { summary: "Serve the tools of kas to an agent", load: () => import("./mcp.ts") },
    "demo-agent": {
      summary: "Be a demo agent",
      hidden: true,
      load: () => import("./demo_agent.ts"),
    },
    setup: {
      summary: "Make a repository ready for kas",
      aliases: ["init"],
      load: () => import("./setup.ts"),
    },
    "tool-guard": {
      summary: "Refuse banned tools",
      hidden: true,
      load: () => import("./tool_guard.ts"),
    },
    service: {
      summary: "Have the system run kas from login on",
      aliases: ["svc"],
      load: () => import("./service.ts"),
    },
    completions: { summary: "Complete kas in your shell", load: () => import("./completions.ts") },
    complete: {
      summary: "Complete a command line",
      hidden: true,
      load: () => import("./complete.ts"),
    },
    upgrade: {
      summary: "Replace this program by a newer one",
      load: () => import("./upgrade.ts"),
    },
    reset: {
      summary: "Remove what runs and what kas made",
      load: () => import("./reset.ts"),
    },
    debug: {
      summary: "Gather what a report of a bug needs",
      load: () => import("./debug.ts"),
    },
    help: {
      summary: "Show the help of a command or topic",
      load: () => import("./help.ts"),
    },
    config: { summary: "Show and change settings", load: () => import("./config.ts") },
    version: { summary: "Print the version", load: () => import("./version.ts") },
  },
});

/** Runs one command line. @returns the exit status */
export function main(argv: readonly string[]): Promise<number> {
  const [first = "", ...rest] = argv;
  return runCli(root, /^(--version|-V)$/.test(first) ? ["version", ...rest] : argv);
}
