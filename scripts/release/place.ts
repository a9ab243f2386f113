import { ROOT, ScriptError } from "../run.ts";

/** Where a release is put together. */
export const RELEASE = `${ROOT}/build/release`;

/** The repository a release is published from, as `owner/name`. */
export interface Repository {
  readonly owner: string;
  readonly name: string;
}

/**
 * Reads KAS_REPOSITORY.
 * @throws ScriptError when it is not of the form `owner/name`
 */
export function repositoryOf(value: string | undefined): Repository {
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(value ?? "") ?? [];
  if (owner !== undefined && name !== undefined) return { owner, name };
  throw new ScriptError(`KAS_REPOSITORY is "${value ?? ""}", not of the form "owner/name"`);
}

/** Address of the releases of a repository, as lib/release.ts has it in a published build. */
export function releasesUrl({ owner, name }: Repository): string {
  return `https://github.com/${owner}/${name}/releases`;
}

/** Replaces every `@name@` of a template. @throws ScriptError at a name it has no value for */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/@([a-z][a-z0-9-]*)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new ScriptError(`The template has no value for @${name}@`);
    return value;
  });
}

/** SHA-256 of a file, in hex. */
export async function sha256(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}

/** Names of the files in a folder, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) if (isFile) names.push(name);
  return names.sort();
}
