import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";

/** Names of skills and the paths inside them: what becomes a folder or a file is checked here. */

/**
 * Checks the name of a skill, which is that of its folder, and returns it in NFC.
 * @throws KasError "invalid"
 */
export function parseSkillName(value: string): string {
  return parseName("skill", value);
}

/** Whether {@link parseSkillName} would take it as it is. */
export function isSkillName(value: string): boolean {
  try {
    return parseSkillName(value) === value;
  } catch (error) {
    if (error instanceof KasError && error.code === "invalid") return false;
    throw error;
  }
}

/**
 * Checks a folder inside a source, as in "skills/review": words between slashes, none of which leads
 * out of it or into git's own folder. Returns it without slashes at its ends.
 * @throws KasError "invalid"
 */
export function parseSubpath(value: string): string {
  const parts = value.split("/").filter((part) => part !== "" && part !== ".");
  const bad = parts.find((part) =>
    part === ".." || part.toLowerCase() === ".git" || /[\p{Cc}\\@]/u.test(part)
  );
  if (bad === undefined && parts.length > 0) return parts.join("/");
  throw new KasError("invalid", `Cannot use ${quote(value)} as a folder of a source`, {
    hint: `Name a folder below its top, without "..", "@" and ".git"`,
  });
}

/**
 * Checks a ref as a person writes it: a branch, a tag, a full ref name or a commit id.
 * @throws KasError "invalid"
 * @see https://git-scm.com/docs/git-check-ref-format
 */
export function parseRef(value: string): string {
  const legal = value.length <= 200 && /^[^\s~^:?*[\\\p{Cc}]+$/u.test(value) &&
    !/^-|^@$|@\{|\.\.|\/\/|^\/|\/$|\.$|(^|\/)\.|\.lock(\/|$)/.test(value);
  if (legal) return value;
  throw new KasError("invalid", `Cannot use ${quote(value)} as a ref`, {
    hint: "Name a branch, a tag or a commit",
  });
}
