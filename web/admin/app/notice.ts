import { signal } from "@preact/signals";
import { explain } from "../data/api.ts";

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

/** Says what went wrong; it stays until it is dismissed. */
export function complain(error: unknown): void {
  show({ kind: "error", ...explain(error) });
}

/** A question with two answers, and perhaps a text to give with it. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly danger: boolean;
  /** Asks for a text under this label. */
  readonly input?: string;
  readonly required?: boolean;
}
export const question = signal<
  (Question & { answer: (given: string | null) => void }) | null
>(null);

/** Asks; the answer is the text given ("" without one), or null for no. */
export function ask(asked: Question): Promise<string | null> {
  question.peek()?.answer(null);
  return new Promise((resolve) => {
    question.value = {
      ...asked,
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
