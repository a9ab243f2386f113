import { KasError } from "../../lib/errors.ts";
import { replaceFile } from "../../lib/files/replace.ts";
import { isThere } from "../../lib/files/there.ts";
import { quote } from "../../lib/names.ts";

/**
 * A path as it was given, without slashes at its end.
 * @throws KasError "usage" for none
 */
export function placeOf(out: string): string {
  const place = out.replace(/(?<=.)\/+$/, "");
  if (place !== "" && place !== "/") return place;
  throw new KasError("usage", `Cannot write to ${quote(out)}`, { hint: "Give a path with --out" });
}

/** Refuses a path where something is. @throws KasError "exists" */
export async function checkFree(path: string): Promise<void> {
  if (!await isThere(path)) return;
  throw new KasError("exists", `Cannot write ${quote(path, 200)}: it is there already`, {
    hint: "Name another place, or replace it with --force",
  });
}

/**
 * Writes a file that others may read; missing folders are made.
 * @throws KasError "exists" unless told to replace it, "guard" for a symbolic link, "invalid" when it
 * cannot be written
 */
export async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  if (!force) await checkFree(path);
  await replaceFile(path.startsWith("/") ? path : `${Deno.cwd()}/${path}`, text, "project");
}
