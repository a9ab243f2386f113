import { now } from "../lib/files/now.ts";
import { KasError } from "../lib/errors.ts";
import { quote } from "../lib/names.ts";
import { readText } from "./_shared.ts";

/** What the task may be given by. */
export interface TaskSources {
  readonly task?: string | undefined;
  readonly taskFile?: string | undefined;
  /** Words that are no options, and those behind `--`. */
  readonly words?: readonly string[] | undefined;
  /** Those behind `--` alone. */
  readonly behind: readonly string[];
}

/** The task, and the words that are left for the runtime. */
export interface TaskText {
  /** Null when none was given. */
  readonly task: string | null;
  readonly extra: readonly string[];
}

/**
 * The one word that may be the task, or `-`, and the words behind `--`, which are the runtime's.
 * @throws KasError "usage" for a task in several words, which is one whose quotes are missing, and for
 * a word beside a task
 */
export function splitWords({ task, taskFile, words = [], behind }: TaskSources): {
  readonly named: string | null;
  readonly extra: readonly string[];
} {
  const own = words.slice(0, words.length - behind.length);
  const most = task === undefined && taskFile === undefined ? 1 : 0;
  const more = own[most];
  if (more === undefined) return { named: own[0] ?? null, extra: behind };
  throw new KasError("usage", `Cannot use ${quote(more)} beside the task`, {
    hint: "Put a task of several words in quotes; words for the runtime stand behind --",
  });
}

/**
 * Reads the task from where it is: `--task`, `--task-file`, the first word, or stdin. What is piped
 * in besides is added after an empty line, so that the answer of one agent can be another's material.
 * @throws KasError "usage" for two tasks or an empty one, as {@link splitWords}, and what reading a file
 * throws
 */
export async function readTask(sources: TaskSources): Promise<TaskText> {
  const { named, extra } = splitWords(sources);
  const { task, taskFile } = sources;
  if (task !== undefined && taskFile !== undefined) {
    throw new KasError("usage", "Cannot use --task together with --task-file", {
      hint: "Give the task once",
    });
  }
  const given = task ?? (named === "-" ? null : named) ??
    (taskFile === undefined || taskFile === "-" ? null : await readText(taskFile, "the task"));
  const fromStdin = named === "-" || taskFile === "-";
  const piped = fromStdin || (given === null ? !Deno.stdin.isTerminal() : await isPiped())
    ? await readText("-", "the task")
    : "";
  const text = [given ?? "", piped].filter((part) => part !== "").join("\n\n");
  const asked = given !== null || fromStdin;
  if (text.trim() !== "") return { task: text, extra };
  if (!asked) return { task: null, extra };
  throw new KasError("usage", "Cannot run an empty task", { hint: "Say what is to be done" });
}

/**
 * Whether stdin is a pipe of a shell or a file. A socket or a device is what programs give to the
 * programs they start, and may stay open for ever.
 */
async function isPiped(): Promise<boolean> {
  try {
    const { isFifo, isFile } = await now.stat("/dev/fd/0");
    return isFifo === true || isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
