import { requireBinding } from "../../lib/engine/caller.ts";
import { findInstance } from "../../lib/engine/instances.ts";
import type { Session } from "../../lib/store/types.ts";
import type { Desk } from "../_shared.ts";

/** The argument that names an instance. */
export const titleArgument = {
  title: { type: "positional", description: "Title, a unique part of it, or number" },
} as const;

/** The instance of that title. @throws KasError "not_found", "invalid" when several fit */
export function instanceOf(desk: Desk, title: string): Promise<Session> {
  return findInstance(desk.home, desk.workspace, title);
}

/**
 * The same for its screen and its words: an agent reads those of its own task alone.
 * @throws KasError as {@link instanceOf}, "guard"
 */
export async function readableOf(desk: Desk, title: string): Promise<Session> {
  const session = await instanceOf(desk, title);
  requireBinding(desk.caller, session, `read what ${session.title} shows`);
  return session;
}

/** The row as it is now. */
export async function fresh(desk: Desk, session: Session): Promise<Session> {
  return await desk.home.store.session(session.id) ?? session;
}
