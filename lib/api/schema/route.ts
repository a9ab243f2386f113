import type * as v from "valibot";
import type { ErrorCode } from "../../errors.ts";
import type { Scope } from "../../store/entities.ts";

/**
 * What a route is, declared once. Validation, types, the OpenAPI document, the scope a caller needs
 * and the typed client follow from it. A route is named by its method and path, as
 * "GET /v1/projects/:project/tasks". Pure.
 */

/** Any schema; what it takes and gives is told by its own type. */
export type Schema = v.GenericSchema<unknown, unknown>;

/** Codes of refusals that only HTTP knows. */
export const HTTP_CODES = [
  "bad_request",
  "unauthorized",
  "forbidden",
  "method_not_allowed",
  "too_large",
  "unsupported_media_type",
  "precondition_failed",
  "precondition_required",
  "rate_limited",
  "missing_delivery",
  "disabled",
] as const;
/** Every code a problem document may have. */
export type ProblemCode = ErrorCode | typeof HTTP_CODES[number];

/** Who may call: everybody, or a holder of this scope or a wider one. */
export type Access = Scope | "public";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = typeof METHODS[number];

/** A method and a path; `:name` in the path stands for one segment. */
export type RouteKey = `${Method} /${string}`;

/** What comes back when it is not JSON. */
export type Medium =
  | "markdown"
  /** Prometheus exposition format. */
  | "metrics"
  /** Server-sent events. */
  | "events"
  /** A WebSocket. */
  | "socket"
  | "html"
  | "empty";

/** One route. */
export interface RouteOptions {
  readonly scope: Access;
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly details?: string;
  /** Query parameters; others are refused. */
  readonly query?: v.GenericSchema<Readonly<Record<string, unknown>>, unknown>;
  /**
   * JSON in this form, a Markdown text, or JSON that is handed over as it came: its signature is over
   * the bytes. Without it a body is refused.
   */
  readonly body?: Schema | "markdown" | "signed";
  /**
   * Other names of fields of the body, or of the items of a body that is a list. One that stands
   * beside the name it means has to say the same.
   */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly response: Schema | Medium;
  /** @default 200, or 204 for an empty answer */
  readonly status?: 200 | 201 | 202 | 204;
  /** Errors of its own, beside those of every route. */
  readonly errors?: readonly ProblemCode[];
  /** The answer has an ETag; `If-Match` is honoured by a PUT. */
  readonly etag?: boolean;
  /** Knows by itself what a caller that is bound to one project may see. */
  readonly narrows?: boolean;
  /** Largest body in bytes. @default 1 MiB */
  readonly limit?: number;
}

/** Routes of one subject by their keys. */
export type Routes = Readonly<Record<RouteKey, RouteOptions>>;

/** Declares the routes of a subject; keeps their exact types. */
export function routes<const R extends Routes>(declared: R): R {
  return declared;
}

type Names<P extends string> = P extends `${string}:${infer N}/${infer Rest}`
  ? N | Names<`/${Rest}`>
  : P extends `${string}:${infer N}` ? N
  : never;

/** Path parameters that are row numbers. */
export const NUMBERS = ["id", "number", "wave"] as const;

/** The path parameters of a route, by name. */
export type ParamsOf<K extends string> = {
  readonly [N in Names<K>]: N extends typeof NUMBERS[number] ? number : string;
};

type Out<S> = S extends v.GenericSchema<infer _I, infer O> ? O : undefined;
type In<S> = S extends v.GenericSchema<infer I, infer _O> ? I : undefined;

/** The query as a handler gets it. */
export type QueryOf<R extends RouteOptions> = R extends { query: infer Q } ? Out<Q>
  : Readonly<Record<never, never>>;
/** The query as a client gives it. */
export type QueryInput<R extends RouteOptions> = R extends { query: infer Q } ? In<Q> : undefined;
/** The body as a handler gets it. */
export type BodyOf<R extends RouteOptions> = R extends { body: infer B }
  ? B extends "markdown" | "signed" ? string : Out<B>
  : undefined;
/** The body as a client gives it. */
export type BodyInput<R extends RouteOptions> = R extends { body: infer B }
  ? B extends "markdown" | "signed" ? string : In<B>
  : undefined;
/** What a handler answers: the JSON value, or a response for everything else. */
export type AnswerOf<R extends RouteOptions> = R["response"] extends Medium ? Response
  : Out<R["response"]>;
/** What a client is given. */
export type ResultOf<R extends RouteOptions> = R["response"] extends "empty" ? undefined
  : R["response"] extends "markdown" | "metrics" | "html" ? string
  : R["response"] extends Medium ? Response
  : Out<R["response"]>;

/** The schema for a value where a body may have several forms: a list goes to the one of lists. */
export function formFor(schema: Schema, value: unknown): Schema {
  if (!isUnion(schema)) return schema;
  const isList = Array.isArray(value);
  return schema.options.find((option) => (option.type === "array") === isList) ?? schema;
}

/** Whether the body of a route may be a list. */
export function takesList({ body }: Pick<RouteOptions, "body">): boolean {
  return typeof body === "object" && formFor(body, []).type === "array";
}

function isUnion(schema: Schema): schema is v.UnionSchema<Schema[], undefined> {
  return schema.type === "union";
}

/** The method and the path of a key. */
export function splitKey(key: string): { method: string; path: string } {
  const space = key.indexOf(" ");
  return { method: key.slice(0, space), path: key.slice(space + 1) };
}
