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
 * @throws KasError "exists" unless told to replace it, "guard" for a symbolic link and for what is no
 * file, "invalid" when it cannot be written
 */
export async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  if (!force) await checkFree(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  await replaceFile(`${await realFolder(path)}/${name}`, text, "project");
}

/** The folder of a file, made if need be. A person's folders may be links, such as /tmp on macOS. */
async function realFolder(path: string): Promise<string> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  if (folder === "") return Deno.cwd();
  try {
    await Deno.mkdir(folder, { recursive: true });
    const real = await Deno.realPath(folder);
    return real === "/" ? "" : real;
  } catch (cause) {
    throw new KasError("invalid", `Cannot write ${quote(path, 200)}: its folder cannot be had`, {
      hint: "Check that each part of the path is a folder you may use",
      cause,
    });
  }
}
