import * as v from "valibot";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Caller } from "./context.ts";
import { checkType, readBody } from "./guards.ts";
import { HttpError } from "./problem.ts";
import type { Bound, Call } from "./route.ts";
import { formFor, type RouteOptions, takesList } from "./schema/route.ts";

/** What a request brings, checked against the declaration of its route. */

const MAX_BODY = 1024 * 1024;

/** The query as its schema makes it. @throws KasError "invalid" naming the parameter */
export function checkQuery({ key, options }: Bound, request: Request): Call["query"] {
  const mark = request.url.indexOf("?");
  const given: Record<string, string | string[]> = Object.create(null);
  if (mark >= 0) {
    for (const [name, value] of new URLSearchParams(request.url.slice(mark))) {
      const before = given[name];
      given[name] = before === undefined ? value : [before, value].flat();
    }
  }
  if (options.query === undefined) {
    const [extra] = Object.keys(given);
    if (extra === undefined) return {};
    throw new KasError("invalid", `Cannot use the parameter ${quote(extra)} of ${key}`, {
      hint: "It takes none",
    });
  }
  return parse(options.query, given, "parameter") as Call["query"];
}

/**
 * The body as its schema makes it.
 * @throws HttpError "too_large", "unsupported_media_type", "bad_request"; KasError "invalid"
 */
export async function checkBody(
  { options }: Bound,
  request: Request,
  caller: Caller,
): Promise<unknown> {
  const text = await readBody(request, options.limit ?? MAX_BODY);
  if (options.body === "markdown") {
    checkType(request, "text/markdown");
    if (caller.browser && !request.headers.has("if-match")) {
      throw new HttpError("precondition_required", "Cannot replace a text without If-Match", {
        hint: "Send the ETag you read, or *",
      });
    }
    return text;
  }
  if (options.body === "signed") {
    checkType(request, "application/json");
    return text;
  }
  // A body that nobody reads may still be a form of a foreign page.
  if (text !== "" || request.headers.has("content-type")) checkType(request, "application/json");
  const value = text === "" ? {} : parseJson(text);
  const schema = options.body ?? NO_BODY;
  // To a schema a list is an object without fields.
  if (Array.isArray(value) && !takesList(options)) {
    throw new KasError("invalid", "Cannot use a list as the body", { hint: "Send an object" });
  }
  return parse(formFor(schema, value), ownNames(value, options.aliases), "field");
}

/** The body, or the items of one that is a list, with each field under its own name. */
function ownNames(value: unknown, aliases: RouteOptions["aliases"]): unknown {
  if (aliases === undefined) return value;
  return Array.isArray(value)
    ? value.map((item) => renamed(item, aliases))
    : renamed(value, aliases);
}

/** @throws KasError "invalid" when two names of one field disagree */
function renamed(value: unknown, aliases: Readonly<Record<string, string>>): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const fields: Record<string, unknown> = { ...value };
  for (const [alias, name] of Object.entries(aliases)) {
    if (!Object.hasOwn(fields, alias)) continue;
    const given = fields[alias];
    if (Object.hasOwn(fields, name) && fields[name] !== given) {
      throw new KasError("invalid", `Cannot use the fields "${alias}" and "${name}": they differ`, {
        hint: `They mean the same; send "${name}"`,
      });
    }
    delete fields[alias];
    fields[name] = given;
  }
  return fields;
}

const NO_BODY = v.strictObject({});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new HttpError("bad_request", "Cannot read the body: it is not JSON", {
      hint: error.message,
    });
  }
}

/** The value as its schema makes it. @throws KasError "invalid" with every field that is wrong */
function parse(
  schema: v.GenericSchema<never, unknown> | v.GenericSchema,
  value: unknown,
  what: string,
): unknown {
  // Names that every object has are known to any schema.
  const odd = Object.keys(value ?? {}).find((name) => name in Object.prototype);
  if (odd !== undefined) {
    throw new KasError("invalid", `Cannot use the ${what} ${quote(odd)}: it is unknown`, {
      hint: "See the description of the route at /docs",
    });
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issues = result.issues.slice(0, 20).map((issue) => ({
    [what]: v.getDotPath(issue) ?? "",
    message: said(issue),
  }));
  const [first] = issues;
  const where = first?.[what] === undefined || first[what] === "" ? "" : ` ${quote(first[what])}`;
  throw new KasError("invalid", `Cannot use the ${what}${where}: ${first?.message ?? ""}`, {
    hint: "The route is described at /docs",
    context: { issues },
  });
}

/** What is wrong, for people; of keys the library says only "never" and "undefined". */
function said({ message, type, expected, received }: v.BaseIssue<unknown>): string {
  if (type !== "strict_object" && type !== "object") return message;
  if (expected === "never") return "it is unknown";
  return received === "undefined" && expected !== "Object" ? "it is missing" : message;
}
