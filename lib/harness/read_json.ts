import { isObject, type JsonObject } from "./files.ts";

/** The JSON objects among the lines of an output, or the one object it is; other lines are noise. */
export function jsonLines(output: string): JsonObject[] {
  const whole = parsed(output);
  if (isObject(whole)) return [whole];
  // one document over several lines, or several events in one list
  if (Array.isArray(whole)) return whole.filter(isObject);
  return output.split("\n").map(parsed).filter(isObject);
}

function parsed(text: string): unknown {
  const first = text.trimStart()[0];
  if (first !== "{" && first !== "[") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The value when it is a text, else null. */
export function textOr(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The value when it is a number, else null. */
export function numberOr(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
