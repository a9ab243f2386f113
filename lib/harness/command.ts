import { hostEnvironment } from "./env.ts";
import { promptArgument } from "./prompt.ts";
import type { Harness } from "./types.ts";
import { versionIn } from "./version.ts";

/**
 * Any program: it gets the prompt as its last argument, and the file that holds it in
 * `KASMOS_PROMPT_FILE`. Nothing is known of its state.
 */
export const commandHarness: Harness = {
  name: "command",
  defaultProgram: "",
  minVersion: null,
  envNames: [],
  version: versionIn([]),
  prepare: (request) =>
    Promise.resolve({
      argv: [...request.program, ...request.flags, promptArgument(request)],
      env: {
        ...hostEnvironment(request.hostEnv, []),
        KASMOS_PROMPT_FILE: request.promptFile,
        ...request.env,
      },
    }),
  state: () => Promise.resolve({ activity: "unknown", evidence: "the program tells no state" }),
  interruptKeys: ["C-c"],
};
