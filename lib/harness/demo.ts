import { VERSION } from "../version.ts";
import { hostEnvironment } from "./env.ts";
import type { Harness } from "./types.ts";

/**
 * The built-in scripted agent: no model, no account. A real process that reads its prompt, edits,
 * commits and signals through the same doors as any other agent.
 */
export const demoHarness: Harness = {
  name: "demo",
  defaultProgram: "demo",
  minVersion: null,
  envNames: ["KAS_DEMO_*"],
  interruptKeys: ["C-c"],
  version: () => Promise.resolve(VERSION),
  prepare: (request) =>
    Promise.resolve({
      argv: ["kas", "demo-agent", ...request.flags],
      env: { ...hostEnvironment(request.hostEnv, demoHarness.envNames), ...request.env },
    }),
  state: () => Promise.resolve({ activity: "busy", evidence: "a demo agent works until it ends" }),
};
