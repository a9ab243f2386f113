import * as v from "valibot";
import { RUNTIMES } from "../../agent/types.ts";
import { ROW_KINDS } from "../../harness/turns.ts";
import { PERMISSIONS, SESSION_STATUSES } from "../../store/entities.ts";
import {
  after,
  count,
  filled,
  flag,
  limit,
  line,
  list,
  many,
  maybeText,
  name,
  page,
  queryNumber,
  time,
} from "./common.ts";
import { routes } from "./route.ts";
import * as row from "./rows.ts";

/** Instances: the runs of agents, what they show and what is done to them. Pure. */

export const ACTIONS = [
  "send",
  "interrupt",
  "permission",
  "pause",
  "resume",
  "restart",
  "kill",
] as const;

/** An instance with what may be done to it now. */
const instance = v.object({
  ...row.session.entries,
  project: v.string(),
  valid_actions: list(v.picklist(ACTIONS)),
  /** Why nothing can be sent to it, null when something can. */
  read_only: maybeText,
});

const query = {
  status: v.exactOptional(many(v.picklist(SESSION_STATUSES))),
  task: v.exactOptional(v.string()),
  /** Those that have ended too; without it and `status` only the others. */
  all: v.exactOptional(flag),
  after: v.exactOptional(after),
  limit,
};

const lineNumber = v.pipe(
  v.string(),
  v.regex(/^(-|-?\d{1,9})$/, `must be a whole number or "-"`),
  v.transform((text) => text === "-" ? "-" as const : Number(text)),
);

const presentationRow = v.object({
  /**
   * `system` what was said to it, `prose` and `response` what it says, `response` being its last
   * words; `status` what became of the turn.
   */
  kind: v.picklist(ROW_KINDS),
  text: v.string(),
  tool_name: maybeText,
  timestamp: v.nullable(time),
  is_error: v.boolean(),
  /** Whether the text goes on in the transcript. */
  is_cut: v.boolean(),
});

export const INSTANCE_ROUTES = routes({
  "GET /v1/instances": {
    scope: "read",
    narrows: true,
    summary: "Instances of all projects, newest first; those that live unless told otherwise",
    query: v.strictObject(query),
    response: page(instance),
  },
  "GET /v1/projects/:project/instances": {
    scope: "read",
    summary: "Instances of a project, newest first; those that live unless told otherwise",
    query: v.strictObject(query),
    response: page(instance),
  },
  "POST /v1/projects/:project/instances": {
    scope: "operate",
    summary: "Start an agent outside of tasks; the daemon keeps it",
    body: v.pipe(
      v.strictObject({
        agent: name("agent"),
        /** `run` does one task and ends; `chat` is the runtime's own terminal program. */
        mode: v.optional(v.picklist(["run", "chat"]), "chat"),
        task: v.exactOptional(filled),
        title: v.exactOptional(name("session")),
        /** Name of a worktree and branch of its own; without it the agent works in the checkout. */
        worktree: v.exactOptional(name("branch")),
        runtime: v.exactOptional(v.picklist(RUNTIMES)),
        model: v.exactOptional(v.pipe(line, v.nonEmpty(), v.regex(/^[^-]/, "must be a model"))),
        permission: v.exactOptional(v.picklist(PERMISSIONS)),
      }),
      v.check(({ mode, task }) => mode === "chat" || task !== undefined, `"run" needs a task`),
    ),
    response: instance,
    status: 201,
    errors: ["not_found", "exists", "guard", "missing_program"],
  },
  "GET /v1/projects/:project/instances/:title": {
    scope: "read",
    summary: "One instance, by title or number",
    response: instance,
  },
  "GET /v1/projects/:project/instances/:title/presentation": {
    scope: "read",
    summary: "What an instance did, as turns, from the transcript its runtime keeps",
    details:
      "Numbers count from the first turn. With since the turns before that number are left " +
      "out; the last one may have grown, so ask from its number on. When is_cut is true the " +
      "transcript begins earlier, numbers change and all turns are given.",
    query: v.strictObject({ since: v.exactOptional(queryNumber(1, 1_000_000_000)) }),
    response: v.object({
      /** Whether its runtime keeps a transcript. */
      supported: v.boolean(),
      /** Why there are no turns; null when there are some. */
      reason: maybeText,
      captured_at: time,
      is_cut: v.boolean(),
      turns: list(v.object({
        id: v.string(),
        number: count,
        started_at: v.nullable(time),
        completed_at: v.nullable(time),
        interrupted: v.boolean(),
        tool_count: count,
        rows: list(presentationRow),
      })),
    }),
  },
  "GET /v1/projects/:project/instances/:title/capture": {
    scope: "read",
    summary: "The screen of an instance, or the last one that was kept",
    details: "Lines are counted as tmux does: 0 is the top of the screen, negative numbers are " +
      "history, - is its beginning or end. With escapes=true colours stay as escape sequences.",
    query: v.strictObject({
      start: v.exactOptional(lineNumber),
      end: v.exactOptional(lineNumber),
      escapes: v.exactOptional(flag),
    }),
    response: v.object({
      title: v.string(),
      /** False when it is the screen that was kept at the end. */
      live: v.boolean(),
      screen: v.string(),
    }),
    errors: ["tmux_failed", "missing_program"],
  },
  "POST /v1/projects/:project/instances/:title/send": {
    scope: "operate",
    summary: "Type a prompt into an instance and press Enter",
    body: v.strictObject({ text: filled }),
    response: instance,
    errors: ["guard", "tmux_failed"],
  },
  "POST /v1/projects/:project/instances/:title/permission": {
    scope: "operate",
    summary: "Answer what an instance asks: 0 allow once, 1 allow always, 2 reject",
    body: v.strictObject({ choice: v.picklist([0, 1, 2]) }),
    response: instance,
    errors: ["guard", "conflict", "tmux_failed"],
  },
  "POST /v1/projects/:project/instances/:title/interrupt": {
    scope: "operate",
    summary: "Press the keys that interrupt what an agent is doing",
    response: instance,
    errors: ["guard", "tmux_failed"],
  },
  "POST /v1/projects/:project/instances/:title/pause": {
    scope: "operate",
    summary: "Stop an agent and keep its place",
    response: instance,
    errors: ["guard", "conflict"],
  },
  "POST /v1/projects/:project/instances/:title/resume": {
    scope: "operate",
    summary: "Go on with the work of a paused instance",
    response: instance,
    errors: ["guard", "conflict"],
  },
  "POST /v1/projects/:project/instances/:title/restart": {
    scope: "operate",
    summary: "End an agent and start its work again with a new one",
    response: instance,
    errors: ["guard", "conflict"],
  },
  "POST /v1/projects/:project/instances/:title/kill": {
    scope: "operate",
    summary: "End an agent for good; what becomes of its work is asked as a decision",
    response: instance,
    errors: ["guard", "conflict"],
  },
  "GET /v1/projects/:project/instances/:title/terminal": {
    scope: "read",
    summary: "A live terminal over a WebSocket; typing needs operate",
    details: "Text messages are JSON. The server sends screen, status and end; the client sends " +
      "input, keys and resize. See docs/http-api.md.",
    response: "socket",
  },
});

/** What the server of a live terminal sends. */
export const terminalServer = v.variant("type", [
  /** The whole screen, with escape sequences; the cursor counts from 0. */
  v.object({
    type: v.literal("screen"),
    screen: v.string(),
    cols: count,
    rows: count,
    cursor: v.nullable(v.object({ x: count, y: count })),
  }),
  v.object({ type: v.literal("status"), writable: v.boolean(), title: v.string() }),
  v.object({ type: v.literal("error"), detail: v.string() }),
  /** Nothing follows. */
  v.object({ type: v.literal("end"), reason: v.string() }),
]);
export type TerminalServer = v.InferOutput<typeof terminalServer>;

/** What a client of a live terminal sends; it needs the scope operate. */
export const terminalClient = v.variant("type", [
  /** Text as typed or pasted; control characters are keys. */
  v.strictObject({ type: v.literal("input"), text: v.pipe(v.string(), v.maxLength(100_000)) }),
  /** tmux names of keys, such as "C-c" and "Up". */
  v.strictObject({
    type: v.literal("keys"),
    keys: v.pipe(v.array(v.pipe(v.string(), v.maxLength(20))), v.maxLength(50)),
  }),
  v.strictObject({
    type: v.literal("resize"),
    cols: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1000)),
    rows: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1000)),
  }),
]);
export type TerminalClient = v.InferOutput<typeof terminalClient>;
