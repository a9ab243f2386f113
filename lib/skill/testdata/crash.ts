import { installSkills } from "../install.ts";
import { openSource } from "../open_source.ts";

/** Replaces all skills of a home from a folder and dies at a step. Arguments: base, folder, step. */

const [base = "", folder = "", step = ""] = Deno.args;
const source = await openSource({ kind: "local", path: folder, ref: null });
const home = { path: `${base}/.agents/skills`, label: "the project", within: base };
await installSkills(home, source.skills.map((candidate) => ({ candidate, source })), {
  force: true,
  onStep: (now) => {
    if (now === step) Deno.kill(Deno.pid, "SIGKILL");
  },
});
