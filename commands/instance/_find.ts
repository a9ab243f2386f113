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

/** The row as it is now. */
export async function fresh(desk: Desk, session: Session): Promise<Session> {
  return await desk.home.store.session(session.id) ?? session;
}
