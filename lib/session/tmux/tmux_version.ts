import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { missingTmux } from "./control_client.ts";

const OLDEST = { major: 3, minor: 2 };

/**
 * Whether `tmux -V` names a release kas can work with. Development builds without a number
 * ("master", "openbsd-7.6") are taken to be new enough.
 */
export function isSupported(version: string): boolean {
  const found = /^(?:next-)?(\d+)\.(\d+)/.exec(version);
  if (found === null) return true;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

/**
 * Finds tmux on PATH and returns its version, such as "3.3a".
 * @throws KasError "missing_program" when it is missing or older than 3.2
 */
export async function requireTmux(): Promise<{ version: string }> {
  const version = (await runVersion()).replace(/^tmux /, "").trim();
  if (!isSupported(version)) {
    throw new KasError("missing_program", `Cannot use tmux ${quote(version)}: it is too old`, {
      hint: `Install tmux ${OLDEST.major}.${OLDEST.minor} or newer`,
      context: { version },
    });
  }
  return { version };
}

async function runVersion(): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("tmux", { args: ["-V"], stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw missingTmux(error);
    throw error;
  }
}
