import type { AgentContext } from "../agent/types.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { AgentGrant } from "../store/types.ts";

/** Most agents that may stand above one another. */
export const MAX_DEPTH = 5;

/**
 * What an agent that is about to start may do. Started by another agent it gets no more than that
 * one has; its permission was limited when its context was built.
 * @param caller the agent that starts it; null for a person
 * @throws KasError "guard" for an agent that would start itself, also by way of others, for too many
 * above one another, and for a folder outside the caller's
 */
export function grantOf(
  context: Pick<AgentContext, "agent" | "role" | "permission" | "cwd">,
  caller: AgentGrant | null,
): AgentGrant {
  const chain = caller === null ? [] : [...caller.chain, caller.agent];
  requireCallable(context.agent, chain);
  if (caller !== null) requireWithin(context.cwd, caller.root);
  return {
    agent: context.agent,
    role: context.role,
    permission: context.permission,
    root: context.cwd,
    chain,
  };
}

function requireCallable(agent: string, chain: readonly string[]): void {
  const way = [...chain, agent].join(" → ");
  if (chain.includes(agent)) {
    throw new KasError("guard", `Cannot start ${quote(agent)}: it is at work already (${way})`, {
      hint: "Do this part yourself, or ask an agent that is not in the chain",
      context: { chain },
    });
  }
  if (chain.length <= MAX_DEPTH) return;
  throw new KasError("guard", `Cannot start ${quote(agent)}: too many agents deep (${way})`, {
    hint: `At most ${MAX_DEPTH} may stand above one; do this part yourself`,
    context: { chain, depth: MAX_DEPTH },
  });
}

/**
 * Refuses words for the runtime that could lift a permission, in ways nobody can list: only an agent
 * that may do everything can start another one with some.
 * @param caller the agent that starts it; null for a person
 * @throws KasError "guard" for extra arguments, and for a value that would be taken for an option
 */
export function requireNoOptions(
  context: Pick<AgentContext, "agent" | "extraArgs" | "model" | "effort" | "resume">,
  caller: AgentGrant | null,
): void {
  const most = caller?.permission ?? "yolo";
  if (most === "yolo") return;
  const { agent, extraArgs, model, effort, resume } = context;
  const odd = [model, effort, resume].find((word) => word !== null && word.startsWith("-")) ?? null;
  if (extraArgs.length === 0 && odd === null) return;
  const what = odd === null ? "it has extra arguments, which" : `${quote(odd)}`;
  throw new KasError("guard", `Cannot run ${agent}: ${what} could give it more than "${most}"`, {
    hint: 'Only an agent with the permission "yolo", or a person, can run it so',
    context: { agent, permission: most },
  });
}

/** @throws KasError "guard" when a folder is not in the caller's; both are real paths */
export function requireWithin(cwd: string, root: string): void {
  if (cwd === root || cwd.startsWith(root === "/" ? "/" : `${root}/`)) return;
  throw new KasError("guard", `Cannot start an agent in ${quote(cwd, 200)}`, {
    hint: `An agent that another one starts stays in its folder ${quote(root, 200)}`,
    context: { cwd, root },
  });
}
