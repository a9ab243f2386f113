import { DEMO_PLAN } from "../../lib/harness/demo/plan.ts";
import { applyEvent, createTask } from "../../lib/engine/operations.ts";
import { type Lab, type LabOptions, planText, REPORT_TASK } from "./lab.ts";

/** A project in the middle of its day, played by real agents: some finished, some at work, some stuck. */

const SCREEN = `kas hook busy
printf '\\033[1;34m* coder\\033[0m  wave %s, task %s of \\033[36m%s\\033[0m\\n\\n' \\
  "$KASMOS_WAVE" "$KASMOS_TASK" "$KASMOS_PLAN"
printf '  \\033[32mok\\033[0m    read the plan\\n  \\033[32mok\\033[0m    lib/parse.sh     +4\\n'
printf '  \\033[32mok\\033[0m    tests/parse.sh   +9\\n'
printf '  \\033[33mrun\\033[0m   sh tests/parse.sh\\n\\n> '
exec cat`;

/** Roles: the demo agent, except where a task is meant to stay as it is. */
export const SCENE: LabOptions = {
  agents: {
    planner: `case "$KASMOS_PLAN" in
rate-limits|dark-mode) kas hook busy; echo "reading the code"; exec sleep 600 ;;
*) exec kas demo-agent ;;
esac`,
    coder: `case "$KASMOS_PLAN" in
csv-export) ${SCREEN} ;;
upload-retries) if [ "$KASMOS_TASK" = 2 ]; then ${REPORT_TASK}; else exec kas demo-agent; fi ;;
*) exec kas demo-agent ;;
esac`,
    reviewer: `case "$KASMOS_PLAN" in
faster-search) kas hook busy; echo "reading the branch"; exec sleep 600 ;;
*) exec kas demo-agent ;;
esac`,
    master: `case "$KASMOS_PLAN" in
audit-trail) kas hook busy; echo "running the tests"; exec sleep 600 ;;
*) exec kas demo-agent ;;
esac`,
  },
};

const PAIR = planText([
  { "lib/parse.sh": "parse() {\n  # one field a line\n  tr ',' '\\n'\n}" },
  { "lib/print.sh": "print() {\n  printf '%s\\n' \"$@\"\n}" },
]);

/** Tasks that rest: name, description, topic, and whether their plan is accepted. */
const RESTING: readonly (readonly [string, string, string, boolean])[] = [
  [
    "invoice-totals",
    "Round invoice totals once, at the end, and test it with three currencies",
    "billing",
    true,
  ],
  ["drop-legacy-api", "Remove the v1 endpoints that nobody has called for a month", "api", false],
  ["login-throttle", "Slow down repeated failed logins from one address", "auth", true],
  ["session-list", "Let people see and end their own sessions", "auth", false],
  ["webhook-retries", "Deliver webhooks at least once, with backoff", "api", true],
  ["flaky-clock-test", "Find out why the clock test fails once in fifty runs", "", false],
];

async function make(lab: Lab, name: string, description: string, content = ""): Promise<void> {
  await createTask(lab.home, lab.workspace, { name, description, content }, "cli:ada");
}

/** Makes tasks that wait to be started. No daemon may run yet. */
async function makeResting(lab: Lab): Promise<void> {
  const { home, workspace } = lab;
  for (const [name, description, topic, planned] of RESTING) {
    const content = planned ? PAIR : "";
    const more = topic === "" ? {} : { topic };
    await createTask(home, workspace, { name, description, content, ...more }, "cli:ada");
    if (!planned) continue;
    await applyEvent(home, workspace, name, "plan_start", "cli:ada", {});
    await applyEvent(home, workspace, name, "planner_finished", "cli:ada", {});
  }
  await make(lab, "old-importer", "Rewrite the importer");
  await applyEvent(home, workspace, "old-importer", "cancel", "cli:ada", {});
  await make(lab, "update-readme", "Say how to run the tests");
  await applyEvent(home, workspace, "update-readme", "mark_done", "cli:ada", {});
}

/** Plays the whole scene and waits until everything stands where it should. */
export async function playScene(lab: Lab): Promise<void> {
  await makeResting(lab);
  lab.startDaemon();
  const built: readonly (readonly [string, string, string])[] = [
    ["greet-people", "A hello command that greets by name and can shout", DEMO_PLAN],
    ["csv-export", "Export reports as CSV, with a header and quoted fields", PAIR],
    ["upload-retries", "Try a failed upload three times before giving up", PAIR],
    ["faster-search", "Search with an index instead of reading every file", PAIR],
    ["audit-trail", "Write down who changed a report, and when", PAIR],
  ];
  for (const [name, description, content] of built) {
    const { home, workspace } = lab;
    await createTask(home, workspace, { name, description, content }, "cli:ada");
    await applyEvent(home, workspace, name, "plan_start", "cli:ada");
    await applyEvent(home, workspace, name, "planner_finished", "cli:ada");
    await lab.event(name, "implement_start", { wave: 1 });
  }
  for (const name of ["rate-limits", "dark-mode"]) {
    await make(lab, name, name === "dark-mode" ? "A dark theme" : "Limit requests for each client");
    await lab.event(name, "plan_start");
    await lab.running(name, "planner");
  }
  await lab.running("csv-export", "coder");
  await lab.decision("upload-retries", "wave_failed");
  await lab.running("faster-search", "reviewer");
  await lab.running("audit-trail", "master");
  await lab.untilMerged("greet-people");
}

/** The address of every screen of the admin, in this scene. */
export function screensOf(project: string): Record<string, string> {
  const task = (name: string, tab = ""): string => `/admin/projects/${project}/tasks/${name}${tab}`;
  return {
    board: "/admin/",
    list: "/admin/?layout=list",
    task: task("upload-retries"),
    resting: task("flaky-clock-test"),
    plan: task("greet-people", "/plan"),
    changes: task("greet-people", "/changes"),
    reviews: task("greet-people", "/reviews"),
    events: task("greet-people", "/events"),
    instances: "/admin/instances",
    instance: `/admin/projects/${project}/instances/csv-export-W1-T1`,
    ended: `/admin/projects/${project}/instances/greet-people-W1-T1`,
    agents: "/admin/agents",
    agent: `/admin/projects/${project}/agents/coder`,
    decisions: "/admin/decisions",
    audit: "/admin/audit",
    projects: "/admin/settings",
    config: "/admin/settings/config",
    tokens: "/admin/settings/tokens",
    health: "/admin/settings/health",
  };
}
