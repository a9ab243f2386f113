import * as v from "valibot";
import type { Scope } from "../store/types.ts";
import type { Call, CommonArgs, Desk, Tool, ToolOutput } from "./types.ts";

/** Small parts that the tables of tools are made of. */

/** A text argument. */
export function text(
  description: string,
): v.SchemaWithPipe<readonly [v.StringSchema<undefined>, v.DescriptionAction<string, string>]> {
  return v.pipe(v.string(), v.description(description));
}

/**
 * A word that becomes an argument of another program: it can be no option of it, however that
 * program reads its command line.
 */
export function word(description: string): v.GenericSchema<string, string> {
  return v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9][\w.:/@+[\]-]{0,199}$/, "it is not a name such as programs take"),
    v.description(description),
  );
}

/** A whole number within bounds. */
export function count(
  description: string,
  least: number,
  most: number,
): v.GenericSchema<number, number> {
  return v.pipe(
    v.number(),
    v.integer(),
    v.minValue(least),
    v.maxValue(most),
    v.description(description),
  );
}

/** A yes or no. */
export function flag(description: string): v.GenericSchema<boolean, boolean> {
  return v.pipe(v.boolean(), v.description(description));
}

/** The project argument that every tool takes. */
export const project: v.OptionalSchema<v.GenericSchema<string, string>, undefined> = v.optional(
  text("Project (its key); left out, the one you work in"),
);

/** A task by name. */
export const filename: v.GenericSchema<string, string> = text(
  'Name of the task, such as "add-login"',
);

interface ToolOptions<S extends v.GenericSchema<Record<string, unknown>, CommonArgs>> {
  readonly name: string;
  readonly description: string;
  readonly scope: Scope;
  readonly people?: boolean;
  /** Takes something away that cannot be had back. */
  readonly destructive?: boolean;
  readonly idempotent?: boolean;
  /** Reaches programs outside kas. */
  readonly openWorld?: boolean;
  readonly schema: S;
  run(desk: Desk, args: v.InferOutput<S>, call: Call): Promise<ToolOutput>;
}

/** Ties a tool's arguments to its schema; they are parsed once more here, which also types them. */
export function tool<S extends v.GenericSchema<Record<string, unknown>, CommonArgs>>(
  options: ToolOptions<S>,
): Tool {
  const readOnly = options.scope === "read";
  return {
    name: options.name,
    description: options.description,
    scope: options.scope,
    people: options.people ?? false,
    annotations: {
      readOnlyHint: readOnly,
      ...readOnly ? {} : { destructiveHint: options.destructive ?? false },
      ...options.idempotent === undefined ? {} : { idempotentHint: options.idempotent },
      openWorldHint: options.openWorld ?? false,
    },
    schema: options.schema,
    run: (desk, args, call) => options.run(desk, v.parse(options.schema, args), call),
  };
}

/** The same data as text and as structure. */
export function output(data: Record<string, unknown>): ToolOutput {
  return { text: JSON.stringify(data, null, 2), data };
}

/** Text for the model, and data beside it. */
export function textOutput(body: string, data: Record<string, unknown>): ToolOutput {
  return { text: body, data };
}
