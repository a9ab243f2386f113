import { PROBED, type Probings } from "../harness/probe.ts";
import type { Capabilities, Probed } from "../harness/types.ts";
import type { CapabilityReport, DoctorFinding, Facts, RuntimeFact, Severity } from "./types.ts";

/** The runtimes: whether one can be used, and what each can do. */
export function checkRuntimes(
  { runtimes, agents }: Pick<Facts, "runtimes" | "agents">,
): DoctorFinding[] {
  const findings = runtimes.flatMap((fact) => [
    runtime(fact),
    ...login(fact),
    ...probed(fact),
  ]);
  const usable = runtimes.some((fact) => fact.version !== null && fact.recent !== false);
  // Whoever works with the scripted demo, or with programs of their own, misses none of them.
  const chosen = agents.filter(({ phases }) => phases.length > 0);
  const others = chosen.length > 0 &&
    chosen.every(({ runtime: name }) =>
      name !== null && !runtimes.some((fact) => fact.runtime === name)
    );
  return usable || others ? findings : [...findings, {
    id: "runtime.none",
    section: "runtimes",
    severity: "error",
    message: "no runtime can be used: no agent can start",
    hint: `Install one of ${
      runtimes.map((fact) => fact.runtime).join(", ")
    }; "kas demo" needs none`,
  }];
}

/** An error only where an agent needs it: one runtime is enough to work with. */
function runtime(fact: RuntimeFact): DoctorFinding {
  const { runtime: name, version, minimum, recent, neededBy, install } = fact;
  const about = { id: `runtime.${name}`, section: "runtimes" as const };
  const by = needed(neededBy);
  const bad: Severity = neededBy.length > 0 ? "error" : "info";
  const least = minimum === null ? "" : `, at least ${minimum} is needed`;
  const hint = install === null ? {} : { hint: `Install it: ${install}` };
  if (version === null) {
    return { ...about, severity: bad, message: `${name}: ${fact.problem}${by}`, ...hint };
  }
  if (recent === false) {
    return { ...about, severity: bad, message: `${name} ${version}${least}${by}`, ...hint };
  }
  return {
    ...about,
    severity: "ok",
    message: `${name} ${version}${minimum === null ? "" : ` (at least ${minimum})`}${by}`,
    detail: describe(fact.capabilities) + seen(fact.probings),
    ...fact.probings === null
      ? {}
      : { capabilities: capabilityReports(fact.capabilities, fact.probings) },
  };
}

/** A warning where an agent needs it: credentials may be where kas does not look. */
function login({ runtime: name, login, version, recent, neededBy }: RuntimeFact): DoctorFinding[] {
  if (login !== "no" || version === null || recent === false) return [];
  return [{
    id: `runtime.${name}.login`,
    section: "runtimes",
    severity: neededBy.length > 0 ? "warning" : "info",
    message: `${name} is not logged in${needed(neededBy)}`,
    hint: `Start ${name} once and log in, or set the variable with its key`,
  }];
}

/** What each capability is called for people. */
const CALLED: Readonly<Record<Probed, string>> = {
  start: "start",
  soul: "soul",
  model: "model",
  efforts: "effort",
  permissions: "permission",
  permissionRaw: "raw permission",
  outputFormats: "output",
  maxTurns: "turn limit",
  mcp: "MCP",
  skills: "skills",
  hookEvents: "hooks",
  commands: "commands",
  resume: "resume",
  strict: "isolation",
};

function seen(probings: Probings | null): string {
  const found = PROBED.filter((one) => probings?.[one]?.state === "found");
  return found.length === 0
    ? ""
    : `; found in its help: ${found.map((one) => CALLED[one]).join(", ")}`;
}

function capabilityReports(
  can: Capabilities,
  probings: Probings,
): NonNullable<DoctorFinding["capabilities"]> {
  const reports: Partial<Record<Probed, CapabilityReport>> = {};
  for (const name of PROBED) {
    const declared = name === "start" ? true : can[name];
    const { state, ...more } = probings[name] ?? { state: null };
    reports[name] = { declared, probed: state, ...more };
  }
  return reports;
}

/** What the installed program does not have, or does not tell. */
function probed(fact: RuntimeFact): DoctorFinding[] {
  return fact.probings === null
    ? []
    : [...missing(fact, fact.probings), ...untold(fact, fact.probings)];
}

/** Options that are not there: an error where an agent would be started with one of them. */
function missing(fact: RuntimeFact, probings: Probings): DoctorFinding[] {
  const words = new Map<string, Probed[]>();
  for (const capability of PROBED) {
    const probing = probings[capability];
    for (const word of probing?.state === "missing" ? probing.words : []) {
      words.set(word, [...words.get(word) ?? [], capability]);
    }
  }
  if (words.size === 0) return [];
  const users = usersOf(fact, [...words.values()].flat());
  const list = [...words].map(([word, of]) =>
    `${word} (${of.map((one) => CALLED[one]).join(", ")})`
  );
  const { runtime: name, version, install } = fact;
  return [{
    id: `runtime.${name}.missing`,
    section: "runtimes",
    severity: users.length > 0 ? "error" : "warning",
    message: `${name} ${version} does not list what kas starts it with: ${list.join(", ")}${
      needed(users)
    }`,
    hint: install === null
      ? `Use another version of ${name}`
      : `Update it: ${install}; if it is the newest one, update kas: kas upgrade`,
  }];
}

/** Says why the program could not be asked; it may do all the same. */
function untold(fact: RuntimeFact, probings: Probings): DoctorFinding[] {
  const reasons = new Map<string, Probed[]>();
  for (const capability of PROBED) {
    const probing = probings[capability];
    if (probing?.state !== "unknown") continue;
    reasons.set(probing.reason, [...reasons.get(probing.reason) ?? [], capability]);
  }
  if (reasons.size === 0) return [];
  const users = usersOf(fact, [...reasons.values()].flat());
  const { runtime: name, version, program } = fact;
  return [{
    id: `runtime.${name}.unknown`,
    section: "runtimes",
    severity: users.length > 0 ? "warning" : "info",
    message: `${name} ${version} does not tell what it can do: ${[...reasons.keys()].join("; ")}${
      needed(users)
    }`,
    hint: `Run "${program.join(" ")} --help" and see what it says`,
  }];
}

/** Agents that use one of these capabilities, each once. */
function usersOf({ users }: RuntimeFact, capabilities: readonly Probed[]): string[] {
  return [...new Set(capabilities.flatMap((capability) => users[capability] ?? []))];
}

function needed(by: readonly string[]): string {
  return by.length === 0 ? "" : `; needed by ${by.join(", ")}`;
}

/** What a runtime can do, in a line. */
function describe(can: Capabilities): string {
  const parts = [
    `soul: ${can.soul}`,
    `permissions: ${can.permissions.join(" ")}`,
    `output: ${can.outputFormats.join(" ")}`,
    `MCP: ${can.mcp.join(" ") || "no"}`,
    `skills: ${word(can.skills)}`,
    `hooks: ${can.hookEvents.length === 0 ? "no" : `${can.hookEvents.length} events`}`,
    `commands: ${word(can.commands)}`,
    `effort: ${can.efforts === null ? "any" : can.efforts.join(" ") || "no"}`,
    `turn limit: ${word(can.maxTurns)}`,
    `resume: ${word(can.resume)}`,
    `isolation: ${word(can.strict)}`,
  ];
  return parts.join(", ");
}

function word(able: boolean): string {
  return able ? "yes" : "no";
}
