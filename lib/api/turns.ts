import { sessionDir } from "../engine/sessions.ts";
import type { Home } from "../engine/workspace.ts";
import { HARNESS_NAMES, harnessFor } from "../harness/mod.ts";
import type { Turn, TurnRow } from "../harness/turns.ts";
import type { Session } from "../store/types.ts";
import { isoTime, type Json, toJson } from "./json.ts";

/** A turn as the command line and the API show it. */
export type TurnJson = Json<Omit<Turn, "rows">> & { readonly rows: readonly TurnRowJson[] };
/** See {@link TurnJson}. */
export type TurnRowJson = Omit<Json<TurnRow>, "timestamp"> & { readonly timestamp: string | null };

/** What an instance did. */
export interface Presentation {
  /** Whether its runtime keeps a transcript. */
  readonly supported: boolean;
  /** Why there are no turns; null when there are some. */
  readonly reason: string | null;
  readonly captured_at: string;
  /** Whether the transcript begins earlier than the first turn. */
  readonly is_cut: boolean;
  readonly turns: readonly TurnJson[];
}

/**
 * The turns of an instance, from the transcript of its runtime; nothing of it is kept.
 * @param since leaves out turns before that number; of a transcript that is cut all are given, for
 * their numbers change
 */
export async function presentationOf(
  home: Pick<Home, "paths">,
  session: Session,
  since = 1,
): Promise<Presentation> {
  const { harness, cwd, pid, status } = session;
  const runtime = HARNESS_NAMES.includes(harness) ? harnessFor(harness) : null;
  const supported = runtime?.turns !== undefined;
  const isLive = status === "running";
  const reading = await runtime?.turns?.({
    launchDir: sessionDir(home, session),
    cwd,
    pid: isLive ? pid : null,
  }) ?? null;
  const { turns, isCut } = reading ?? { turns: [], isCut: false };
  return {
    supported,
    reason: turns.length > 0 ? null : reasonOf(session, supported, reading !== null),
    captured_at: isoTime(Date.now()),
    is_cut: isCut,
    turns: turns.filter(({ number }) => isCut || number >= since).map(turnJson),
  };
}

function reasonOf({ harness, status }: Session, supported: boolean, found: boolean): string {
  if (harness === "none") return "It has not been started yet";
  if (!supported) return `The runtime ${harness} keeps no transcript of its turns`;
  if (found) return "Nothing has been said to it yet";
  return status === "exited"
    ? "There is no transcript of it any more"
    : `The runtime ${harness} has not written a transcript yet`;
}

function turnJson({ rows, ...turn }: Turn): TurnJson {
  return { ...toJson(turn), rows: rows.map(rowJson) };
}

function rowJson({ timestamp, ...row }: TurnRow): TurnRowJson {
  return { ...toJson(row), timestamp: timestamp === null ? null : isoTime(timestamp) };
}
