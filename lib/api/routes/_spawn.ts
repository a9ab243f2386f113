import { NO_SETTINGS } from "../../agent/context.ts";
import { requestLoose } from "../../engine/loose.ts";
import { chooseLaunch } from "../../launch/wish.ts";
import type { Session } from "../../store/types.ts";
import type { ApiContext, Caller } from "../context.ts";
import type { INSTANCE_ROUTES } from "../schema/instances.ts";
import type { BodyOf } from "../schema/route.ts";
import { homeOf } from "./_shared.ts";

interface SpawnCall {
  readonly context: ApiContext;
  readonly caller: Caller;
  readonly params: { readonly project: string };
  readonly body: BodyOf<typeof INSTANCE_ROUTES["POST /v1/projects/:project/instances"]>;
}

/**
 * Asks the daemon for an agent outside of tasks. What can be wrong with it is found before.
 * @throws KasError "not_found" for the agent, "invalid", "exists", "missing_program"
 */
export async function spawnInstance(call: SpawnCall): Promise<Session> {
  const { body: { agent, mode, ...wish }, context, caller } = call;
  const workspace = await context.workspaces.open(call.params.project);
  const { root } = workspace.project;
  const { runtime = null, model = null, permission = null, task = null } = wish;
  const chosen = await chooseLaunch({
    agent,
    mode,
    cwd: root,
    task,
    resume: null,
    flags: { ...NO_SETTINGS, runtime, model, permission },
    strict: false,
    readable: false,
  }, { paths: context.paths, hostEnv: Deno.env.toObject(), repoRoot: root, caller: null });
  const given = { agent, runtime, model, permission };
  const options = Object.entries(given).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}=${value}`]
  );
  return await requestLoose(homeOf(call), workspace, {
    words: [mode, ...options],
    task: chosen.context.task,
    agent: chosen.context.agent,
    harness: chosen.context.runtime,
    model: chosen.context.model,
    title: wish.title ?? null,
    worktree: wish.worktree ?? null,
    cwd: chosen.context.cwd,
  }, caller.actor);
}
