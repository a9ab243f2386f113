import { hashOf } from "./manifest.ts";
import { BrokenFile, type Entry, type FileFact, type Piece } from "./types.ts";

/** How a piece stands in the repository, against what was written and what is wanted. Pure. */

/** The outcome of {@link judge}. */
export interface Standing {
  readonly state:
    | "synced"
    | "missing"
    | "outdated" // as kas wrote it, and there is a newer text
    | "edited" // kas wrote it, and somebody changed it
    | "foreign" // somebody else's, under kas's name
    | "blocked" // kas does not write there
    | "broken"; // the file cannot be read
  readonly detail: string | null;
  readonly problem: BrokenFile | null;
}

/** @param entry what the manifest knows of it */
export async function judge(
  piece: Piece,
  fact: FileFact,
  entry: Entry | undefined,
): Promise<Standing> {
  if (fact.kind === "other") return standing("blocked", fact.why);
  if (piece.isLink && fact.kind === "text") return standing("blocked", "a file is in its place");
  if (!piece.isLink && fact.kind === "link") {
    return standing("blocked", `a link to ${fact.target}, which kas does not write through`);
  }
  try {
    const current = currentOf(piece, fact);
    if (current === null) return standing("missing", null);
    if (current === piece.wanted) return standing("synced", null);
    const isFormer = piece.former?.includes(current) === true;
    if (isFormer) return standing("outdated", "kas has a newer text");
    if (entry === undefined) return standing("foreign", "not written by kas");
    return await hashOf(current) === entry.hash
      ? standing("outdated", "kas has a newer text")
      : standing("edited", "edited by hand");
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    const where = `${piece.path}:${error.line}:${error.column}`;
    return { state: "broken", detail: `${where}: ${error.message}`, problem: error };
  }
}

/** What is there of a piece; null = nothing. @throws BrokenFile */
export function currentOf(piece: Piece, fact: FileFact): string | null {
  if (fact.kind === "link") return piece.isLink ? piece.read(fact.target) : null;
  return fact.kind === "text" ? piece.read(fact.text) : null;
}

function standing(state: Standing["state"], detail: string | null): Standing {
  return { state, detail, problem: null };
}
