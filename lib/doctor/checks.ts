import { checkRuntimes } from "./check_runtimes.ts";
import type { AgentFact, DoctorFinding, Facts, PlaceFact } from "./types.ts";

/** From facts to findings. Pure. */
type Check = (facts: Facts) => DoctorFinding[];

/** A signal that waits longer than this has nobody to handle it; in ms. */
const LATE_MS = 60_000;

/** All findings, section by section. */
export function diagnose(facts: Facts): DoctorFinding[] {
  return CHECKS.flatMap((check) => check(facts));
}

/**
 * The exit status: 0 without an error, 4 when a program is missing or unfit that is needed, else 1.
 */
export function exitStatus(findings: readonly DoctorFinding[]): number {
  const errors = findings.filter((finding) => finding.severity === "error");
  if (errors.length === 0) return 0;
  return errors.some(({ id }) => /^(program|runtime)\./.test(id)) ? 4 : 1;
}

const programs: Check = ({ programs, hasIdentity, kasVersion, platform }) => [
  {
    id: "kas.version",
    section: "system",
    severity: "ok",
    message: `kas ${kasVersion} on ${platform}`,
  },
  ...programs.map(({ name, version, problem, hint }): DoctorFinding => ({
    id: `program.${name}`,
    section: "system",
    severity: problem === null ? "ok" : "error",
    message: problem ?? `${name} ${version ?? ""}`.trimEnd(),
    ...hint === null ? {} : { hint },
  })),
  ...hasIdentity === false ? [NO_IDENTITY] : [],
];

const NO_IDENTITY: DoctorFinding = {
  id: "git.identity",
  section: "system",
  severity: "warning",
  message: "git has no name and address for commits: they are made in the name of kas",
  hint: 'git config --global user.name "Your Name", and the same with user.email',
};

const places: Check = ({ places, store }) => [
  ...places.map(place),
  {
    id: "store",
    section: "places",
    severity: store.problem === null ? "ok" : "error",
    message: store.problem ?? "the store answers",
    ...store.hint === null ? {} : { hint: store.hint },
  },
];

function place(fact: PlaceFact): DoctorFinding {
  const { what, path, mode, isFolder } = fact;
  const about = { id: `place.${what.replaceAll(" ", "_")}`, section: "places" as const };
  if (fact.problem !== null) {
    return { ...about, severity: "error", message: `${what}: ${fact.problem}`, detail: path };
  }
  if (mode === null) {
    return {
      ...about,
      severity: "info",
      message: `${what} is made when it is needed`,
      detail: path,
    };
  }
  if (!fact.ownedByUser) {
    return {
      ...about,
      severity: "error",
      message: `${what} belongs to another user`,
      detail: path,
      hint: "Give it to yourself with chown, or move it away",
    };
  }
  if (!fact.writable) {
    return {
      ...about,
      severity: "error",
      message: `${what} cannot be written to`,
      detail: path,
      hint: "Check its permissions and whether its disk is mounted read-only",
    };
  }
  const wanted = isFolder ? 0o700 : 0o600;
  if ((mode & 0o077) === 0) {
    return { ...about, severity: "ok", message: what, detail: path };
  }
  return {
    ...about,
    severity: "warning",
    message: `${what} is open to others (mode ${(mode & 0o777).toString(8)})`,
    detail: path,
    fix: { kind: "chmod", path, mode: wanted },
  };
}

const daemon: Check = ({ daemon: { running, waiting, oldestMs, activeTasks } }) => {
  const about = { id: "daemon", section: "daemon" as const };
  if (running) {
    return waiting > 0 && oldestMs > LATE_MS
      ? [{
        ...about,
        severity: "warning",
        message: `the daemon runs, but ${count(waiting, "signal")} waited for over a minute`,
        hint: `Look at its log: kas daemon log`,
      }]
      : [{ ...about, severity: "ok", message: "the daemon runs" }];
  }
  if (waiting === 0 && activeTasks === 0) {
    return [{ ...about, severity: "info", message: "no daemon runs, and none is needed now" }];
  }
  return [{
    ...about,
    severity: "warning",
    message: `no daemon runs: ${count(waiting, "signal")} and ${
      count(activeTasks, "task")
    } under way wait for one`,
    fix: { kind: "start_daemon" },
  }];
};

const settings: Check = ({ settings, project }) =>
  settings.length === 0
    ? [{
      id: "settings",
      section: "settings",
      severity: "ok",
      message: project === null
        ? "settings of the user; no project here"
        : `settings of the user and of ${project}`,
    }]
    : settings.map(({ severity, message, hint }, index) => ({
      id: `settings.${index + 1}`,
      section: "settings",
      severity,
      message,
      ...hint === null ? {} : { hint },
    }));

const agents: Check = ({ agents }) => agents.flatMap(agent);

function agent(fact: AgentFact): DoctorFinding[] {
  const { name, scope, runtime: on, phases } = fact;
  const about = { section: "agents" as const };
  const found = fact.findings.map((finding): DoctorFinding => ({
    ...about,
    id: `agent.${name}.${finding.id}`,
    severity: finding.severity,
    message: `${name}: ${finding.message}`,
    ...finding.detail === undefined ? {} : { detail: finding.detail },
    ...finding.fix === undefined ? {} : { hint: finding.fix },
  }));
  const misfits = fact.misfits.map((what, index): DoctorFinding => ({
    ...about,
    id: `agent.${name}.misfit.${index + 1}`,
    severity: "error",
    message: `${name}: ${what}`,
    hint: "Choose another runtime for it, or take that out of the agent",
  }));
  if (found.some(({ severity }) => severity === "error") || misfits.length > 0) {
    return [...found, ...misfits];
  }
  const work = phases.length === 0 ? "" : `, for ${phases.join(", ")}`;
  return [{
    ...about,
    id: `agent.${name}`,
    severity: "ok",
    message: `${name} (${scope})${on === null ? "" : ` on ${on}`}${work}`,
  }, ...found];
}

const leftovers: Check = ({ leftovers: { launches, sessions, panes, worktrees } }) => {
  const folders = [
    ...launches.map((path) => ({ path, what: "a launch that is over" })),
    ...sessions.map((path) => ({ path, what: "a session that ended long ago" })),
  ];
  const found: DoctorFinding[] = [
    ...folders.map(({ path, what }): DoctorFinding => ({
      id: "leftover.folder",
      section: "leftovers",
      severity: "info",
      message: `folder of ${what}`,
      detail: path,
      fix: { kind: "remove_folder", path },
    })),
    ...panes.map(({ name, dead }): DoctorFinding => ({
      id: "leftover.session",
      section: "leftovers",
      severity: dead ? "info" : "warning",
      message: `tmux session ${name} belongs to no instance${
        dead ? " and its program is over" : ""
      }`,
      ...dead
        ? { fix: { kind: "end_session", tmuxName: name } }
        : { hint: `See it with "kas tmux list"; keep it with "kas tmux adopt", or end it` },
    })),
    ...worktrees.map(({ path, branch }): DoctorFinding => ({
      id: "leftover.worktree",
      section: "leftovers",
      severity: "info",
      message: `worktree of a run that is over, with work on ${branch}`,
      detail: path,
      hint: `Merge ${branch} and remove it: git worktree remove ${path}`,
    })),
  ];
  return found.length > 0 ? found : [{
    id: "leftovers",
    section: "leftovers",
    severity: "ok",
    message: "nothing was left behind",
  }];
};

const CHECKS: readonly Check[] = [
  programs,
  places,
  daemon,
  settings,
  checkRuntimes,
  agents,
  leftovers,
];

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
