/**
 * What becomes of a text somebody edits while others may change it too. The server decides by ETag;
 * this decides what the editor says and keeps. Pure.
 */

/** A text as it was when editing began, and as it is in the editor. */
export interface Draft {
  /** ETag of `base`. */
  readonly etag: string;
  readonly base: string;
  readonly text: string;
}

/** How a draft stands to what the server has now. */
export type Standing =
  /** Nothing was written. */
  | "clean"
  /** Something was written, and nobody else changed the text. */
  | "ahead"
  /** Nothing was written, and the server has something newer. */
  | "behind"
  /** Both changed. */
  | "conflict";

/** Compares. */
export function standingOf(
  draft: Draft,
  etag: string | null,
  text: string,
): Standing {
  const written = draft.text !== draft.base;
  const moved = etag !== draft.etag && text !== draft.base;
  if (!moved) return written ? "ahead" : "clean";
  if (draft.text === text) return "clean";
  return written ? "conflict" : "behind";
}

/** Reads a draft that was kept; null for anything that is none. */
export function readDraft(kept: string | null): Draft | null {
  if (kept === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(kept);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== "object" || value === null) return null;
  const { etag, base, text } = value as Record<string, unknown>;
  if (
    typeof etag !== "string" || typeof base !== "string" ||
    typeof text !== "string"
  ) return null;
  return { etag, base, text };
}
