import { RUNTIMES } from "../agent/types.ts";
import { CLIENTS } from "../mcp/install/clients.ts";
import { kebab } from "../cli/args.ts";
import type { ArgSchema } from "../cli/define.ts";
import { SERVICES } from "../service/types.ts";
import { SIGNAL_STATUSES, SIGNAL_TYPES } from "../signal/types.ts";
import { PERMISSIONS, ROLES, SCOPES, SESSION_STATUSES } from "../store/entities.ts";
import { EVENTS } from "../task/fsm.ts";
import { STATUSES } from "../task/types.ts";
import type { ValueKind } from "./types.ts";

const words = (list: readonly string[]): ValueKind => ({ kind: "words", words: list });
const NONE: ValueKind = { kind: "none" };

/** Actions of `kas task recover`, one name for each. */
const RECOVER = [
  "planner-finished",
  "architect-finished",
  "implement-finished",
  "review-approved",
  "review-changes",
  "verify-approved",
  "verify-failed",
  "advance-wave",
  "retry-wave",
];

/** Arguments whose name does not say what they take, by command and name. */
const BY_PLACE: Readonly<Record<string, ValueKind>> = {
  "kas task list status": words(STATUSES),
  "kas task set-status status": words(STATUSES),
  "kas task transition event": words(EVENTS),
  "kas task recover action": words(RECOVER),
  "kas task create name": NONE,
  "kas task register name": NONE,
  "kas task topic topic": { kind: "topic" },
  "kas task list topic": { kind: "topic" },
  "kas task create topic": { kind: "topic" },
  "kas task register topic": { kind: "topic" },
  "kas signal emit type": words(SIGNAL_TYPES),
  "kas signal list status": words(SIGNAL_STATUSES),
  "kas signal show id": { kind: "signal" },
  "kas signal retry id": { kind: "signal" },
  "kas instance list status": words(SESSION_STATUSES),
  "kas decision show id": { kind: "decision" },
  "kas decision answer id": { kind: "decision" },
  "kas decision answer option": { kind: "decision-option" },
  "kas audit list instance": { kind: "instance" },
  "kas prompt show role": words(ROLES),
  "kas agent create agent": NONE,
  "kas agent import name": NONE,
  "kas agent create permission": words(PERMISSIONS),
  "kas secret remove name": { kind: "secret" },
  "kas secret set name": { kind: "secret" },
  "kas config get key": { kind: "setting" },
  "kas config set key": { kind: "setting" },
  "kas token create scope": words(SCOPES),
  "kas tmux adopt title": NONE,
  "kas run task": NONE,
  "kas chat task": NONE,
  "kas run title": NONE,
  "kas chat title": NONE,
  "kas skills add place": { kind: "folders" },
  // The scripted agent works on tasks alone, and a program of one's own is no client.
  "kas run runtime": words([...CLIENTS, "command"]),
  "kas chat runtime": words([...CLIENTS, "command"]),
  "kas setup runtime": words([...CLIENTS, "demo"]),
  "kas mcp install runtime": words(CLIENTS),
  "kas mcp uninstall runtime": words(CLIENTS),
  "kas mcp config runtime": words(CLIENTS),
  "kas serve key": { kind: "files" },
  "kas debug out": { kind: "files" },
};

/** Arguments that are named after what they take; also by the placeholder of their value. */
const BY_NAME: Readonly<Record<string, ValueKind>> = {
  task: { kind: "task" },
  plan: { kind: "task" },
  agent: { kind: "agent" },
  title: { kind: "instance" },
  skill: { kind: "skill" },
  skills: { kind: "skill" },
  project: { kind: "project" },
  role: words(ROLES),
  runtime: words(RUNTIMES),
  service: words(SERVICES),
  file: { kind: "files" },
  socket: { kind: "files" },
  cert: { kind: "files" },
  key: NONE,
  path: { kind: "folders" },
  repo: { kind: "folders" },
  cwd: { kind: "folders" },
  folder: { kind: "folders" },
  taskFile: { kind: "files" },
  db: { kind: "files" },
};

/** What an argument or option of a command takes. Pure. */
export function kindOf(path: string, name: string, schema: ArgSchema): ValueKind {
  if (schema.type === "boolean") return NONE;
  const placed = BY_PLACE[`${path} ${kebab(name)}`];
  if (placed !== undefined) return placed;
  if (schema.choices !== undefined) return words(schema.choices.map(String));
  const named = BY_NAME[name];
  if (named !== undefined) return named;
  return (schema.metavar === undefined ? undefined : BY_NAME[schema.metavar]) ?? NONE;
}
