import type { Paths } from "../lib/config/paths.ts";
import { type PaneInfo, TmuxServer } from "../lib/session/tmux/mod.ts";
import { CONTROL_SESSION } from "../lib/session/tmux/connection.ts";
import type { Session, Store } from "../lib/store/types.ts";

/** The tmux server of kas, and the sessions on it that belong to nothing. */

/** The line to the server; starts nothing. Close it with `await using`. */
export function openTmux(paths: Paths): TmuxServer {
  return TmuxServer.open({ socket: paths.tmuxSocket });
}

/** A session on kas's server without a live row. */
export interface Orphan {
  readonly name: string;
  /** Of the ended instance it was, else what its program calls itself: hostile text. */
  readonly title: string;
  readonly pid: number;
  readonly command: string;
  readonly attached: boolean;
  readonly createdAt: number;
}

/** Rows that have, or may yet have, a process. */
export const LIVE_STATUSES = ["starting", "running", "paused"] as const;

/**
 * Sessions without a live row in any project, by name.
 * @throws KasError "tmux_failed", "missing_program"
 */
export async function orphans(store: Store, tmux: TmuxServer): Promise<Orphan[]> {
  const panes = await tmux.list();
  if (panes.length === 0) return [];
  const rows = await store.sessions();
  const known = new Map(rows.map((row) => [row.tmuxName, row]));
  return panes.filter((pane) => !isLive(known.get(pane.name)) && pane.name !== CONTROL_SESSION)
    .map((pane) => toOrphan(pane, known.get(pane.name)))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

function isLive(row: Session | undefined): boolean {
  return row !== undefined && row.status !== "exited";
}

function toOrphan(pane: PaneInfo, row: Session | undefined): Orphan {
  return {
    name: pane.name,
    title: row?.title ?? pane.title,
    pid: pane.pid,
    command: pane.command,
    attached: pane.attached,
    createdAt: pane.createdAt,
  };
}
