import * as v from "valibot";
import { VARIABLES } from "../../agent/variables.ts";
import { type Paths, pathVariables } from "../../config/paths.ts";
import { type Snapshot, takeSnapshot } from "../../engine/snapshot.ts";
import { snapshotWords } from "../../engine/snapshot_words.ts";
import { KasError } from "../../errors.ts";
import { selfArgv } from "../../self.ts";
import type { Project } from "../../store/types.ts";
import { bind, type Bound, type Call, narrowed } from "../route.ts";
import { doctorReport, VIEW_ROUTES } from "../schema/view.ts";
import { taskOf } from "./_shared.ts";

type Report = v.InferOutput<typeof doctorReport>;

/** How long the doctor may look, in ms. */
const DOCTOR_LIMIT_MS = 60_000;

/** The one project there is, when none is named. @throws KasError "invalid" */
async function projectMeant(call: Pick<Call, "caller" | "context">, key: string | undefined) {
  const project = await narrowed(call, key);
  if (project !== null) return project;
  const projects = await call.context.store.projects();
  const [only, ...others] = projects;
  if (only !== undefined && others.length === 0) return only;
  throw new KasError("invalid", "Cannot tell which project is meant", {
    hint: "Give project",
    context: { projects: projects.map((one) => one.key) },
  });
}

/** Looks that are under way: who asks meanwhile gets the same answer. */
const looks = new Map<string, Promise<Report>>();

function examine(paths: Paths, project: Project | null, agent: string | undefined) {
  const key = JSON.stringify([paths.database, project?.root ?? null, agent ?? null]);
  const known = looks.get(key);
  if (known !== undefined) return known;
  const look = runDoctor(paths, project, agent).finally(() => looks.delete(key));
  looks.set(key, look);
  return look;
}

/** The doctor knows every room of kas, so it is asked as a command. */
async function runDoctor(
  paths: Paths,
  project: Project | null,
  agent: string | undefined,
): Promise<Report> {
  const [program = "", ...self] = selfArgv();
  const env = Deno.env.toObject();
  for (const name of Object.values(VARIABLES)) delete env[name];
  Object.assign(env, pathVariables(paths));
  const { stdout } = await new Deno.Command(program, {
    args: [...self, "doctor", "--json", ...(agent === undefined ? [] : ["--agent", agent])],
    cwd: project?.root ?? "/",
    env,
    clearEnv: true,
    stdin: "null",
    stderr: "null",
    signal: AbortSignal.timeout(DOCTOR_LIMIT_MS),
  }).output();
  const report = v.safeParse(doctorReport, printed(new TextDecoder().decode(stdout)));
  if (report.success) return report.output;
  throw new KasError("invalid", "Cannot tell how kas is: the doctor printed no report", {
    hint: 'Run "kas doctor" to see why',
  });
}

function printed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function snapshotOf(
  call: Parameters<typeof projectMeant>[0] & {
    readonly body: { readonly project?: string; readonly task?: string };
  },
): Promise<Snapshot> {
  const { context, body, caller } = call;
  const project = await projectMeant(call, body.project);
  const params = { project: project.key, task: body.task ?? "" };
  return await takeSnapshot(context.store, {
    project,
    daemonRunning: await context.daemon.state() !== null,
    confined: caller.projectId !== null,
    ...(body.task === undefined ? {} : { task: await taskOf({ context, params }) }),
  });
}

/** How things are, at one look. */
export const viewRoutes: readonly Bound[] = bind(VIEW_ROUTES, {
  "POST /v1/monitor/snapshot": snapshotOf,
  "POST /v1/widget-preview/open-monitor": async (call) => {
    const structuredContent = await snapshotOf(call);
    return {
      content: [{ type: "text" as const, text: snapshotWords(structuredContent) }],
      structuredContent,
    };
  },
  "GET /v1/doctor": async (call) => {
    const { project: key, agent } = call.query;
    return await examine(call.context.paths, await narrowed(call, key), agent);
  },
});
