import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  type AgentSettings,
  buildContext,
  type ContextChoices,
  contextNotes,
  leastPermission,
  namesRuntime,
  NO_SETTINGS,
} from "./context.ts";
import type { Agent, AgentProfile, RuntimeSettings } from "./types.ts";

const PLAIN: AgentProfile = {
  name: "coder",
  scope: "global",
  directory: "/agents/coder",
  description: null,
  runtime: null,
  model: null,
  effort: null,
  perRuntime: {},
  soulFile: null,
  permission: null,
  outputFormat: null,
  maxTurns: null,
  timeoutMinutes: null,
  passEnv: [],
  setEnv: {},
  secrets: {},
  strict: false,
};

function agent(changes: Partial<AgentProfile> = {}): Agent {
  return {
    profile: { ...PLAIN, ...changes },
    parts: {
      soul: "",
      skills: {},
      commands: {},
      hooks: { Stop: [{ hooks: [{ type: "command", command: "x" }] }] },
      mcpServers: {},
      scriptsDir: null,
      binDir: null,
    },
  };
}

const own = (changes: Partial<RuntimeSettings>): RuntimeSettings => ({
  program: null,
  model: null,
  effort: null,
  permissionRaw: null,
  extraArgs: [],
  ...changes,
});

const place = (changes: Partial<AgentSettings>): AgentSettings => ({ ...NO_SETTINGS, ...changes });

function choices(changes: Partial<ContextChoices> = {}): ContextChoices {
  return {
    mode: "run",
    role: null,
    cwd: "/repo",
    task: "do it",
    resume: null,
    flags: NO_SETTINGS,
    settings: [],
    defaults: NO_SETTINGS,
    installed: ["claude", "codex"],
    programs: {},
    ceiling: null,
    ...changes,
  };
}

/** Everything that may say a model, from row 1 down. */
function modelRows(rows: number): { agent: Agent; choices: ContextChoices } {
  const has = (row: number): boolean => row >= rows;
  return {
    agent: agent({
      runtime: "codex",
      perRuntime: { codex: own({ model: has(4) ? "four" : null, effort: has(4) ? "e4" : null }) },
      model: has(5) ? "five" : null,
      effort: has(5) ? "e5" : null,
    }),
    choices: choices({
      flags: place({ model: has(1) ? "one" : null, effort: has(1) ? "e1" : null }),
      settings: [
        place({ model: has(2) ? "two" : null, effort: has(2) ? "e2" : null }),
        place({ model: has(3) ? "three" : null, effort: has(3) ? "e3" : null }),
      ],
      defaults: place({ model: "seven", effort: "e7" }),
    }),
  };
}

Deno.test("precedence: model and effort of each row win over the rows below", () => {
  const names = ["one", "two", "three", "four", "five", "seven", "seven"];
  const efforts = ["e1", "e2", "e3", "e4", "e5", "e7", "e7"];
  for (const [index, name] of names.entries()) {
    const rows = modelRows(index + 1);
    const context = buildContext(rows.agent, rows.choices);
    equal(context.model, name, `from row ${index + 1}`);
    equal(context.effort, efforts[index]);
  }
});

Deno.test("precedence: row 1 decides the runtime, then 2, 3, agent.toml, defaults, the machine", () => {
  const all = {
    flags: place({ runtime: "gemini" }),
    settings: [place({ runtime: "copilot" }), place({ runtime: "opencode" })],
    defaults: place({ runtime: "demo" }),
  };
  const named = agent({ runtime: "codex" });
  equal(buildContext(named, choices(all)).runtime, "gemini");
  equal(buildContext(named, choices({ ...all, flags: NO_SETTINGS })).runtime, "copilot");
  const third = { ...all, flags: NO_SETTINGS, settings: all.settings.slice(1) };
  equal(buildContext(named, choices(third)).runtime, "opencode");
  const low = { defaults: all.defaults };
  equal(buildContext(named, choices(low)).runtime, "codex");
  equal(buildContext(agent(), choices(low)).runtime, "demo");
  equal(buildContext(agent(), choices()).runtime, "claude");
  equal(namesRuntime(agent(), choices()), false);
  equal(namesRuntime(agent(), choices(low)), true);
  throws(() => buildContext(agent(), choices({ installed: [] })), { code: "missing_program" });
});

Deno.test("precedence: permission by rows 1, 2, 3, 5, 6, 7, 8", () => {
  const rows: [Agent, Partial<ContextChoices>, string][] = [
    [agent({ permission: "ask" }), {
      flags: place({ permission: "auto" }),
      settings: [place({ permission: "yolo" })],
    }, "auto"],
    [agent({ permission: "ask" }), {
      settings: [place({ permission: "yolo" }), place({ permission: "auto" })],
    }, "yolo"],
    [
      agent({ permission: "ask" }),
      { settings: [NO_SETTINGS, place({ permission: "auto" })] },
      "auto",
    ],
    [agent({ permission: "ask" }), { role: "coder" }, "ask"],
    [agent(), { role: "coder", defaults: place({ permission: "auto" }) }, "yolo"],
    [agent(), { defaults: place({ permission: "auto" }) }, "auto"],
    [agent(), {}, "ask"],
  ];
  for (const [who, what, permission] of rows) {
    equal(buildContext(who, choices(what)).permission, permission);
  }
});

Deno.test("precedence: output, turns and timeout by flag, agent.toml, defaults, built in", () => {
  const full = agent({ outputFormat: "json", maxTurns: 5, timeoutMinutes: 50 });
  const defaults = place({ outputFormat: "stream-json", maxTurns: 7, timeoutMinutes: 70 });
  const flags = place({ outputFormat: "text", maxTurns: 1, timeoutMinutes: 10 });
  const read = (who: Agent, what: Partial<ContextChoices>) => {
    const { outputFormat, maxTurns, timeoutMinutes } = buildContext(who, choices(what));
    return [outputFormat, maxTurns, timeoutMinutes];
  };
  deepEqual(read(full, { flags, defaults }), ["text", 1, 10]);
  deepEqual(read(full, { defaults, settings: [place({ timeoutMinutes: 30 })] }), ["json", 5, 30]);
  deepEqual(read(full, { defaults }), ["json", 5, 50]);
  deepEqual(read(agent(), { defaults }), ["stream-json", 7, 70]);
  deepEqual(read(agent(), {}), ["text", null, null]);
  deepEqual(read(full, { flags: place({ timeoutMinutes: 0 }) }), ["json", 5, null]);
});

Deno.test("a place's program, model and flags stay with its own runtime", () => {
  const who = agent({ runtime: "codex", model: "gpt", setEnv: { A: "1", B: "1" } });
  const settings = [
    place({
      runtime: "codex",
      program: ["/opt/codex"],
      model: "gpt-9",
      extraArgs: ["-x"],
      setEnv: { B: "2" },
    }),
  ];
  const same = buildContext(who, choices({ settings }));
  deepEqual([same.program, same.model, same.extraArgs], [["/opt/codex"], "gpt-9", ["-x"]]);
  const flags = place({ runtime: "claude" });
  const other = buildContext(who, choices({ settings, flags }));
  deepEqual([other.program, other.model, other.extraArgs], [["claude"], null, []]);
  deepEqual(other.setEnv, { A: "1", B: "2" });
});

Deno.test("program: by row, then KASMOS_<RUNTIME>_BIN, then the runtime's name", () => {
  const programs = { codex: ["/env/codex"] };
  const who = agent({ runtime: "codex", perRuntime: { codex: own({ program: ["/own"] }) } });
  const settings = [place({ program: ["/set"] })];
  deepEqual(buildContext(who, choices({ programs, settings })).program, ["/set"]);
  deepEqual(buildContext(who, choices({ programs })).program, ["/own"]);
  deepEqual(buildContext(agent({ runtime: "codex" }), choices({ programs })).program, [
    "/env/codex",
  ]);
  deepEqual(buildContext(agent({ runtime: "codex" }), choices()).program, ["codex"]);
  throws(() => buildContext(agent({ runtime: "command" }), choices()), { code: "invalid" });
});

Deno.test("arguments are joined, lowest row first", () => {
  const who = agent({ runtime: "codex", perRuntime: { codex: own({ extraArgs: ["--toml"] }) } });
  const context = buildContext(
    who,
    choices({
      flags: place({ extraArgs: ["--flag"] }),
      settings: [place({ extraArgs: ["--project"] }), place({ extraArgs: ["--user"] })],
    }),
  );
  deepEqual(context.extraArgs, ["--toml", "--user", "--project", "--flag"]);
});

Deno.test("R24: a permission given for the launch beats permission_mode_raw, and says so", () => {
  const who = agent({ perRuntime: { claude: own({ permissionRaw: "plan" }) } });
  const raw = choices();
  equal(buildContext(who, raw).permissionRaw, "plan");
  deepEqual(contextNotes(who, raw, buildContext(who, raw)), []);
  for (
    const given of [
      choices({ flags: place({ permission: "ask" }) }),
      choices({ settings: [place({ permission: "ask" })] }),
    ]
  ) {
    const context = buildContext(who, given);
    equal(context.permissionRaw, null);
    ok(contextNotes(who, given, context)[0]?.includes('permission_mode_raw = "plan"'));
  }
});

Deno.test("R2: a caller's permission is a ceiling, also over a raw one", () => {
  const who = agent({
    permission: "yolo",
    perRuntime: { claude: own({ permissionRaw: "bypassPermissions" }) },
  });
  const low = choices({ ceiling: "ask", flags: place({ permission: "yolo" }) });
  const context = buildContext(who, low);
  deepEqual([context.permission, context.permissionRaw], ["ask", null]);
  const notes = contextNotes(who, low, context);
  equal(notes.length, 2);
  equal(buildContext(who, choices({ ceiling: "auto" })).permissionRaw, null);
  equal(buildContext(agent({ permission: "ask" }), choices({ ceiling: "yolo" })).permission, "ask");
  equal(leastPermission("auto", "yolo"), "auto");
});

Deno.test("a context is frozen to the bottom and shares nothing with the agent", () => {
  const who = agent({ setEnv: { A: "1" } });
  const context = buildContext(who, choices());
  throws(() => Object.assign(context, { model: "x" }), TypeError);
  throws(() => Object.assign(context.setEnv, { A: "2" }), TypeError);
  throws(() => Object.assign(context.parts.hooks["Stop"]?.[0]?.hooks[0] ?? {}, { command: "y" }));
  equal(Object.isFrozen(who.parts.hooks), false);
  equal(Object.isFrozen(who.profile.setEnv), false);
});
