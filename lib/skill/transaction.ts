import { ifThere, isThere } from "../files/there.ts";
import * as v from "valibot";
import { KasError, messageOf } from "../errors.ts";
import { replaceFile } from "../files/replace.ts";
import { quote } from "../names.ts";
import { nameOf, namesIn, readSmall } from "./_files.ts";
import { isSkillName } from "./names.ts";

/**
 * Replacing several folders as one step. All that is new is staged beside the home first; then a
 * journal says what is to be moved, and from there on the way is only forward: after a crash the next
 * writer ends it. Without a journal nothing has happened.
 */

/** What happens to one name of the home. */
export interface Move {
  readonly name: string;
  /** A folder staged as `<transaction>/new/<name>` takes its place; else it is only taken away. */
  readonly staged: boolean;
  /** Name in the backup folder under which the old one is kept; null drops it. */
  readonly keepAs: string | null;
}

/** The folders of a transaction, all on one file system. */
export interface Place {
  /** Real folder of the skills. */
  readonly home: string;
  /** kas's own folder beside it. */
  readonly work: string;
}

const TXN = /^txn-[0-9a-f-]{36}$/;
const name = v.pipe(v.string(), v.check(isSkillName));
const JournalSchema = v.object({
  version: v.literal(1),
  home: v.string(),
  txn: v.pipe(v.string(), v.regex(TXN)),
  moves: v.array(v.object({ name, staged: v.boolean(), keepAs: v.nullable(name) })),
});
type Journal = v.InferOutput<typeof JournalSchema>;

/** The folder in which a transaction stages what is new. */
export interface Staging {
  readonly txn: string;
  /** Folder of a new skill; its parent exists, itself it does not. */
  folderOf(name: string): string;
}

/** Where the old folder of a move is kept. */
export function backupPath({ work }: Place, keepAs: string): string {
  return `${work}/backup/${keepAs}`;
}

/**
 * Stages, then moves. Call it under the lock, after {@link recover}. When anything fails before the
 * journal is written nothing has changed; when a move fails, the ones before it are taken back.
 * @param stage fills the staging folder and says what is to be moved
 * @param onStep is told of each step, for tests that end the process there
 */
export async function transact(
  place: Place,
  stage: (staging: Staging) => Promise<readonly Move[]>,
  onStep: (step: string) => void = () => {},
): Promise<void> {
  const txn = `txn-${crypto.randomUUID()}`;
  const folder = `${place.work}/${txn}`;
  await Deno.mkdir(`${folder}/new`, { recursive: true });
  await Deno.mkdir(`${folder}/old`);
  let moves: readonly Move[];
  try {
    moves = await stage({ txn, folderOf: (name) => `${folder}/new/${name}` });
    onStep("staged");
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  const journal: Journal = {
    version: 1,
    home: nameOf(place.home),
    txn,
    moves: moves.map((move) => ({ ...move })),
  };
  await replaceFile(`${place.work}/journal.json`, JSON.stringify(journal), "project");
  onStep("journal");
  try {
    for (const move of journal.moves) await forward(place, journal, move, onStep);
  } catch (error) {
    await takeBack(place, journal, error);
    throw error;
  }
  await finish(place, journal, onStep);
}

/** One move; done again after a crash it ends in the same. */
async function forward(
  { home, work }: Place,
  { txn }: Journal,
  move: Move,
  onStep: (step: string) => void,
): Promise<void> {
  const now = `${home}/${move.name}`;
  const next = `${work}/${txn}/new/${move.name}`;
  const old = `${work}/${txn}/old/${move.name}`;
  const isNext = move.staged && await isThere(next);
  if (move.staged && !isNext) return; // it has its place already
  if (await isThere(now) && !(await isThere(old))) {
    await Deno.rename(now, old);
    onStep(`old ${move.name}`);
  }
  if (!isNext) return;
  await Deno.rename(next, now);
  onStep(`new ${move.name}`);
}

async function takeBack({ home, work }: Place, journal: Journal, cause: unknown): Promise<void> {
  const folder = `${work}/${journal.txn}`;
  try {
    for (const { name, staged } of journal.moves.toReversed()) {
      const isMoved = staged && !(await isThere(`${folder}/new/${name}`));
      if (isMoved) await Deno.rename(`${home}/${name}`, `${folder}/new/${name}`);
      if (await isThere(`${folder}/old/${name}`)) {
        await Deno.rename(`${folder}/old/${name}`, `${home}/${name}`);
      }
    }
  } catch (error) {
    throw new KasError(
      "internal",
      `Cannot change the skills in ${quote(home, 200)}, nor take the change back: ${
        messageOf(error)
      }`,
      { hint: `The folders are in ${quote(folder, 200)}`, cause },
    );
  }
  await Deno.remove(`${work}/journal.json`);
  await Deno.remove(folder, { recursive: true });
}

async function finish(
  place: Place,
  journal: Journal,
  onStep: (step: string) => void,
): Promise<void> {
  const folder = `${place.work}/${journal.txn}`;
  for (const { name, keepAs } of journal.moves) {
    if (keepAs === null || !(await isThere(`${folder}/old/${name}`))) continue;
    await Deno.mkdir(`${place.work}/backup`, { recursive: true });
    await Deno.rename(`${folder}/old/${name}`, backupPath(place, keepAs));
    onStep(`kept ${name}`);
  }
  await Deno.remove(`${place.work}/journal.json`);
  onStep("done");
  await Deno.remove(folder, { recursive: true });
}

/**
 * Ends what a crash cut off, and clears what it left. Call it under the lock.
 * @throws KasError "guard" for a journal that is not about this home
 */
export async function recover(place: Place): Promise<void> {
  const journal = await readJournal(place);
  if (journal !== null) {
    const info = await ifThere(Deno.lstat(`${place.work}/${journal.txn}`));
    if (info?.isDirectory) {
      for (const move of journal.moves) await forward(place, journal, move, () => {});
      await finish(place, journal, () => {});
    } else {
      await Deno.remove(`${place.work}/journal.json`);
    }
  }
  for (const left of await namesIn(place.work)) {
    if (TXN.test(left)) await Deno.remove(`${place.work}/${left}`, { recursive: true });
  }
}

/** Whether a crash cut a change off, which the next writer will end. */
export async function isInterrupted(work: string): Promise<boolean> {
  return await isThere(`${work}/journal.json`);
}

async function readJournal(place: Place): Promise<Journal | null> {
  const path = `${place.work}/journal.json`;
  const text = await readSmall(path);
  if (text === null) return null;
  const refuse = (cause?: unknown) =>
    new KasError("guard", `Cannot go on after a change that was cut off: ${quote(path, 200)}`, {
      hint: "It is not a record of kas about these skills; look at it, then delete it",
      cause,
    });
  try {
    const journal = v.parse(JournalSchema, JSON.parse(text));
    if (journal.home !== nameOf(place.home)) throw refuse();
    return journal;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof v.ValiError) throw refuse(error);
    throw error;
  }
}
