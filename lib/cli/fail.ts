import { KasError, messageOf } from "../errors.ts";
import { note } from "./output.ts";
import { errStyle } from "./style.ts";
import { tame } from "./text.ts";

/**
 * Says an error on stderr and returns the exit status. A {@link KasError} is explained with its
 * hint, or given as one line of JSON; anything else is a bug and shows its stack with KAS_DEBUG.
 */
export function reportError(error: unknown, options: { json: boolean }): number {
  const debug = (Deno.env.get("KAS_DEBUG") ?? "") !== "";
  const known = error instanceof KasError ? error : new KasError("internal", messageOf(error), {
    hint: debug ? "This is a bug of kas" : "This is a bug of kas; run again with KAS_DEBUG=1",
    cause: error,
  });
  if (options.json) {
    note(JSON.stringify(known.toJSON()));
  } else {
    const style = errStyle();
    note(`${style.red("error:")} ${tame(known.message, { multiline: true })}`);
    if (known.hint !== undefined) {
      note(`${style.dim("hint:")} ${tame(known.hint, { multiline: true })}`);
    }
  }
  if (debug) note(tame(stackOf(error), { multiline: true }));
  return known.exitCode;
}

/** The stack of an error and of every cause below it. */
function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at !== undefined && depth < 8; depth++) {
    parts.push(at instanceof Error ? at.stack ?? String(at) : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join("\ncaused by: ");
}
