import { isThere } from "../../files/there.ts";
import { DEMO_PLAN } from "./plan.ts";
import { attempt, commit, introduce, pipe, report, run, say, write } from "./tools.ts";

/** What the agent is told by its surroundings; the work itself is in the prompt. */
interface Job {
  readonly prompt: string;
  readonly task: string;
  readonly number: number;
  readonly wave: number;
}

/**
 * Plays one role from start to report.
 * @throws Error when its surroundings are not those of an agent
 */
export async function playDemoAgent(env: Readonly<Record<string, string>>): Promise<void> {
  const file = env.KASMOS_PROMPT_FILE;
  const task = env.KASMOS_PLAN;
  const role = env.KASMOS_ROLE ?? "";
  if (file === undefined || task === undefined) {
    throw new Error("KASMOS_PROMPT_FILE and KASMOS_PLAN are not set: kas starts this agent");
  }
  const job: Job = {
    prompt: await Deno.readTextFile(file),
    task,
    number: Number(env.KASMOS_TASK ?? 0),
    wave: Number(env.KASMOS_WAVE ?? 0),
  };
  say(job.prompt.split("\n")[0] ?? "");
  const pause = Number(env.KAS_DEMO_PAUSE_MS ?? 0);
  if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  await introduce();
  await misbehave(env);
  const play = ROLES[role];
  if (play === undefined) throw new Error(`The demo agent does not know the role "${role}"`);
  await play(job);
}

/**
 * What real agents do too, on request, so that tests can see kas cope: `KAS_DEMO_STARTS` names a
 * file that gets a line for every start, `KAS_DEMO_DIE` a role that dies at its first attempt and
 * `KAS_DEMO_UNTIDY` has coders leave a file uncommitted.
 */
async function misbehave(env: Readonly<Record<string, string>>): Promise<void> {
  if (env.KAS_DEMO_STARTS !== undefined) {
    await Deno.writeTextFile(env.KAS_DEMO_STARTS, `${env.KASMOS_SESSION}\n`, { append: true });
  }
  if (env.KAS_DEMO_UNTIDY !== undefined && env.KASMOS_ROLE === "coder") {
    await write(`notes/${env.KASMOS_TASK}.txt`, "left behind\n");
  }
  const first = (await attempt("git", "log", "-1", "--format=%s")).text !== "died here\n";
  if (env.KAS_DEMO_DIE !== undefined && env.KAS_DEMO_DIE === env.KASMOS_ROLE && first) {
    await run("git", "commit", "-q", "--allow-empty", "-m", "died here");
    throw new Error("dies as it was told to");
  }
}

const ROLES: Readonly<Record<string, (job: Job) => Promise<void>>> = {
  planner,
  architect,
  coder,
  fixer,
  reviewer,
  master,
};

async function planner(job: Job): Promise<void> {
  const stored = await attempt("kas", "task", "show", job.task);
  if (!stored.success || stored.text.trim() === "") {
    await pipe(DEMO_PLAN, "kas", "task", "update-content", job.task);
  }
  await report("planner_finished", job.task);
}

async function architect(job: Job): Promise<void> {
  const meta = /^Then write ([^]+?): \{"plan_id"/m.exec(job.prompt)?.[1];
  if (meta === undefined) throw new Error("The prompt names no metadata file");
  const text = await run("kas", "task", "show", job.task);
  const checked = JSON.parse(await pipe(text, "kas", "task", "check", "-", "--json")) as {
    waves: { number: number; tasks: { number: number; title: string; files: string[] }[] }[];
  };
  const waves = checked.waves.map((wave) => ({
    wave: wave.number,
    parallel: true,
    tasks: wave.tasks.map((item) => ({
      task_number: item.number,
      title: item.title,
      files_to_modify: item.files,
      dependency_task_numbers: [],
      verify_checks: [],
    })),
  }));
  await Deno.writeTextFile(meta, JSON.stringify({ plan_id: job.task, schema_version: 1, waves }));
  await report("elaborator_finished", job.task);
}

/** Creates each file the task text shows: a `- Create:` line and the code block that belongs to it. */
async function coder(job: Job): Promise<void> {
  const paths = [...job.prompt.matchAll(/^- (?:Create|Modify): `([^`]+)`/gm)].map((m) =>
    m[1] ?? ""
  );
  const blocks = [...job.prompt.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map((m) => m[1] ?? "");
  for (const [index, path] of paths.entries()) {
    await write(path, blocks[index] ?? `${path} by ${job.task}\n`);
    say(`wrote ${path}`);
  }
  await commit(`Add ${paths.join(", ")}`, ...paths);
  if (job.wave > 0) {
    const done = { wave_number: job.wave, task_number: job.number };
    await report("implement_task_finished", job.task, JSON.stringify(done));
  } else {
    await report("implement_finished", job.task);
  }
}

/** The text a shell would make of one word of a command in the prompt. */
function word(text: string | undefined): string | undefined {
  return text?.replace(/^'(.*)'$/, "$1").replaceAll(`'\\''`, "'");
}

/** Either resolves a merge conflict by keeping both sides, or does what the findings say. */
async function fixer(job: Job): Promise<void> {
  const merge = word(/^Run: git merge (.+)$/m.exec(job.prompt)?.[1]);
  if (merge !== undefined) {
    await resolveConflict(merge);
    const done = { wave_number: job.wave, task_number: job.number };
    await report("implement_task_finished", job.task, JSON.stringify(done));
    return;
  }
  const base = /Merge the base branch (\S+) into this branch\.$/m.exec(job.prompt)?.[1];
  if (base !== undefined) await resolveConflict(base);
  for (const found of job.prompt.matchAll(/^\w+ (\S+):1 add the line "(.+)" below it$/gm)) {
    const [, path = "", line = ""] = found;
    const [first = "", ...rest] = (await Deno.readTextFile(path)).split("\n");
    if (rest[0] !== line) await write(path, [first, line, ...rest].join("\n"));
    say(`fixed ${path}`);
    await commit(`Add "${line}" to ${path}`, path);
  }
  await report("implement_finished", job.task);
}

async function resolveConflict(branch: string): Promise<void> {
  if ((await attempt("git", "merge", "--no-edit", branch)).success) return;
  const files = (await run("git", "diff", "--name-only", "--diff-filter=U", "-z")).split("\0");
  for (const file of files.filter((name) => name !== "")) {
    const kept = (await Deno.readTextFile(file)).split("\n")
      .filter((line) => !/^(<{7}|={7}|>{7}|\|{7})/.test(line));
    await write(file, kept.join("\n"));
    await run("git", "add", "--", file);
  }
  await run("git", "commit", "-q", "--no-edit");
}

/** A real, if small, review: every script that changed must stop at its first error. */
async function reviewer(job: Job): Promise<void> {
  const range = word(
    /^Review everything since the merge base: git diff (.+)$/m.exec(job.prompt)?.[1],
  );
  if (range === undefined) throw new Error("The prompt names no base");
  const changed = (await run("git", "diff", "--name-only", "-z", range)).split("\0");
  const findings: string[] = [];
  for (const path of changed.filter((name) => name !== "")) {
    const lines = (await Deno.readTextFile(path)).split("\n");
    if (lines[0]?.startsWith("#!") && lines[1] !== "set -eu") {
      findings.push(`important ${path}:1 add the line "set -eu" below it`);
    }
  }
  for (const finding of findings) say(finding);
  if (findings.length === 0) await report("review_approved", job.task);
  else await report("review_changes_requested", job.task, findings.join("\n"));
}

/** Runs the project's tests itself and approves exactly the commits it looked at. */
async function master(job: Job): Promise<void> {
  const base = word(/^Your approval holds .*git rev-parse HEAD (.+)$/m.exec(job.prompt)?.[1]);
  if (base === undefined) throw new Error("The prompt names no base");
  const tests = await attempt("sh", "tests/run.sh");
  say(tests.text.trim());
  if (!tests.success && await isThere("tests/run.sh")) {
    await report("verify_failed", job.task, `important tests/run.sh:1 fails: ${tests.text}`);
    return;
  }
  const [head = "", onto = ""] = (await run("git", "rev-parse", "HEAD", base)).split("\n");
  const approved = { reviewed_sha: head, reviewed_base_sha: onto };
  await report("verify_approved", job.task, JSON.stringify(approved));
}
