import type { PreparedLaunch } from "./types.ts";

/** Shorter values stand in any text by chance. */
const LEAST = 6;

/**
 * A text without the values of an agent's secrets: kas repeats what a runtime says went wrong, and some
 * print their whole environment then. What an agent answers is its own.
 */
export function withoutSecrets(
  { context, launch }: Pick<PreparedLaunch, "context" | "launch">,
  text: string,
): string {
  let masked = text;
  for (const name of Object.keys(context.secrets)) {
    const value = launch.env[name] ?? "";
    if (value.length >= LEAST) masked = masked.replaceAll(value, `<${name}>`);
  }
  return masked;
}
