import * as v from "valibot";
import { KasError } from "../errors.ts";
import { replaceFile } from "../files/replace.ts";
import { quote } from "../names.ts";
import { readSmall } from "./_files.ts";
import { type Digests, FOREIGN_MANIFEST, MANIFEST } from "./tree.ts";

/** The record beside a skill that says where it is from, so that it can be updated. */

/** What is known of an installed skill's source. */
export interface SkillManifest {
  /** As `formatSource` writes it, without a ref. */
  readonly source: string;
  /** What git fetches from; null for a local folder. */
  readonly sourceUrl: string | null;
  /** The ref somebody asked for; null for the default branch, or for a local work tree. */
  readonly requestedRef: string | null;
  /** What it was at the time; null for a local work tree. */
  readonly commit: string | null;
  /** The skill's folder below the top of the source; null when it is not known. */
  readonly folder: string | null;
  /** RFC 3339. */
  readonly installedAt: string;
  /** What was written; null when it is not known, as for skills of another program. */
  readonly files: Digests | null;
}

const text = v.nullish(v.string(), null);

const OwnSchema = v.object({
  version: v.literal(1),
  source: v.string(),
  source_url: text,
  requested_ref: text,
  commit: text,
  folder: text,
  installed_at: v.string(),
  files: v.record(v.string(), v.string()),
});

const ForeignSchema = v.object({
  source: v.string(),
  source_url: text,
  ref: text,
  installed_at: v.optional(v.string(), ""),
});

/**
 * Reads the manifest of a skill; null when it has none.
 * @throws KasError "invalid" when it does not parse
 */
export async function readManifest(folder: string): Promise<SkillManifest | null> {
  const own = await parsed(`${folder}/${MANIFEST}`, OwnSchema);
  if (own !== null) {
    return {
      source: own.source,
      sourceUrl: own.source_url,
      requestedRef: own.requested_ref,
      commit: own.commit,
      folder: own.folder,
      installedAt: own.installed_at,
      files: own.files,
    };
  }
  const foreign = await parsed(`${folder}/${FOREIGN_MANIFEST}`, ForeignSchema);
  if (foreign === null) return null;
  // There the resolved commit took the place of the ref: it pins nothing.
  const isCommit = /^[0-9a-f]{40,64}$/.test(foreign.ref ?? "");
  return {
    source: foreign.source,
    sourceUrl: foreign.source_url,
    requestedRef: isCommit ? null : foreign.ref,
    commit: isCommit ? foreign.ref : null,
    folder: null,
    installedAt: foreign.installed_at,
    files: null,
  };
}

/** Writes the manifest into a skill's folder. */
export async function writeManifest(folder: string, manifest: SkillManifest): Promise<void> {
  const data: v.InferOutput<typeof OwnSchema> = {
    version: 1,
    source: manifest.source,
    source_url: manifest.sourceUrl,
    requested_ref: manifest.requestedRef,
    commit: manifest.commit,
    folder: manifest.folder,
    installed_at: manifest.installedAt,
    files: { ...manifest.files },
  };
  await replaceFile(`${folder}/${MANIFEST}`, `${JSON.stringify(data, null, 2)}\n`, "project");
}

async function parsed<S extends v.GenericSchema>(
  path: string,
  schema: S,
): Promise<v.InferOutput<S> | null> {
  const content = await readSmall(path, 4 * 1024 * 1024);
  if (content === null) return null;
  const refuse = (why: string, cause?: unknown) =>
    new KasError("invalid", `Cannot read ${quote(path, 200)}: ${why}`, {
      hint:
        `Take it out of kas's care with "kas skills detach", or add the skill again with --force`,
      cause,
    });
  let data: unknown;
  try {
    data = JSON.parse(content);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse("it is not JSON", error);
  }
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw refuse(`${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`);
}
