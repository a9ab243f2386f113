import { launchEnvironment } from "./env.ts";
import { promptArgument } from "./prompt.ts";
import { reportedOr } from "./reported.ts";
import { soulText } from "./soul.ts";
import type { Capabilities, Harness, Launch, RenderRequest } from "./types.ts";
import { versionIn } from "./version.ts";

/** A word of the command that stands for the task. */
const TASK_WORD = "{task}";

const CAPABILITIES: Capabilities = {
  soul: "system",
  model: true,
  efforts: null,
  permissions: ["ask", "auto", "yolo"],
  permissionRaw: true,
  outputFormats: ["text", "json", "stream-json"],
  maxTurns: true,
  mcp: [],
  skills: true,
  hookEvents: [],
  commands: true,
  resume: false,
  strict: true,
};

/**
 * Any program. What was decided about the launch is in its environment, and what becomes of it is
 * the program's business: `KASMOS_SOUL_FILE`, `KASMOS_MODEL`, `KASMOS_EFFORT`, `KASMOS_PERMISSION`,
 * `KASMOS_OUTPUT`, `KASMOS_MAX_TURNS`, `KASMOS_STRICT`, and skills and commands below
 * `KAS_AGENT_DIR`. The task is in the file `KASMOS_PROMPT_FILE`; a run reads it on stdin, a chat gets it as its last argument,
 * and where the command has the word `{task}` it stands there instead. Its state is what it
 * reports with `kas hook`.
 */
export const commandHarness: Harness = {
  name: "command",
  defaultProgram: "",
  programVariable: "KASMOS_COMMAND_BIN",
  install: null,
  minVersion: null,
  capabilities: CAPABILITIES,
  envNames: [],
  version: versionIn([]),
  render: (request) => Promise.resolve(render(request)),
  read: (stdout) => ({
    text: stdout.trim(),
    sessionId: null,
    outcome: null,
    error: null,
    usage: null,
  }),
  state: (query) =>
    reportedOr(
      query,
      Promise.resolve({ activity: "unknown", evidence: "the program tells no state" }),
    ),
  interruptKeys: ["C-c"],
};

function render(request: RenderRequest): Launch {
  const { context, launchDir, promptFile } = request;
  const task = promptArgument(request);
  const words = [...context.program, ...context.extraArgs];
  const isNamed = words.includes(TASK_WORD);
  const soulFile = `${launchDir}/soul.md`;
  const soul = soulText(context.parts);
  const asArgument = task !== null && !isNamed && context.mode === "chat";
  return {
    argv: [
      ...words.flatMap((word) => word === TASK_WORD ? task ?? [] : word),
      ...asArgument ? [task] : [],
    ],
    env: {
      ...launchEnvironment(request, []),
      ...variable("KASMOS_PROMPT_FILE", promptFile),
      ...variable("KASMOS_SOUL_FILE", soul === null ? null : soulFile),
      ...variable("KASMOS_MODEL", context.model),
      ...variable("KASMOS_EFFORT", context.effort),
      ...variable("KASMOS_PERMISSION", context.permissionRaw ?? context.permission),
      ...variable("KASMOS_OUTPUT", context.mode === "run" ? context.outputFormat : null),
      ...variable("KASMOS_MAX_TURNS", context.maxTurns === null ? null : `${context.maxTurns}`),
      ...variable("KASMOS_STRICT", context.strict ? "1" : null),
    },
    files: soul === null ? [] : [{ path: soulFile, text: soul }],
    answers: [],
    stdin: context.mode === "run" && !isNamed ? context.task : null,
    notes: [],
  };
}

function variable(name: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [name]: value };
}
