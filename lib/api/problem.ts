import { KasError, messageOf } from "../errors.ts";
import type { Problem } from "./schema/common.ts";
import type { HTTP_CODES, ProblemCode } from "./schema/route.ts";

/** Errors as problem documents. @see https://www.rfc-editor.org/rfc/rfc9457 */

type HttpCode = typeof HTTP_CODES[number];

const STATUS: Readonly<Record<HttpCode, number>> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  method_not_allowed: 405,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  precondition_required: 428,
  rate_limited: 429,
  missing_delivery: 400,
  disabled: 503,
};

/** Errors of kas that are no fault of it, but have no status of their own in lib/errors.ts. */
const KAS_STATUS: Readonly<Partial<Record<ProblemCode, number>>> = {
  not_a_repository: 422,
  git_failed: 502,
  tmux_failed: 502,
  missing_program: 503,
  daemon_unreachable: 503,
  store_newer: 503,
};

const TITLES: Readonly<Partial<Record<ProblemCode, string>>> = {
  usage: "Wrong usage",
  invalid: "Not valid",
  not_found: "Not found",
  exists: "Exists already",
  conflict: "Changed meanwhile",
  illegal_transition: "Not possible from this status",
  guard: "Refused by a rule",
  not_a_repository: "Not a repository",
  missing_program: "A program is missing",
  store_unavailable: "The store is not available",
  store_newer: "The store is of a newer kas",
  store_corrupt: "The store is damaged",
  git_failed: "git failed",
  tmux_failed: "tmux failed",
  daemon_unreachable: "The daemon does not run",
  internal: "Internal error",
  bad_request: "Malformed request",
  unauthorized: "Not logged in",
  forbidden: "Not allowed",
  method_not_allowed: "Method not allowed",
  precondition_failed: "Changed meanwhile",
  precondition_required: "If-Match is missing",
  too_large: "Too large",
  unsupported_media_type: "Wrong content type",
  rate_limited: "Too many attempts",
  missing_delivery: "No delivery",
  disabled: "Turned off",
};

/** A refusal that only HTTP knows. */
export class HttpError extends Error {
  constructor(
    readonly code: HttpCode,
    message: string,
    readonly options: {
      hint?: string;
      context?: Record<string, unknown>;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = "HttpError";
  }
}

/** The problem document of anything that was thrown. What is no error of kas says nothing of its inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpError) {
    return document(error.code, STATUS[error.code], error.message, error.options);
  }
  if (error instanceof KasError) {
    const { hint, context } = error;
    const status = KAS_STATUS[error.code] ?? error.httpStatus;
    return document(error.code, status, error.message, {
      ...(hint === undefined ? {} : { hint }),
      context,
    });
  }
  return document("internal", 500, `kas failed: ${messageOf(error)}`, {
    hint: "This is a bug of kas; the log of the server has more",
  });
}

function document(
  code: ProblemCode,
  status: number,
  detail: string,
  { hint, context }: { hint?: string; context?: Record<string, unknown> },
): Problem {
  return {
    type: `urn:kas:error:${code}`,
    title: TITLES[code] ?? "Failed",
    status,
    detail,
    code,
    ...(hint === undefined ? {} : { hint }),
    ...(context === undefined || Object.keys(context).length === 0 ? {} : { context }),
  };
}

/** Extra header fields an error asks for. */
export function headersOf(error: unknown): Readonly<Record<string, string>> {
  return error instanceof HttpError ? error.options.headers ?? {} : {};
}
