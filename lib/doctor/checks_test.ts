import assert from "node:assert/strict";
import type { Capabilities } from "../harness/types.ts";
import { diagnose, exitStatus } from "./checks.ts";
import { planOf } from "./fix.ts";
import type { AgentFact, DoctorFinding, Facts, PlaceFact, RuntimeFact } from "./types.ts";

const CAN: Capabilities = {
  soul: "system",
  model: true,
  efforts: ["low", "high"],
  permissions: ["ask", "yolo"],
  permissionRaw: true,
  outputFormats: ["text"],
  maxTurns: false,
  mcp: ["stdio"],
  skills: true,
  hookEvents: [],
  commands: false,
  resume: true,
  strict: false,
};

function runtime(over: Partial<RuntimeFact> = {}): RuntimeFact {
  return {
    name: "claude",
    runtime: "claude",
    program: ["claude"],
    version: "2.1.329",
    problem: null,
    hint: null,
    minimum: "2.1.197",
    recent: true,
    install: "npm install -g claude",
    capabilities: CAN,
    probings: { start: { state: "found" }, model: { state: "found" } },
    login: "yes",
    neededBy: [],
    users: {},
    ...over,
  };
}

const MISSING = { version: null, recent: null, problem: "it is not on the PATH" };

function agent(over: Partial<AgentFact> = {}): AgentFact {
  return {
    name: "coder",
    scope: "builtin",
    runtime: "claude",
    phases: ["implementing"],
    findings: [],
    misfits: [],
    ...over,
  };
}

function place(over: Partial<PlaceFact> = {}): PlaceFact {
  return {
    what: "database",
    path: "/home/ann/store.db",
    isFolder: false,
    mode: 0o600,
    ownedByUser: true,
    writable: true,
    problem: null,
    ...over,
  };
}

function facts(over: Partial<Facts> = {}): Facts {
  return {
    kasVersion: "1.0.0",
    platform: "linux x86_64",
    programs: [{ name: "git", version: "2.39.5", problem: null, hint: null }],
    hasIdentity: true,
    places: [place()],
    store: { problem: null, hint: null },
    daemon: { running: true, waiting: 0, oldestMs: 0, activeTasks: 0 },
    project: "/work/app",
    settings: [],
    runtimes: [runtime()],
    agents: [agent()],
    leftovers: { launches: [], sessions: [], panes: [], worktrees: [] },
    ...over,
  };
}

function bad(over: Partial<Facts>): DoctorFinding[] {
  return diagnose(facts(over)).filter(({ severity }) => severity !== "ok");
}

Deno.test("diagnose() finds nothing wrong where nothing is", () => {
  const findings = diagnose(facts());
  assert.deepEqual(findings.filter(({ severity }) => severity !== "ok"), []);
  assert.equal(exitStatus(findings), 0);
  const sections = new Set(findings.map(({ section }) => section));
  assert.equal(sections.size, 7);
});

Deno.test("R32: a runtime is an error only where an agent needs it", () => {
  const runtimes = [runtime({ neededBy: ["coder"] }), runtime({ runtime: "codex", ...MISSING })];
  const [other, ...rest] = bad({ runtimes });
  assert.deepEqual([other?.severity, rest], ["info", []]);
  const findings = diagnose(
    facts({ runtimes: [runtime(), runtime({ ...MISSING, neededBy: ["coder"] })] }),
  );
  assert.equal(exitStatus(findings), 4);
  assert.match(findings.find((f) => f.severity === "error")?.message ?? "", /needed by coder/);
});

Deno.test("a runtime without a login is a warning where an agent needs it, and never an error", () => {
  const [other, ...none] = bad({ runtimes: [runtime({ login: "no" })] });
  assert.deepEqual([other?.id, other?.severity, none], ["runtime.claude.login", "info", []]);
  const all = diagnose(facts({ runtimes: [runtime({ login: "no", neededBy: ["coder"] })] }));
  const [found] = all.filter(({ severity }) => severity === "warning");
  assert.equal(found?.message, "claude is not logged in; needed by coder");
  assert.equal(exitStatus(all), 0);
  for (const over of [{ login: "unknown" }, { login: "no", ...MISSING }] as const) {
    const ids = bad({ runtimes: [runtime(over)] }).map(({ id }) => id);
    assert.ok(!ids.includes("runtime.claude.login"));
  }
});

Deno.test("a runtime that is too old is told with what it takes", () => {
  const old = runtime({ version: "2.0.0", recent: false, neededBy: ["coder"] });
  const [finding] = bad({ runtimes: [old, runtime({ runtime: "codex" })] });
  assert.equal(finding?.severity, "error");
  assert.match(finding?.message ?? "", /2\.0\.0, at least 2\.1\.197 is needed; needed by coder/);
  assert.match(finding?.hint ?? "", /npm install/);
});

Deno.test("a runtime shows what is declared of each capability, and what its help has", () => {
  const probings = {
    start: { state: "found" },
    model: { state: "missing", words: ["exec --model"] },
    resume: { state: "unknown", reason: "no answer in 15 s" },
  } as const;
  const [finding] = diagnose(facts({ runtimes: [runtime({ probings })] }))
    .filter(({ section }) => section === "runtimes");
  assert.equal(finding?.severity, "ok");
  assert.match(finding?.detail ?? "", /isolation: no; found in its help: start$/);
  const { start, model, efforts, resume } = finding?.capabilities ?? {};
  assert.deepEqual({ start, model, efforts, resume }, {
    start: { declared: true, probed: "found" },
    model: { declared: true, probed: "missing", words: ["exec --model"] },
    efforts: { declared: ["low", "high"], probed: null },
    resume: { declared: true, probed: "unknown", reason: "no answer in 15 s" },
  });
  assert.equal(Object.keys(finding?.capabilities ?? {}).length, Object.keys(CAN).length + 1);
});

Deno.test("an option that is missing is an error only where an agent is started with it", () => {
  const words = ["--plugin-dir"];
  const probings = {
    model: { state: "missing", words: ["--model"] },
    skills: { state: "missing", words },
    commands: { state: "missing", words },
  } as const;
  const neededBy = ["coder", "chat"];
  const users = { start: neededBy, soul: ["coder"] };
  const [warning, ...rest] = bad({ runtimes: [runtime({ probings, neededBy, users })] });
  assert.deepEqual(rest, []);
  assert.deepEqual([warning?.id, warning?.severity], ["runtime.claude.missing", "warning"]);
  assert.equal(
    warning?.message,
    "claude 2.1.329 does not list what kas starts it with: --model (model), " +
      "--plugin-dir (skills, commands)",
  );
  assert.match(warning?.hint ?? "", /^Update it: npm install -g claude; /);
  const used = { ...users, model: ["coder"], skills: ["chat", "coder"] };
  const runtimes = [runtime({ probings, neededBy, users: used })];
  const [error] = bad({ runtimes });
  assert.equal(error?.severity, "error");
  assert.match(error?.message ?? "", /; needed by coder, chat$/);
  assert.equal(exitStatus(diagnose(facts({ runtimes }))), 4);
});

Deno.test("a runtime that does not tell what it can do is a warning where an agent needs it", () => {
  const unknown = { state: "unknown", reason: "it prints nothing" } as const;
  const probings = { start: unknown, model: unknown };
  const [info] = bad({ runtimes: [runtime({ probings })] });
  assert.deepEqual([info?.id, info?.severity], ["runtime.claude.unknown", "info"]);
  assert.match(info?.message ?? "", /what it can do: it prints nothing$/);
  assert.equal(info?.hint, 'Run "claude --help" and see what it says');
  const used = runtime({ probings, users: { start: ["coder"], model: ["coder"] } });
  const [warning] = bad({ runtimes: [used] });
  assert.equal(warning?.severity, "warning");
  assert.match(warning?.message ?? "", /it prints nothing; needed by coder$/);
});

Deno.test("without any runtime there is one error that says so", () => {
  const findings = diagnose(facts({ runtimes: [runtime(MISSING), runtime(MISSING)] }));
  assert.deepEqual(findings.filter((f) => f.severity === "error").map((f) => f.id), [
    "runtime.none",
  ]);
  assert.equal(exitStatus(findings), 4);
  const agents = [agent({ runtime: "demo", phases: ["planning"] }), agent({ phases: [] })];
  assert.equal(exitStatus(diagnose(facts({ runtimes: [runtime(MISSING)], agents }))), 0);
});

Deno.test("a missing git ends with 4, a broken setting with 1", () => {
  const git = { name: "git", version: null, problem: "git is missing", hint: "Install git" };
  assert.equal(exitStatus(diagnose(facts({ programs: [git] }))), 4);
  const settings = [{ severity: "error" as const, message: "config.toml:1:1: no", hint: null }];
  assert.equal(exitStatus(diagnose(facts({ settings }))), 1);
  assert.equal(
    exitStatus(bad({ settings: [{ severity: "warning", message: "w", hint: null }] })),
    0,
  );
});

Deno.test("git without a name for commits is a warning, and none outside of a repository", () => {
  const [finding] = bad({ hasIdentity: false });
  assert.equal(finding?.id, "git.identity");
  assert.equal(finding.severity, "warning");
  assert.match(finding.hint ?? "", /git config --global user\.name/);
  assert.deepEqual(bad({ hasIdentity: null }), []);
});

Deno.test("places are closed, one's own and writable", () => {
  const [open] = bad({ places: [place({ mode: 0o644 })] });
  assert.deepEqual(open?.fix, { kind: "chmod", path: "/home/ann/store.db", mode: 0o600 });
  const folder = bad({ places: [place({ mode: 0o755, isFolder: true })] })[0];
  assert.deepEqual(folder?.fix, { kind: "chmod", path: "/home/ann/store.db", mode: 0o700 });
  for (const over of [{ ownedByUser: false }, { writable: false }, { problem: "it is a folder" }]) {
    assert.equal(bad({ places: [place(over)] })[0]?.severity, "error");
  }
  assert.equal(bad({ places: [place({ mode: null })] })[0]?.severity, "info");
});

Deno.test("a daemon is missed only where work waits for it", () => {
  const daemon = { running: false, waiting: 0, oldestMs: 0, activeTasks: 0 };
  assert.equal(bad({ daemon })[0]?.severity, "info");
  const [wanted] = bad({ daemon: { ...daemon, waiting: 2 } });
  assert.deepEqual([wanted?.severity, wanted?.fix], ["warning", { kind: "start_daemon" }]);
  const stuck = { running: true, waiting: 1, oldestMs: 61_000, activeTasks: 1 };
  assert.equal(bad({ daemon: stuck })[0]?.severity, "warning");
});

Deno.test("an agent tells what it is told to be wrong, and what its runtime cannot take", () => {
  const findings = [{
    id: "mcp.invalid",
    severity: "error" as const,
    message: "no",
    fix: "mend it",
  }];
  const [broken] = bad({ agents: [agent({ findings })] });
  assert.deepEqual([broken?.id, broken?.hint], ["agent.coder.mcp.invalid", "mend it"]);
  const [misfit] = bad({ agents: [agent({ misfits: ["codex does not take hooks"] })] });
  assert.deepEqual([misfit?.severity, misfit?.message], [
    "error",
    "coder: codex does not take hooks",
  ]);
  const warned = diagnose(
    facts({ agents: [agent({ findings: [{ id: "x", severity: "warning", message: "w" }] })] }),
  ).filter((f) => f.section === "agents");
  assert.deepEqual(warned.map((f) => f.severity), ["ok", "warning"]);
});

Deno.test("planOf() ends nothing that still runs, and does each thing once", () => {
  const leftovers = {
    launches: ["/s/runtime/a/1-x"],
    sessions: ["/s/sessions/3"],
    panes: [{ name: "kas-1", dead: true }, { name: "kas-2", dead: false }],
    worktrees: [{ path: "/w/run-x", branch: "run/x" }],
  };
  const plan = planOf(
    diagnose(facts({ leftovers, places: [place({ mode: 0o644 }), place({ mode: 0o644 })] })),
  );
  assert.deepEqual(plan, [
    { kind: "chmod", path: "/home/ann/store.db", mode: 0o600 },
    { kind: "remove_folder", path: "/s/runtime/a/1-x" },
    { kind: "remove_folder", path: "/s/sessions/3" },
    { kind: "end_session", tmuxName: "kas-1" },
  ]);
});
