/**
 * The one error type of kas. A message says what was attempted and quotes the value; the hint names
 * the next step; the code decides the exit status and the HTTP status.
 */

/** Machine-readable error codes. They are part of the `--json` and HTTP contract: add, never rename. */
export type ErrorCode =
  | "usage" // the caller's words are off
  | "invalid" // a value does not parse or validate
  | "not_found"
  | "exists"
  | "conflict" // somebody else changed it first
  | "illegal_transition"
  | "guard" // a rule of kas refuses (draft-ready, topic gate, dirty worktree, …)
  | "not_a_repository"
  | "missing_program" // git, tmux or an agent CLI is missing or too old
  | "runtime_unfit" // the agent's runtime cannot take what the agent needs
  | "agent_failed" // an agent ran and came to no good end
  | "store_unavailable" // cannot be opened, locked, read-only, disk full
  | "store_newer" // written by a newer kas
  | "store_corrupt"
  | "git_failed"
  | "tmux_failed"
  | "daemon_unreachable"
  | "internal";

const EXIT: Record<ErrorCode, number> = {
  usage: 2,
  invalid: 2,
  not_found: 1,
  exists: 1,
  conflict: 1,
  illegal_transition: 3,
  guard: 3,
  not_a_repository: 1,
  missing_program: 4,
  runtime_unfit: 4,
  agent_failed: 1,
  store_unavailable: 1,
  store_newer: 1,
  store_corrupt: 1,
  git_failed: 1,
  tmux_failed: 1,
  daemon_unreachable: 1,
  internal: 1,
};

const HTTP: Partial<Record<ErrorCode, number>> = {
  usage: 400,
  invalid: 422,
  not_found: 404,
  exists: 409,
  runtime_unfit: 422,
  agent_failed: 502,
  conflict: 409,
  illegal_transition: 409,
  guard: 403,
  store_unavailable: 503,
};

export interface KasErrorOptions {
  /** The next step for the reader: a command to run or a setting to change. */
  hint?: string;
  cause?: unknown;
  /** Facts for `--json` and the HTTP body; never secrets. */
  context?: Record<string, unknown>;
}

/** Any failure kas can explain. Anything else that is thrown is a bug of kas. */
export class KasError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly context: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: KasErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "KasError";
    this.code = code;
    this.hint = options.hint;
    this.context = options.context ?? {};
  }

  /** Exit status of the CLI for this error: 1 failed, 2 wrong usage, 3 refused by a guard, 4 missing program. */
  get exitCode(): number {
    return EXIT[this.code];
  }

  /** HTTP status for this error. */
  get httpStatus(): number {
    return HTTP[this.code] ?? 500;
  }

  /** The stable JSON form used by `--json` and the HTTP API. */
  toJSON(): { error: { code: ErrorCode; message: string; hint?: string; context?: unknown } } {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.hint === undefined ? {} : { hint: this.hint }),
        ...(Object.keys(this.context).length === 0 ? {} : { context: this.context }),
      },
    };
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
