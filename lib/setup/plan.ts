import { KasError } from "../errors.ts";
import { currentOf, judge } from "./judge.ts";
import { hashOf } from "./manifest.ts";
import { filePiece } from "./pieces.ts";
import { editOf, restored, undoOf } from "./undo.ts";
import { changeSettings, CONFIG_PATH, settingsPiece } from "./settings.ts";
import {
  BrokenFile,
  type Edit,
  type Entry,
  type FileChange,
  type FileFact,
  type Piece,
  type SetupAnswers,
  type SetupFacts,
  type SetupPlan,
  type Undo,
} from "./types.ts";
import { allPaths, allPieces, wantedPieces } from "./wanted.ts";

/** From facts and answers to what would be done. Pure: reads and writes nothing. */

/** What git is to leave alone; `.gitignore` is the user's. */
const IGNORED = [".worktrees/", ".kasmos/signals/", ".kasmos/cache/", ".kasmos/backup/"];

/** A file that cannot be changed. */
interface Problem {
  readonly path: string;
  readonly broken: BrokenFile;
  readonly snippet: string;
}

/**
 * What the answers come to.
 * @throws KasError "invalid" with line and column of every file that cannot be read as what it should
 * be, and what would have been added
 */
export async function planSetup(facts: SetupFacts, answers: SetupAnswers): Promise<SetupPlan> {
  const old = facts.manifest?.entries ?? [];
  const problems: Problem[] = [];
  const changes: FileChange[] = [];
  const entries: Entry[] = [];
  const undo: Undo[] = [];
  const pieces = Map.groupBy(wantedPieces(facts, answers), ({ path }) => path);
  await settings(facts, answers, { changes, entries, undo, problems });
  const gone = leftovers(facts, [...pieces.values()].flat());
  const paths = new Set([...pieces.keys(), ...gone.map(({ piece }) => piece.path)]);
  for (const path of paths) {
    const fold = new Fold(path, facts.files.get(path) ?? { kind: "none" }, answers.force);
    for (const { piece, entry } of gone) if (piece.path === path) await fold.remove(piece, entry);
    for (const piece of pieces.get(path) ?? []) {
      const entry = old.find((one) => one.path === path && one.id === piece.id);
      await fold.put(piece, entry);
    }
    problems.push(...fold.problems);
    entries.push(...fold.entries);
    changes.push(fold.change());
    undo.push(...await wayBack(facts, fold.change(), fold.edits));
  }
  if (problems.length > 0) throw brokenError(facts.root, problems);
  const { runtimes, parts } = answers;
  const add = IGNORED.filter((line) => !facts.excluded.includes(line));
  const excluded = [...new Set([...facts.manifest?.excluded ?? [], ...add])];
  const folders = [...new Set([...facts.manifest?.folders ?? [], ...newFolders(facts, changes)])];
  const manifest = { runtimes, parts, entries, undo, folders: folders.sort(), excluded };
  return { root: facts.root, changes, manifest, exclude: { add, remove: [] }, emptied: [] };
}

/** What a plan grows from. */
interface Draft {
  readonly changes: FileChange[];
  readonly entries: Entry[];
  readonly undo: Undo[];
  readonly problems: Problem[];
}

async function settings(
  facts: SetupFacts,
  answers: SetupAnswers,
  { changes, entries, undo, problems }: Draft,
): Promise<void> {
  const old = (facts.manifest?.entries ?? []).filter(({ path }) => path === CONFIG_PATH);
  try {
    const found = await changeSettings(facts, answers, old);
    const { before, after, why, isConflict } = found;
    entries.push(...found.entries);
    const change = changeOf(CONFIG_PATH, { before, after, isLink: false, why, isConflict });
    changes.push(change);
    undo.push(...await wayBack(facts, change, found.edits));
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    const snippet = `default_program = ${JSON.stringify(answers.agents.fallback)}`;
    problems.push({ path: CONFIG_PATH, broken: error, snippet });
  }
}

/** The record with which a file can be restored; none where that cannot be. */
async function wayBack(
  { manifest }: SetupFacts,
  { path, before, after, isLink }: FileChange,
  edits: readonly Edit[],
): Promise<Undo[]> {
  if (isLink) return [];
  const old = manifest?.undo.find((one) => one.path === path);
  const isKnown = manifest?.entries.some((one) => one.path === path) === true;
  const found = await undoOf({ path, before, after, edits, old, isKnown });
  return found === null ? [] : [found];
}

/** What was written once and is not wanted any more. */
function leftovers(
  facts: SetupFacts,
  wanted: readonly Piece[],
): { piece: Piece; entry: Entry }[] {
  const known = allPieces(facts);
  const has = (pieces: readonly Piece[], { path, id }: Entry): Piece | undefined =>
    pieces.find((piece) => piece.path === path && piece.id === id);
  return (facts.manifest?.entries ?? []).flatMap((entry) => {
    if (entry.path === CONFIG_PATH || has(wanted, entry) !== undefined) return [];
    const piece = has(known, entry) ?? formerPiece(entry);
    return piece === null ? [] : [{ piece, entry }];
  });
}

/** Skills and agents of an older kas. Nothing else may be named by a record. */
function formerPiece({ path, id }: Entry): Piece | null {
  const own =
    /^\.agents\/skills\/kas-[a-z-]+\/SKILL\.md$|^\.(claude|opencode|codex|github)\/agents\/kas-[a-z-]+\.(agent\.)?(md|toml)$/;
  return id === "file" && own.test(path) ? filePiece(path, "of an older kas", "") : null;
}

/**
 * What takes everything back that was written and not edited since.
 * @throws KasError "not_found" when nothing is known to have been written
 */
export async function planRemoval(facts: SetupFacts): Promise<SetupPlan> {
  const { manifest } = facts;
  if (manifest === null) {
    throw new KasError("not_found", "Cannot take the setup back: there is no .kasmos/setup.json", {
      hint: "kas knows only from it what it wrote",
    });
  }
  const changes: FileChange[] = [];
  const own = manifest.entries.flatMap((entry) => {
    if (entry.path !== CONFIG_PATH) return [];
    const fact = facts.files.get(CONFIG_PATH);
    const piece = settingsPiece(entry.id, fact?.kind === "text" ? fact.text : "");
    return piece === null ? [] : [{ piece, entry }];
  });
  const all = [...leftovers(facts, []), ...own];
  const problems: Problem[] = [];
  const known = new Set([...allPaths(), ...all.map(({ piece }) => piece.path)]);
  const ways = manifest.undo.filter(({ path }) => known.has(path));
  for (const path of new Set([...all.map(({ piece }) => piece.path), ...ways.map(pathOf)])) {
    const fact = facts.files.get(path) ?? { kind: "none" };
    const text = await restored(fact, ways.find((one) => one.path === path));
    if (text !== null) {
      const why = ["as it was before kas setup"];
      const before = textIn(fact);
      changes.push(changeOf(path, { before, after: text, isLink: false, why, isConflict: false }));
      continue;
    }
    const fold = new Fold(path, fact, false);
    for (const { piece, entry } of all) if (piece.path === path) await fold.remove(piece, entry);
    problems.push(...fold.problems);
    changes.push(fold.change());
  }
  if (problems.length > 0) throw brokenError(facts.root, problems);
  const remove = manifest.excluded.filter((line) => IGNORED.includes(line));
  return {
    root: facts.root,
    changes: changes.filter(({ before, kind }) => kind !== "keep" || before !== null),
    manifest: null,
    exclude: { add: [], remove },
    emptied: [...manifest.folders].sort().reverse(),
  };
}

function pathOf({ path }: Undo): string {
  return path;
}

/** The pieces of one file, one after the other. */
class Fold {
  readonly entries: Entry[] = [];
  readonly problems: Problem[] = [];
  readonly edits: Edit[] = [];
  readonly #before: string | null;
  readonly #why: string[] = [];
  #fact: FileFact;
  #isLink = false;
  #isConflict = false;
  #wasCreated = false;

  constructor(readonly path: string, fact: FileFact, readonly force: boolean) {
    this.#fact = fact;
    this.#before = textIn(fact);
  }

  /** Puts a piece in, unless somebody's own work is in its place. */
  async put(piece: Piece, entry: Entry | undefined): Promise<void> {
    const { state, detail, problem } = await judge(piece, this.#fact, entry);
    if (problem !== null) {
      this.problems.push({ path: this.path, broken: problem, snippet: piece.snippet });
    }
    if (state === "broken") return;
    const isTheirs = state === "edited" || state === "foreign";
    if (state === "blocked" || (isTheirs && !this.force)) {
      this.#isConflict ||= state !== "edited";
      this.#note(`${piece.what}: ${detail ?? state}; left as it is`);
      if (entry !== undefined) this.entries.push(entry);
      return;
    }
    // Of a piece that is gone nothing of what was noted about its place holds any more.
    const known = state === "missing" ? undefined : entry;
    const created = known?.created ?? this.#before === null;
    if (state === "synced") {
      this.#note(piece.what);
      // A value somebody else wrote just so is not kas's to remove.
      const isOwn = entry !== undefined || piece.whole;
      if (isOwn) this.entries.push(await entryOf(piece, entry?.extra ?? 0, created));
      return;
    }
    await this.#write(piece, known, created, isTheirs);
  }

  async #write(
    piece: Piece,
    entry: Entry | undefined,
    created: boolean,
    isTheirs: boolean,
  ): Promise<void> {
    const written = await piece.write(textIn(this.#fact));
    if (written === null) {
      this.#isConflict = true;
      this.#note(`${piece.what}: cannot be added without touching the rest; add it by hand`);
      return;
    }
    this.#note(isTheirs ? `${piece.what}; replaced, the old text is backed up` : piece.what);
    this.edits.push(editOf(textIn(this.#fact) ?? "", written.text));
    this.#isLink = piece.isLink;
    this.#fact = piece.isLink
      ? { kind: "link", target: written.text }
      : { kind: "text", text: written.text };
    this.entries.push(await entryOf(piece, entry?.extra ?? written.extra, created));
  }

  /** Takes a piece out, unless it was edited. */
  async remove(piece: Piece, entry: Entry): Promise<void> {
    this.#isLink ||= piece.isLink;
    this.#wasCreated ||= entry.created;
    if (this.#fact.kind === "other" || (this.#fact.kind === "link") !== piece.isLink) {
      if (this.#fact.kind !== "none") this.#note("something else is in its place; left as it is");
      return;
    }
    try {
      const current = currentOf(piece, this.#fact);
      if (current === null) return;
      if (await hashOf(current) !== entry.hash) {
        this.#note(`${piece.what}: edited by hand; left as it is`);
        this.entries.push(entry);
        return;
      }
      const text = await piece.erase(textIn(this.#fact) ?? "", entry.extra);
      if (text === null) {
        this.#note(`${piece.what}: cannot be taken out without touching the rest`);
        this.entries.push(entry);
        return;
      }
      this.#note(`${piece.what} removed`);
      this.edits.push(editOf(textIn(this.#fact) ?? "", text));
      const isGone = piece.whole || (this.#wasCreated && /^\s*(\{\s*\})?\s*$/.test(text));
      this.#fact = isGone ? { kind: "none" } : { kind: "text", text };
    } catch (error) {
      if (!(error instanceof BrokenFile)) throw error;
      this.problems.push({ path: this.path, broken: error, snippet: piece.snippet });
    }
  }

  #note(why: string): void {
    if (!this.#why.includes(why)) this.#why.push(why);
  }

  change(): FileChange {
    const after = textIn(this.#fact);
    return changeOf(this.path, {
      before: this.#before,
      after,
      isLink: this.#isLink || this.#fact.kind === "link",
      why: this.#why,
      isConflict: this.#isConflict,
    });
  }
}

function textIn(fact: FileFact): string | null {
  if (fact.kind === "text") return fact.text;
  return fact.kind === "link" ? fact.target : null;
}

async function entryOf(piece: Piece, extra: number, created: boolean): Promise<Entry> {
  const { path, id, wanted } = piece;
  return { path, id, hash: await hashOf(wanted), extra, created };
}

function changeOf(
  path: string,
  about: Omit<FileChange, "path" | "kind"> & { readonly isConflict: boolean },
): FileChange {
  const { isConflict, ...change } = about;
  const { before, after } = change;
  const kind = before === after
    ? isConflict ? "conflict" : "keep"
    : before === null
    ? "create"
    : after === null
    ? "remove"
    : "update";
  return { path, kind, ...change };
}

/** Folders that have to be made for new files. */
function newFolders(facts: SetupFacts, changes: readonly FileChange[]): string[] {
  const made = new Set<string>();
  for (const { path, kind } of [...changes, { path: ".kasmos/setup.json", kind: "create" }]) {
    if (kind !== "create") continue;
    const parts = path.split("/").slice(0, -1);
    parts.forEach((_, i) => made.add(parts.slice(0, i + 1).join("/")));
  }
  return [...made].filter((folder) => !facts.folders.has(folder));
}

function brokenError(root: string, problems: readonly Problem[]): KasError {
  const lines = problems.map(({ path, broken }) =>
    `${root}/${path}:${broken.line}:${broken.column}: Cannot read it: ${broken.message}`
  );
  const added = problems.map(({ path, snippet }) => `to ${path}:\n${snippet}`);
  const files = problems.map(({ path, broken }) => ({
    path,
    line: broken.line,
    column: broken.column,
  }));
  return new KasError("invalid", [...new Set(lines)].join("\n"), {
    hint: `Nothing was written. Mend the file, then try again; this would be added\n${
      added.join("\n")
    }`,
    context: { files },
  });
}
