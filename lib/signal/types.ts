import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** Every wire type a signal may have. */
export const SIGNAL_TYPES = [
  "plan_start",
  "planner_finished",
  "planner_draft_finished",
  "implement_start",
  "implement_task_finished",
  "implement_wave",
  "elaborator_finished",
  "implement_finished",
  "review_approved",
  "review_changes_requested",
  "verify_approved",
  "verify_failed",
  "retry_wave",
  "advance_wave",
] as const;
export type SignalType = typeof SIGNAL_TYPES[number];

/** Recovery actions of the CLI and the signal each emits. */
export const RECOVER_ACTIONS: Readonly<Record<string, SignalType>> = {
  "planner-finished": "planner_finished",
  "architect-finished": "elaborator_finished",
  "implement-finished": "implement_finished",
  "review-approved": "review_approved",
  "review-changes": "review_changes_requested",
  "advance-review-cycle": "review_changes_requested",
  "verify-approved": "verify_approved",
  "verify-failed": "verify_failed",
  "readiness-approved": "verify_approved",
  "readiness-changes": "verify_failed",
  "advance-wave": "advance_wave",
  "retry-wave": "retry_wave",
};

/** Other spellings that are accepted on entry and stored under the canonical one. */
export const ALIASES: Readonly<Record<string, SignalType>> = {
  architect_finished: "elaborator_finished",
  review_changes: "review_changes_requested",
  readiness_approved: "verify_approved",
  master_approved: "verify_approved",
  readiness_changes_requested: "verify_failed",
  readiness_changes: "verify_failed",
};

/** Types only a person or kas may emit: they steer, they do not report. */
export const OPERATOR_SIGNALS: ReadonlySet<SignalType> = new Set<SignalType>([
  "plan_start",
  "implement_start",
  "implement_wave",
  "retry_wave",
  "advance_wave",
]);

/** What came with a signal. Free text is under `body`. */
export type SignalPayload = Readonly<Record<string, unknown>>;

export const SIGNAL_STATUSES = ["pending", "processing", "done", "failed"] as const;
export type SignalStatus = typeof SIGNAL_STATUSES[number];

/** A row of the signal gateway. `failed` rows are the dead letters; `result` holds the reason. */
export interface Signal {
  readonly id: number;
  readonly projectId: number;
  readonly taskName: string;
  readonly type: SignalType;
  readonly payload: SignalPayload;
  readonly status: SignalStatus;
  /** A second emit with the same key is the same signal. */
  readonly dedupeKey: string | null;
  /** Who emitted it: `session:<id>`, `cli:<user>`, `mcp`, `sentinel:<file>`, `kas`. */
  readonly source: string;
  readonly attempts: number;
  readonly claimedBy: string | null;
  readonly claimedAt: number | null;
  readonly createdAt: number;
  readonly processedAt: number | null;
  readonly result: string;
}

/**
 * The canonical type of what was typed: hyphens are underscores, aliases are resolved.
 * @throws KasError "invalid" listing the types
 */
export function parseSignalType(text: string): SignalType {
  const key = text.trim().replaceAll("-", "_");
  const found = SIGNAL_TYPES.find((type) => type === key) ?? ALIASES[key];
  if (found !== undefined) return found;
  throw new KasError("invalid", `Cannot emit a signal of unknown type ${quote(text)}`, {
    hint: `Types: ${SIGNAL_TYPES.join(", ")}`,
    context: { type: text, types: SIGNAL_TYPES },
  });
}

const MAX_PAYLOAD = 256 * 1024;

/**
 * Normalises a payload as typed: JSON objects are kept, any other text becomes `{body}`, structural
 * types are checked.
 * @throws KasError "invalid" when a required number or commit is missing or malformed
 */
export function parsePayload(type: SignalType, text: string | undefined): SignalPayload {
  const raw = (text ?? "").trim();
  if (new TextEncoder().encode(raw).length > MAX_PAYLOAD) {
    throw new KasError(
      "invalid",
      `Cannot emit "${type}": its payload is over ${MAX_PAYLOAD} bytes`,
      {
        hint: "Write long text to a file in the worktree, commit it and name it in the payload",
      },
    );
  }
  return checkPayload(type, decode(raw));
}

function decode(raw: string): SignalPayload {
  if (raw === "") return {};
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as SignalPayload;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // plain text is legal: wrapped below
  }
  return { body: raw };
}

/** Checks a decoded payload against its type; returns it unchanged. See {@link parsePayload}. */
export function checkPayload(type: SignalType, payload: SignalPayload): SignalPayload {
  const need = (field: string, ok: (value: unknown) => boolean, what: string): void => {
    if (!ok(payload[field])) {
      throw new KasError(
        "invalid",
        `Cannot emit "${type}": its payload needs "${field}" as ${what}, got ${
          quote(JSON.stringify(payload[field]) ?? "nothing")
        }`,
        { hint: example(type) },
      );
    }
  };
  const positive = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
  const commit = (value: unknown): boolean =>
    typeof value === "string" && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(value);
  switch (type) {
    case "implement_task_finished":
      need("wave_number", positive, "an integer from 1");
      need("task_number", positive, "an integer from 1");
      break;
    case "planner_draft_finished":
      need("planner_id", (value) => typeof value === "string" && value !== "", "a profile name");
      break;
    case "implement_wave":
      need("wave_number", positive, "an integer from 1");
      break;
    case "verify_approved":
      need("reviewed_sha", commit, "a full commit id");
      need("reviewed_base_sha", commit, "a full commit id");
      break;
    case "elaborator_finished":
      if (Object.keys(payload).length > 0) {
        throw new KasError("invalid", `Cannot emit "${type}" with a payload: it must be empty`, {
          hint: "Write decisions into the plan or the metadata file",
        });
      }
      break;
    case "review_changes_requested":
    case "verify_failed":
      need(
        "body",
        (value) => typeof value === "string" && value.trim() !== "",
        "the feedback text",
      );
      break;
  }
  return payload;
}

function example(type: SignalType): string {
  const payloads: Partial<Record<SignalType, string>> = {
    implement_task_finished: '{"wave_number":1,"task_number":2}',
    implement_wave: '{"wave_number":2}',
    verify_approved: '{"reviewed_sha":"<40 hex>","reviewed_base_sha":"<40 hex>"}',
    review_changes_requested: '{"body":"src/a.ts:12 …"}',
    verify_failed: '{"body":"src/a.ts:12 …"}',
  };
  return `Example payload: ${payloads[type] ?? "{}"}`;
}

/** Free text of a payload (`body`), or an empty string. */
export function bodyOf(payload: SignalPayload): string {
  return typeof payload.body === "string" ? payload.body : "";
}
