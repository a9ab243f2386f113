import { now } from "./now.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/**
 * Makes sure that a folder exists and is the user's alone (0700). A folder of the user that others
 * may read is closed; one that others may write to may hold planted files and is refused, as are a
 * symlink and a foreign owner: in a shared /tmp somebody else can have been first.
 * @throws KasError "guard" when the folder must not be used, "invalid" when it cannot be made
 */
export async function ensurePrivateDir(
  path: string,
  uid: number | null = Deno.uid(),
): Promise<void> {
  try {
    await now.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) {
      throw new KasError("invalid", `Cannot create the folder ${quote(path, 200)}`, {
        hint: "Check the permissions of the folder above it",
        cause,
      });
    }
  }
  const info = await now.lstat(path);
  if (info.isSymlink) throw refused(path, "it is a symbolic link", "Remove the link");
  if (!info.isDirectory) throw refused(path, "it is not a folder", "Move the file away");
  if (uid !== null && info.uid !== uid) {
    throw refused(path, `it belongs to user ${info.uid}`, "Set KASMOS_RUNTIME_DIR elsewhere");
  }
  const mode = (info.mode ?? 0o700) & 0o777;
  if ((mode & 0o022) !== 0) {
    throw refused(
      path,
      `others may write to it (mode ${mode.toString(8)})`,
      `Look at what is in it, then run: chmod 700 ${quote(path, 200)}`,
    );
  }
  if (mode !== 0o700) await now.chmod(path, 0o700);
}

function refused(path: string, why: string, hint: string): KasError {
  return new KasError("guard", `Cannot keep private files in ${quote(path, 200)}: ${why}`, {
    hint,
    context: { path },
  });
}
