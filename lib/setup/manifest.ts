import * as v from "valibot";
import { RUNTIMES } from "../agent/types.ts";
import { KasError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { type Manifest, PARTS } from "./types.ts";

/** The record of what was written, `.kasmos/setup.json`. It is committed with the rest. */

/** Its place below the repository. */
export const MANIFEST_PATH = ".kasmos/setup.json";

const BELOW = v.pipe(
  v.string(),
  v.maxLength(300),
  v.regex(/^[^/\0]/),
  v.check((path) => path.split("/").every((part) => part !== "" && part !== "." && part !== "..")),
);

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0));

const ManifestSchema = v.object({
  version: v.literal(1),
  runtimes: v.array(v.picklist(RUNTIMES)),
  parts: v.array(v.picklist(PARTS)),
  entries: v.array(v.object({
    path: BELOW,
    id: v.string(),
    hash: v.string(),
    extra: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16)),
    created: v.boolean(),
  })),
  undo: v.optional(
    v.array(v.object({
      path: BELOW,
      was: v.string(),
      left: v.string(),
      edits: v.array(v.object({ at: COUNT, cut: COUNT, put: v.string() })),
    })),
    [],
  ),
  folders: v.array(BELOW),
  excluded: v.array(v.string()),
});

/**
 * Reads the record.
 * @throws KasError "invalid" for one that kas did not write; paths that lead out of the repository
 * are among that
 */
export function parseManifest(text: string, file: string): Manifest {
  try {
    const { version: _version, ...manifest } = v.parse(ManifestSchema, JSON.parse(text));
    return manifest;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof v.ValiError)) throw error;
    const issue = error instanceof v.ValiError ? v.getDotPath(error.issues[0]) : null;
    const where = issue === null ? "" : ` at ${issue}`;
    throw new KasError("invalid", `Cannot read ${file}: it is no record of kas setup${where}`, {
      hint: "Restore it from git, or remove it: then kas no longer knows which files it wrote",
      cause: error,
    });
  }
}

/** The text of a record. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify({ version: 1, kas: VERSION, ...manifest }, null, 2)}\n`;
}

/** A short hash of what was written. */
export async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text.replaceAll("\r\n", "\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest.toHex().slice(0, 32);
}
