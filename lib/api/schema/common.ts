import * as v from "valibot";
import { KasError } from "../../errors.ts";
import { type NameKind, parseName, parseTaskName } from "../../names.ts";
import { SCOPES } from "../../store/entities.ts";

/** Parts that the schemas of all subjects share. Pure. */

/** Longest text that is no plan: a prompt, feedback, a description, in characters. */
export const MAX_LINE = 500;
export const MAX_PROSE = 100_000;
/** Rows of one page: what is given unasked, and the most. */
export const PAGE = 50;
export const MAX_PAGE = 500;

/** A moment as RFC 3339 text in UTC. */
export const time = v.pipe(v.string(), v.isoTimestamp());
export const maybeTime = v.nullable(time);
export const maybeText = v.nullable(v.string());
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const id = v.pipe(v.number(), v.integer(), v.minValue(1));
export const maybeId = v.nullable(id);
export const line = v.pipe(v.string(), v.trim(), v.maxLength(MAX_LINE));
export const prose = v.pipe(v.string(), v.maxLength(MAX_PROSE));
export const filled = v.pipe(
  v.string(),
  v.maxLength(MAX_PROSE),
  v.check((text) => text.trim() !== "", "must not be empty"),
);
export const record = v.record(v.string(), v.unknown());
export const scope = v.picklist(SCOPES);

/** See {@link list}. */
export type List<S extends v.GenericSchema> = v.SchemaWithPipe<
  readonly [v.ArraySchema<S, undefined>, v.ReadonlyAction<v.InferOutput<S>[]>]
>;

/** A list that nobody changes. */
export function list<const S extends v.GenericSchema>(item: S): List<S> {
  return v.pipe(v.array(item), v.readonly());
}

/** One page of a list: `next` is what to give as `after` for the following one, null at the end. */
export function page<const S extends v.GenericSchema>(
  item: S,
): v.ObjectSchema<{ readonly items: List<S>; readonly next: typeof maybeText }, undefined> {
  return v.object({ items: list(item), next: maybeText });
}

function words(check: (value: string) => string): v.GenericSchema<string, string> {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return check(dataset.value);
      } catch (error) {
        if (!(error instanceof KasError)) throw error;
        addIssue({ message: error.message });
        return NEVER;
      }
    }),
  );
}

/** A name that is safe in a path, a ref and a tmux target. */
export function name(kind: NameKind): v.GenericSchema<string, string> {
  return words((value) => parseName(kind, value));
}

/** A topic; null or an empty text for none. */
export const maybeTopic = v.nullable(
  v.union([v.pipe(v.literal(""), v.transform(() => null)), name("topic")]),
);

/** The name of a task; a trailing `.md` is dropped. */
export const taskName = words(parseTaskName);

/** A whole number in a query. */
export function queryNumber(min: number, max: number): v.GenericSchema<string, number> {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, "must be a whole number"),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
  );
}

/** `limit` of a list. */
export const limit = v.optional(queryNumber(1, MAX_PAGE), String(PAGE));
/** `after` of a list: a cursor that a page gave. */
export const after = v.pipe(v.string(), v.nonEmpty(), v.maxLength(600));
/** A switch in a query. */
export const flag = v.pipe(
  v.picklist(["true", "false", "1", "0"]),
  v.transform((text) => text === "true" || text === "1"),
);

/** A parameter that may be given several times, or as one value. */
export function many<const S extends v.GenericSchema<string, unknown>>(
  item: S,
): v.GenericSchema<v.InferInput<S> | v.InferInput<S>[], readonly v.InferOutput<S>[]> {
  return v.pipe(
    v.union([v.pipe(v.string(), v.transform((one) => [one])), v.array(v.string())]),
    v.array(item),
    v.readonly(),
  );
}

/** A row of rows that says only that it worked. */
export const done = v.object({ ok: v.literal(true) });

/** An error: a problem document (RFC 9457) with the code of kas and the next step. */
export const problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.string(),
  /** Machine-readable; the same codes as with --json. */
  code: v.string(),
  hint: v.exactOptional(v.string()),
  context: v.exactOptional(record),
});
export type Problem = v.InferOutput<typeof problem>;
