import { VERSION } from "../version.ts";
import { launchEnvironment } from "./env.ts";
import type { Harness } from "./types.ts";

/**
 * The built-in scripted agent: no model, no account. A real process that reads its prompt, edits,
 * commits and signals through the same doors as any other agent. Its script is its soul, so what
 * an agent's own soul, model and permission say changes nothing.
 */
export const demoHarness: Harness = {
  name: "demo",
  defaultProgram: "demo",
  programVariable: "KASMOS_DEMO_BIN",
  install: null,
  minVersion: null,
  capabilities: {
    soul: "append",
    model: true,
    efforts: null,
    permissions: ["ask", "auto", "yolo"],
    permissionRaw: false,
    outputFormats: ["text"],
    maxTurns: false,
    mcp: [],
    skills: false,
    hookEvents: [],
    commands: false,
    resume: false,
    strict: true,
  },
  envNames: ["KAS_DEMO_*"],
  interruptKeys: ["C-c"],
  version: () => Promise.resolve(VERSION),
  render: (request) =>
    Promise.resolve({
      argv: ["kas", "demo-agent", ...request.context.extraArgs],
      env: launchEnvironment(request, demoHarness.envNames),
      files: [],
      answers: [],
      stdin: null,
      notes: [],
    }),
  read: (stdout) => ({
    text: stdout.trim(),
    sessionId: null,
    outcome: null,
    error: null,
    usage: null,
  }),
  state: () => Promise.resolve({ activity: "busy", evidence: "a demo agent works until it ends" }),
};
