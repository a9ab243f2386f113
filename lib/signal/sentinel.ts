import { KasError } from "../errors.ts";
import { parseTaskName, quote } from "../names.ts";
import { checkPayload, type SignalPayload, type SignalType } from "./types.ts";

/** A signal in the form of a file. */
export interface Sentinel {
  readonly type: SignalType;
  readonly task: string;
  readonly payload: SignalPayload;
}

const PREFIXES: readonly (readonly [string, SignalType])[] = [
  ["planner-finished-", "planner_finished"],
  ["implement-finished-", "implement_finished"],
  ["review-approved-", "review_approved"],
  ["review-changes-", "review_changes_requested"],
  ["elaborator-finished-", "elaborator_finished"],
];

const SUBTASK = /^implement-task-finished-w(\d{1,4})-t(\d{1,4})-(.+)$/;
const WAVE = /^implement-wave-(\d{1,4})-(.+)$/;

/**
 * Reads a sentinel file's name and text. Only what agents may report has such a form; a file named
 * like an operator's event (`cancel-…`) is not a signal.
 * @throws KasError "invalid"
 */
export function parseSentinel(name: string, text: string): Sentinel {
  const body = text.trim();
  const subtask = SUBTASK.exec(name);
  if (subtask !== null) {
    return made("implement_task_finished", subtask[3], {
      wave_number: Number(subtask[1]),
      task_number: Number(subtask[2]),
    });
  }
  const wave = WAVE.exec(name);
  if (wave !== null) return made("implement_wave", wave[2], { wave_number: Number(wave[1]) });
  const found = PREFIXES.find(([prefix]) => name.startsWith(prefix));
  if (found === undefined) {
    throw new KasError("invalid", `Cannot read ${quote(name)} as a signal file`, {
      hint: `Names are such as "implement-finished-<task>"`,
    });
  }
  const [prefix, type] = found;
  return made(type, name.slice(prefix.length), body === "" ? {} : { body });
}

function made(type: SignalType, task: string | undefined, payload: SignalPayload): Sentinel {
  return { type, task: parseTaskName(task ?? ""), payload: checkPayload(type, payload) };
}
