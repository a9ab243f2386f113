import { messageOf } from "../errors.ts";
import { type Answer, ask, joinedBytes } from "./ask.ts";
import { hostEnvironment } from "./env.ts";
import type { Harness, Probe, Probed } from "./types.ts";

/** How long a program may take to print its help, in ms: some unpack themselves on their first start. */
const TIMEOUT_MS = 15_000;

/** Everything a probe may look for. */
export const PROBED = [
  "start",
  "soul",
  "model",
  "efforts",
  "permissions",
  "permissionRaw",
  "outputFormats",
  "maxTurns",
  "mcp",
  "skills",
  "hookEvents",
  "commands",
  "resume",
  "strict",
] as const satisfies readonly Probed[];

const LINE_BREAK = new Uint8Array([0x0a]);

/** What an installed program says of a capability. */
export type Probing =
  | { readonly state: "found" }
  /** @property words what is not in its help, after the subcommand it belongs to: `exec --json` */
  | { readonly state: "missing"; readonly words: readonly string[] }
  | { readonly state: "unknown"; readonly reason: string };

/** By capability; one that no help could tell of is absent. */
export type Probings = Readonly<Partial<Record<Probed, Probing>>>;

/** What a help has to say, or why there is none. */
type Help = { readonly text: string } | { readonly reason: string };

/**
 * Asks an installed program for its help and looks there for what the adapter's arguments stand on;
 * all of its probes at once. A program that hangs, fails, or prints no help makes "unknown".
 * @param program absolute path and leading arguments
 * @param limitMs how long each help may take. @default 15000
 */
export async function probe(
  harness: Pick<Harness, "probes" | "envNames">,
  program: readonly string[],
  hostEnv: Readonly<Record<string, string>>,
  limitMs = TIMEOUT_MS,
): Promise<Probings> {
  const env = hostEnvironment(hostEnv, harness.envNames);
  const asked = (harness.probes ?? []).map(async (probe) => ({
    probe,
    help: await helpOf([...program, ...probe.args], env, limitMs),
  }));
  const all: Partial<Record<Probed, Probing>> = {};
  for (const { probe, help } of await Promise.all(asked)) {
    for (const capability of PROBED) {
      const words = probe.words[capability];
      if (words === undefined) continue;
      all[capability] = joined(all[capability], judged(probe, help, words));
    }
  }
  return all;
}

function judged({ args }: Probe, help: Help, words: readonly string[]): Probing {
  if ("reason" in help) return { state: "unknown", reason: help.reason };
  const options = declaredOptions(help.text);
  const missing = words.filter((word) =>
    !(/^--?[\w-]+$/.test(word) ? options.has(word) : help.text.includes(word))
  );
  if (missing.length === 0) return { state: "found" };
  const command = args.filter((word) => !word.startsWith("-"));
  return { state: "missing", words: missing.map((word) => [...command, word].join(" ")) };
}

/** What is missing in one help is missing, whatever the others say. */
function joined(one: Probing | undefined, other: Probing): Probing {
  if (one === undefined || one.state === "found") return other;
  if (other.state === "found" || one.state !== other.state) {
    return other.state === "missing" ? other : one;
  }
  if (one.state !== "missing" || other.state !== "missing") return one;
  return { state: "missing", words: [...one.words, ...other.words] };
}

/**
 * The options a help declares: at most eight columns in, one after the other, as in
 * `  -m, --model <name>  Text`. Options that a text only mentions are none.
 */
export function declaredOptions(help: string): Set<string> {
  const options = new Set<string>();
  for (const line of help.split("\n")) {
    const head = /^[ \t]{0,8}(?=-)/.exec(line);
    if (head === null) continue;
    const declared = /(--?\w[\w-]*)(?:[ =](?:<[^>]*>|\[[^\]]*\]|[A-Z_]+))?(, *)?/y;
    declared.lastIndex = head[0].length;
    for (let found = declared.exec(line); found !== null; found = declared.exec(line)) {
      if (found[1] !== undefined) options.add(found[1]);
      if (found[2] === undefined) break;
    }
  }
  return options;
}

/** Runs a program for its help; nothing of the folder kas is called in has a say. */
async function helpOf(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  limitMs: number,
): Promise<Help> {
  let answer: Answer;
  try {
    answer = await ask(argv, { env, cwd: "/", limitMs });
  } catch (error) {
    return { reason: messageOf(error) };
  }
  if ("reason" in answer) return answer;
  const { status, out, err } = answer;
  if (!status.success) return { reason: `it ends with ${status.signal ?? status.code}` };
  // some print their help on stderr
  return readHelp(joinedBytes([out, LINE_BREAK, err]));
}

function readHelp(bytes: Uint8Array): Help {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { reason: "it prints no text" };
  }
  if (text.trim() === "") return { reason: "it prints nothing" };
  if (text.includes("\0")) return { reason: "it prints no text" };
  return declaredOptions(text).size === 0 ? { reason: "it prints no list of options" } : { text };
}
