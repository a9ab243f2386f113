import { useState } from "preact/hooks";
import { type Draft, readDraft } from "../pure/draft.ts";

/** What is being written of one text. */
export interface Writing {
  /** Null when nothing is being written. */
  readonly draft: Draft | null;
  /** Whether the draft outlives this page; not when the browser has no room for it. */
  readonly kept: boolean;
  readonly change: (next: Draft | null) => void;
}

/** Answers whether the browser keeps it. */
function keep(key: string, draft: Draft | null): boolean {
  // What was kept before is older than the draft, whatever becomes of that.
  localStorage.removeItem(key);
  if (draft === null || draft.text === draft.base) return true;
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") throw error;
    return false;
  }
  return true;
}

/**
 * Keeps what is being written of one text in this browser until it is saved or discarded, so that
 * neither a closed tab nor an ended session loses it.
 * @param name stands for the text, everywhere in the admin
 */
export function useDraft(name: string): Writing {
  const key = `kas.draft.${name}`;
  const [draft, setDraft] = useState<Draft | null>(() => readDraft(localStorage.getItem(key)));
  const [kept, setKept] = useState(true);
  const change = (next: Draft | null): void => {
    setKept(keep(key, next));
    setDraft(next);
  };
  return { draft, kept, change };
}

/** What a person is told of a draft. */
export function draftNote({ kept }: Pick<Writing, "kept">): string {
  return kept
    ? "Draft, kept in this browser"
    : "Draft; this browser has no room to keep it: save it";
}
