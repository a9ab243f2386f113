import type { Paths } from "../../lib/config/paths.ts";
import { KasError } from "../../lib/errors.ts";
import { ensurePrivateDir } from "../../lib/files/private_dir.ts";
import { quote } from "../../lib/names.ts";
import { commandWords } from "../../lib/toml/words.ts";

/**
 * Lets a person change a text in their editor, $VISUAL or $EDITOR or vi.
 * @param label ends the name of the file the editor is given
 * @throws KasError "missing_program", "invalid" when the editor fails or leaves no text
 */
export async function editText(text: string, label: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "kas-edit-" });
  try {
    const file = `${folder}/${label}`;
    await Deno.writeTextFile(file, text, { mode: 0o600 });
    await runEditor(file);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(await Deno.readFile(file));
  } catch (error) {
    if (error instanceof KasError || !(error instanceof Error)) throw error;
    throw new KasError("invalid", "Cannot read what the editor left", { cause: error });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runEditor(file: string): Promise<void> {
  const line = Deno.env.get("VISUAL") || Deno.env.get("EDITOR") || "vi";
  const [program = "vi", ...args] = commandWords(line);
  let status: Deno.CommandStatus;
  try {
    status = await new Deno.Command(program, {
      args: [...args, file],
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new KasError("missing_program", `Cannot start the editor ${quote(line)}`, {
      hint: "Set EDITOR to a program that is on your PATH",
      cause: error,
    });
  }
  if (status.success) return;
  throw new KasError("invalid", `Cannot use the edit: ${quote(line)} ended with ${status.code}`, {
    hint: "Nothing was changed",
  });
}

/** Keeps a text that could not be saved. @returns its path */
export async function keepDraft(paths: Paths, label: string, text: string): Promise<string> {
  await ensurePrivateDir(paths.stateDir);
  const folder = `${paths.stateDir}/drafts`;
  await ensurePrivateDir(folder);
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const path = `${folder}/${stamp}-${label}`;
  await Deno.writeTextFile(path, text, { mode: 0o600, createNew: true });
  return path;
}
