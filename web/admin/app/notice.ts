import { signal } from "@preact/signals";
import { explain, reason } from "../data/api.ts";

/** Short messages at the edge of the page, and questions before something is destroyed. */

export interface Toast {
  readonly id: number;
  readonly kind: "done" | "error";
  readonly text: string;
  readonly hint: string;
}
const SHOWN_MS = 5_000;
let lastId = 0;

export const toasts = signal<readonly Toast[]>([]);

function show(toast: Omit<Toast, "id">): void {
  const id = ++lastId;
  toasts.value = [...toasts.value.slice(-3), { id, ...toast }];
  if (toast.kind === "done") setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Takes a message away. */
export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Says that something was done. */
export function say(text: string): void {
  show({ kind: "done", text, hint: "" });
}

/** Says what went wrong; it stays until it is dismissed. The end of a session has a dialog of its own. */
export function complain(error: unknown): void {
  if (reason(error) !== null) show({ kind: "error", ...explain(error) });
}

/** A question with two answers, and perhaps a text to give with it. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  /** @default "Cancel" */
  readonly no?: string;
  readonly danger: boolean;
  /** Asks for a text under this label. */
  readonly input?: string;
  /** The text to begin with. */
  readonly value?: string;
  readonly required?: boolean;
}
/** A question that is open. */
export interface OpenQuestion extends Question {
  readonly id: number;
  /** What "yes" does while the question stays: what was written must survive a refusal. */
  readonly work: (given: string) => Promise<unknown>;
  readonly answer: (given: string | null) => void;
}
export const question = signal<OpenQuestion | null>(null);

/**
 * Asks; the answer is the text given ("" without one), or null for no.
 * @param work is done with the text first; while it fails the question stays, says why and keeps the text
 */
export function ask(
  asked: Question,
  work: (given: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<string | null> {
  question.peek()?.answer(null);
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      id: ++lastId,
      work,
      answer: (given) => {
        question.value = null;
        resolve(given);
      },
    };
  });
}

/** Does something a person asked for, and says how it went. Answers whether it was done. */
export async function attempt(
  work: () => Promise<unknown>,
  done?: string,
): Promise<boolean> {
  try {
    await work();
  } catch (error) {
    complain(error);
    return false;
  }
  if (done !== undefined) say(done);
  return true;
}
