import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Change, NewToken, Token } from "../types.ts";
import { type Columns, type Db, encode, Where } from "./db.ts";
import { appendEvent } from "./events.ts";
import { toToken } from "./rows.ts";
import type { Step } from "./transition.ts";

const NEW: Columns<NewToken> = {
  name: "name",
  hash: "hash",
  scope: "scope",
  projectId: "project_id",
  taskId: "task_id",
  sessionId: "session_id",
  grant: "agent_grant",
  createdBy: "created_by",
  expiresAt: "expires_at",
};

/** The token with this hash, or null. */
export function findTokenByHash(db: Db, hash: string): Token | null {
  const row = db.get("SELECT * FROM token WHERE hash = ?", hash);
  return row === null ? null : toToken(row);
}

/** Newest first. */
export function listTokens(
  db: Db,
  filter: { live?: number; agents?: boolean; sessionId?: number },
): Token[] {
  const where = new Where()
    .and("session_id = ?", filter.sessionId)
    .and("revoked_at IS NULL AND coalesce(expires_at > ?, 1)", filter.live)
    .and("(agent_grant IS NOT NULL) = ?", filter.agents === undefined ? undefined : +filter.agents);
  return db.all(`SELECT * FROM token${where} ORDER BY id DESC`, ...where.values).map(toToken);
}

/** Notes the use of a token, once a minute. */
export function touchToken(db: Db, id: number, at: number): void {
  const sql =
    "UPDATE token SET last_used_at = ? WHERE id = ? AND coalesce(last_used_at < ? - 60000, 1)";
  db.run(sql, at, id, at);
}

/** Makes a token inside a write transaction. Those of agents are not logged: their start is. */
export function insertToken(step: Step, token: NewToken): Token {
  const { db, now } = step;
  const fields = Object.keys(NEW) as (keyof NewToken)[];
  const { id } = db.run(
    `INSERT INTO token (${fields.map((field) => NEW[field]).join(", ")}, created_at)
     VALUES (${"?, ".repeat(fields.length)}?)`,
    ...fields.map((field) => encode(token[field])),
    now,
  );
  const made = requireToken(db, id);
  if (made.grant === null) log(step, made, "token_created", token.createdBy);
  return made;
}

/** Revokes tokens; what is revoked already stays as it is. @throws KasError "not_found" for an unknown id */
export function revokeTokens(step: Step, change: Change & { kind: "token_revoke" }): void {
  const { db, now } = step;
  if ("sessionId" in change) {
    db.run(
      "UPDATE token SET revoked_at = ? WHERE session_id = ? AND revoked_at IS NULL",
      now,
      change.sessionId,
    );
    return;
  }
  const token = requireToken(db, change.id);
  if (token.revokedAt !== null) return;
  db.run("UPDATE token SET revoked_at = ? WHERE id = ?", now, token.id);
  if (token.grant === null) log(step, token, "token_revoked", change.actor);
}

function requireToken(db: Db, id: number): Token {
  const row = db.get("SELECT * FROM token WHERE id = ?", id);
  if (row !== null) return toToken(row);
  throw new KasError("not_found", `Cannot find a token with id ${quote(String(id))}`, {
    hint: "Read the list of tokens again",
    context: { token: id },
  });
}

function log(step: Step, token: Token, kind: string, actor: string): void {
  const { id, name, scope, projectId, expiresAt } = token;
  step.eventIds.push(appendEvent(step.db, step.now, {
    projectId,
    kind,
    actor,
    message: `token ${name} (${scope})`,
    detail: { token: id, name, scope, expires_at: expiresAt },
  }));
}
