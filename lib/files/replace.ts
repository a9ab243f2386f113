import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { ensurePrivateDir } from "./private_dir.ts";

/**
 * Replaces a settings file in one step: a reader sees the old text or the new one, never a part.
 * The mode of an existing file is kept; a new one is 0600 for the user and 0644 in a project. The
 * user's file may be a symlink (its target is replaced); in a repository a link could point anywhere.
 * @throws KasError "guard" on a symlink in a project and on what is no file, such as a folder or a
 * device; "invalid" when it cannot be written
 */
export async function replaceFile(
  path: string,
  text: string,
  scope: "user" | "project",
): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (scope === "user") await ensurePrivateDir(folder);
  else await ensureProjectDir(folder);
  const target = await targetOf(path, scope);
  const temporary = `${target.path}.${crypto.randomUUID()}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: target.mode });
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
    await Deno.chmod(temporary, target.mode);
    await file.sync();
    await Deno.rename(temporary, target.path);
  } catch (cause) {
    await removeIfThere(temporary);
    throw new KasError("invalid", `Cannot write ${quote(path, 200)}`, {
      hint: "Check the permissions of its folder and the free space",
      cause,
    });
  }
}

async function ensureProjectDir(folder: string): Promise<void> {
  try {
    if ((await Deno.lstat(folder)).isSymlink) throw linked(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(folder, { recursive: true });
  }
}

async function targetOf(
  path: string,
  scope: "user" | "project",
): Promise<{ path: string; mode: number }> {
  try {
    const isLink = (await Deno.lstat(path)).isSymlink;
    if (isLink && scope === "project") throw linked(path);
    const real = isLink ? await Deno.realPath(path) : path;
    const { isFile, mode } = await Deno.stat(real);
    // A rename would put a file in the place of a device too, such as /dev/null.
    if (isFile) return { path: real, mode: (mode ?? 0o600) & 0o777 };
    throw new KasError("guard", `Cannot write to ${quote(path, 200)}: it is no file`, {
      hint: "Name a file, or move away what is there",
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { path, mode: scope === "user" ? 0o600 : 0o644 };
  }
}

function linked(path: string): KasError {
  return new KasError("guard", `Cannot write to ${quote(path, 200)}: it is a symbolic link`, {
    hint: "Replace the link by a real file or folder",
  });
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
