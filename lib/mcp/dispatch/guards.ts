import { type Caller, requireScope } from "../../engine/caller.ts";
import { KasError } from "../../errors.ts";
import { parseName, quote } from "../../names.ts";
import type { Store, Token } from "../../store/types.ts";
import { isWithin } from "../sandbox.ts";
import type { DispatchLimits } from "./types.ts";

/** What is checked before an agent is started for another. */

/** Agents that lead to a run of this caller, first one first; the caller counts once. */
export function chainOf(caller: Caller): readonly string[] {
  return caller.agent === null ? [] : [...caller.agent.chain, caller.agent.agent];
}

/**
 * Refuses an agent to call itself, an agent above it, or too deep a chain.
 * @returns the name as it is kept
 * @throws KasError "guard", "invalid" for what is no name
 */
export function requireChain(caller: Caller, asked: string, limits: DispatchLimits): string {
  const agent = parseName("agent", asked);
  const chain = chainOf(caller);
  const path = [...chain, agent].join(" → ");
  const refuse = (why: string, hint: string) =>
    new KasError("guard", `Cannot run ${quote(agent)}: ${why}`, {
      hint,
      context: { agent, chain },
    });
  // Where files are found whatever their case, so are agents.
  const above = chain.map((name) => name.toLowerCase());
  const own = agent.toLowerCase();
  if (above.at(-1) === own) {
    throw refuse("an agent cannot run itself", "Do this part yourself, or run another agent");
  }
  if (above.includes(own)) {
    throw refuse(`it waits for you already (${path})`, "Answer it instead of calling it");
  }
  if (chain.length > limits.depth) {
    throw refuse(
      `${chain.length} agents are above it, ${limits.depth} are allowed (${path})`,
      "Do this part yourself",
    );
  }
  return agent;
}

/** @throws KasError "guard" for a person's token that may not start anything */
export function requireMayRun(caller: Caller): void {
  requireScope(caller, caller.agent === null ? "operate" : "signal", "run an agent");
}

/**
 * The folder a run works in.
 * @param base folder that a relative path starts from, and the one taken without a path
 * @param roots folders it must be inside of, links followed
 * @throws KasError "guard" outside of them, "not_found", "invalid" for what is no folder
 */
export async function requireCwd(
  asked: string | null,
  base: string,
  roots: readonly string[],
): Promise<string> {
  const wanted = asked === null || asked === ""
    ? base
    : asked.startsWith("/")
    ? asked
    : `${base}/${asked}`;
  let path: string;
  try {
    path = await Deno.realPath(wanted);
    if (!(await Deno.stat(path)).isDirectory) {
      throw new KasError("invalid", `Cannot work in ${quote(wanted, 200)}: it is no folder`, {
        hint: "Name a folder",
      });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
    throw new KasError("not_found", `Cannot work in ${quote(wanted, 200)}: it is not there`, {
      hint: "Name an existing folder, or leave cwd out",
      cause: error,
    });
  }
  if (roots.some((root) => isWithin(path, root))) return path;
  throw new KasError("guard", `Cannot work in ${quote(path, 200)}: it is outside of your folder`, {
    hint: `Stay inside ${[...new Set(roots)].map((root) => quote(root, 200)).join(" or ")}`,
    context: { cwd: path, roots },
  });
}

/**
 * Who made the token of a run: `run:<tree>:<caller>`. The tree is the agent that a person or the
 * lifecycle started, so that all runs below it can be counted, in whatever process they were made.
 */
export function madeBy(tokens: readonly Token[], key: string, tokenId: number | null): string {
  const own = tokens.find((token) => token.id === tokenId);
  const tree = /^run:([^:]+):/.exec(own?.createdBy ?? "")?.[1] ?? key;
  return `run:${tree}:${key}`;
}

/**
 * Refuses more runs than a caller may have, by the tokens that were made for them.
 * @param self the token of the run itself when it is made already: then rivals before it count
 * @throws KasError "guard"
 */
export function requireBudget(
  tokens: readonly Token[],
  made: string,
  options: { limits: DispatchLimits; now: number; isAgent: boolean; self?: number },
): void {
  const { limits, now, isAgent, self } = options;
  const earlier = tokens.filter((token) => self === undefined || token.id < self);
  const own = earlier.filter((token) => token.createdBy === made);
  const live = own.filter((token) =>
    token.revokedAt === null && (token.expiresAt === null || token.expiresAt > now)
  );
  if (live.length >= limits.concurrent) {
    throw new KasError(
      "guard",
      `Cannot run another agent: ${live.length} of yours are at work, ` +
        `${limits.concurrent} are allowed at a time`,
      {
        hint: "Wait for one with agent_status, or end one with agent_cancel",
        context: { running: live.length, allowed: limits.concurrent },
      },
    );
  }
  if (!isAgent) return;
  const tree = made.slice(0, made.lastIndexOf(":") + 1);
  const below = earlier.filter((token) => token.createdBy.startsWith(tree)).length;
  const [used, allowed, whose] = own.length >= limits.perCaller
    ? [own.length, limits.perCaller, "you have"]
    : [below, limits.perTree, "the agents of this work have"];
  if (used < allowed) return;
  throw new KasError(
    "guard",
    `Cannot run another agent: ${whose} run ${used}, ${allowed} are allowed`,
    { hint: "Do the rest yourself", context: { used, allowed } },
  );
}

/** The tokens that count, read from the store. */
export async function runTokens(store: Pick<Store, "tokens">): Promise<readonly Token[]> {
  return await store.tokens({ agents: true });
}
