import { toJsonSchema } from "to-json-schema";
import { VERSION } from "../version.ts";
import { problem } from "./schema/common.ts";
import { SUBJECTS } from "./schema/mod.ts";
import { NUMBERS, type RouteOptions, type Schema, splitKey } from "./schema/route.ts";

/** The declarations as an OpenAPI document. @see https://spec.openapis.org/oas/v3.1.0 */

type Json = Record<string, unknown>;

let made: Json | null = null;

/** The document; made once. */
export function openapiDocument(): Json {
  return made ??= build();
}

const MEDIA = {
  markdown: "text/markdown",
  metrics: "text/plain",
  events: "text/event-stream",
  html: "text/html",
} as const;

function build(): Json {
  const paths: Record<string, Json> = {};
  for (const [tag, routes] of Object.entries(SUBJECTS)) {
    for (const [key, options] of Object.entries<RouteOptions>(routes)) {
      const { method, path } = splitKey(key);
      const at = path.replace(/:([a-z_]+)/g, "{$1}");
      (paths[at] ??= {})[method.toLowerCase()] = operation(tag, key, options);
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "kas",
      version: VERSION,
      description: "A team of coding agents on a repository",
    },
    tags: Object.keys(SUBJECTS).map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, "output") },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "kas_session" },
      },
    },
  };
}

function operation(tag: string, key: string, options: RouteOptions): Json {
  const { scope, summary, details, query, body, aliases = {}, errors = [] } = options;
  const names = Object.entries(aliases).map(([alias, name]) => `${alias} for ${name}`);
  const other = names.length === 0 ? undefined : `Also takes ${names.join(", ")}.`;
  const notes = [
    details,
    other,
    scope === "public" ? "Needs no token." : `Needs the scope ${scope}.`,
  ];
  if (errors.length > 0) notes.push(`Errors of its own: ${errors.join(", ")}.`);
  return {
    tags: [tag],
    operationId: key.replace(/\/v1\//, "").replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, ""),
    summary,
    description: notes.filter((note) => note !== undefined).join(" "),
    parameters: [...pathParameters(key), ...queryParameters(query)],
    ...(body === undefined ? {} : {
      requestBody: {
        required: true,
        content: body === "markdown"
          ? { "text/markdown": { schema: { type: "string" } } }
          : body === "signed"
          ? { "application/json": { schema: { type: "object" } } }
          : { "application/json": { schema: schemaOf(body, "input") } },
      },
    }),
    responses: responses(options),
    security: scope === "public" ? [] : [{ token: [] }, { session: [] }],
  };
}

function pathParameters(key: string): Json[] {
  return [...key.matchAll(/:([a-z_]+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: (NUMBERS as readonly string[]).includes(name) ? "integer" : "string" },
  }));
}

function queryParameters(query: RouteOptions["query"]): Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

function responses({ response, status, etag }: RouteOptions): Json {
  const headers = etag === true ? { headers: { ETag: { schema: { type: "string" } } } } : {};
  const problems = {
    default: {
      description: "A problem document",
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  };
  if (response === "empty") return { 204: { description: "Done" }, ...problems };
  if (response === "socket") return { 101: { description: "A WebSocket" }, ...problems };
  const content = typeof response === "string"
    ? { [MEDIA[response]]: { schema: { type: "string" } } }
    : { "application/json": { schema: schemaOf(response, "output") } };
  return { [status ?? 200]: { description: "Done", content, ...headers }, ...problems };
}

function schemaOf(
  schema: Schema | NonNullable<RouteOptions["query"]>,
  mode: "input" | "output",
): Json {
  // Checks that JSON Schema cannot say are left out: the server makes them all the same.
  const { $schema: _, ...json } = toJsonSchema(schema as Schema, {
    typeMode: mode,
    errorMode: "ignore",
    target: "draft-2020-12",
  });
  return json;
}
