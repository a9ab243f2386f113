import { KasError, messageOf } from "../errors.ts";
import { quote } from "../names.ts";
import type { Answer } from "./ask.ts";
import { hostEnvironment } from "./env.ts";
import type { Harness } from "./types.ts";

/** How long a program may take to tell its version, in ms. */
const TIMEOUT_MS = 20_000;

/**
 * The first `x.y.z` in what `<program> --version` prints.
 * @param limitMs how long it may take. @default 20000
 * @throws KasError "missing_program" when it cannot be run, fails, hangs or names no version
 */
export async function programVersion(
  program: readonly string[],
  env: Readonly<Record<string, string>>,
  limitMs = TIMEOUT_MS,
): Promise<string> {
  const [file, ...args] = program;
  if (file === undefined) {
    throw new KasError("missing_program", "Cannot ask for a version: no program is named", {
      hint: "Set `program` in the agent's profile",
    });
  }
  const said = await run(file, [...args, "--version"], env, limitMs);
  const version = /\d+\.\d+\.\d+/.exec(said)?.[0];
  if (version !== undefined) return version;
  throw new KasError("missing_program", `Cannot find a version in what ${quote(file)} prints`, {
    hint: `Run ${quote(`${file} --version`)} and see what it says`,
    context: { program, output: said.slice(0, 200) },
  });
}

/** What it prints, within `limitMs`. */
async function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  limitMs: number,
): Promise<string> {
  // versions are kept: most launches ask no program
  const { ask } = await import("./ask.ts");
  let answer: Answer;
  try {
    answer = await ask([file, ...args], { env, limitMs });
  } catch (cause) {
    throw new KasError("missing_program", `Cannot run ${quote(file)}: ${messageOf(cause)}`, {
      hint: `Install it, put it on the daemon's PATH, or set \`program\` in the agent's profile`,
      cause,
    });
  }
  if ("status" in answer && answer.status.success) return new TextDecoder().decode(answer.out);
  const stderr = "err" in answer ? new TextDecoder().decode(answer.err).slice(0, 400) : "";
  const said = stderr.trim().split("\n", 1)[0] ?? "";
  const how = "reason" in answer
    ? answer.reason
    : `exit ${answer.status.code}${said === "" ? "" : `, ${quote(said, 200)}`}`;
  throw new KasError("missing_program", `Cannot get the version of ${quote(file)}: ${how}`, {
    hint: `Run ${quote(`${file} --version`)} and see what it says`,
    context: { stderr },
  });
}

/** True when `version` is below `minimum`; both `x.y.z`. */
export function isOlder(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map((text) => text.split(".").map(Number));
  for (let at = 0; at < 3; at++) {
    const difference = (have?.[at] ?? 0) - (need?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** A {@link Harness.version} that runs `<program> --version` in the harness's environment. */
export function versionIn(envNames: readonly string[]): Harness["version"] {
  return (program, hostEnv) => programVersion(program, hostEnvironment(hostEnv, envNames));
}
