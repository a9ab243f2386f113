/**
 * Starts a built program where the smoke tests cannot run, which is Windows: it says its version and
 * its help, and refuses work with status 4 and the way out.
 *
 *     deno run -A scripts/release/probe.ts build/kas.exe
 * @module
 */
import { VERSION } from "../../lib/version.ts";
import { script, ScriptError } from "../run.ts";

interface Probe {
  readonly args: readonly string[];
  readonly code: number;
  /** In what it prints, to either stream. */
  readonly says: string;
}

/** What the program must do on a system. */
export function probes(os: string): readonly Probe[] {
  const refused = os === "windows"
    ? ["status", "doctor", "run hello"].map((words) => words.split(" "))
    : [];
  return [
    { args: ["--version"], code: 0, says: `kas ${VERSION}` },
    { args: ["--help"], code: 0, says: "kas task create" },
    { args: ["task", "--help"], code: 0, says: "kas task" },
    ...refused.map((args) => ({ args, code: 4, says: "wsl --install" })),
  ];
}

/** Runs one probe. @throws ScriptError when the program does something else */
export async function probe(program: string, { args, code, says }: Probe): Promise<void> {
  const result = await new Deno.Command(program, { args: [...args], stdin: "null" }).output();
  const text = [result.stdout, result.stderr].map((bytes) => new TextDecoder().decode(bytes)).join(
    "",
  );
  if (result.code === code && text.includes(says)) return;
  throw new ScriptError(
    `"kas ${args.join(" ")}" ended with ${result.code}, not ${code}, or does not say "${says}":\n` +
      text,
  );
}

if (import.meta.main) {
  await script(async () => {
    const [program] = Deno.args;
    if (program === undefined) throw new ScriptError("Name the program");
    for (const each of probes(Deno.build.os)) {
      await probe(await Deno.realPath(program), each);
      console.log(`ok: kas ${each.args.join(" ")}`);
    }
  });
}
