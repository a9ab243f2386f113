import type { Args, ArgValues, CommandContext } from "../lib/cli/define.ts";
import type { ChosenLaunch } from "../lib/launch/wish.ts";
import { DEFAULT_AGENT, type launchArgs, previewLaunch, type Stage } from "./_launch.ts";
import { openDesk, poke } from "./_shared.ts";

/** Runs that the daemon keeps, and runs in a worktree of their own. */

type DetachContext<A extends Args> = Pick<CommandContext<A>, "json" | "style"> & {
  readonly values: ArgValues<typeof launchArgs> & {
    readonly output?: string | undefined;
    readonly stream?: boolean | undefined;
    readonly maxTurns?: number | undefined;
    readonly timeout?: number | undefined;
  };
  print<T>(data: T, text: (data: T) => string): void;
};

/**
 * Hands a launch to the daemon as a session of its own. What can be wrong with it is found before.
 * @throws KasError "guard" for an agent, "not_a_repository", "exists"; as `prepareLaunch`
 */
export async function detach<A extends Args>(
  ctx: DetachContext<A>,
  stage: Stage,
  chosen: ChosenLaunch,
  mode: "run" | "chat",
  extra: readonly string[],
): Promise<void> {
  const { values } = ctx;
  await using desk = await openDesk(stage.cwd, {
    person: "leave an agent to the daemon",
    starts: true,
  });
  await previewLaunch(stage, chosen, { kasServer: values.noMcp !== true });
  const { requestLoose } = await import("../lib/engine/loose.ts");
  const { context } = chosen;
  const session = await requestLoose(desk.home, desk.workspace, {
    words: wordsOf(values, mode, extra),
    task: context.task,
    agent: context.agent,
    harness: context.runtime,
    model: context.model,
    title: values.title ?? null,
    worktree: values.worktree ?? null,
    cwd: context.cwd,
  }, desk.actor);
  await poke(desk, { start: true });
  const { sessionJson } = await import("../lib/api/json.ts");
  ctx.print(
    sessionJson(session),
    () => `started: ${session.title}\nSee it with: kas instance attach ${session.title}`,
  );
}

/** The command line again, without what is done here: task, place, title. */
function wordsOf<A extends Args>(
  values: DetachContext<A>["values"],
  mode: "run" | "chat",
  extra: readonly string[],
): string[] {
  const given: [string, string | number | undefined][] = [
    ["agent", values.agent ?? DEFAULT_AGENT],
    ["runtime", values.runtime],
    ["model", values.model],
    ["effort", values.effort],
    ["permission", values.permission],
    ["resume", values.resume],
    ["output", values.output],
    ["max-turns", values.maxTurns],
    ["timeout", values.timeout],
    ...(values.runtimeFlag ?? []).map((word): [string, string] => ["runtime-flag", word]),
  ];
  const switches: [string, boolean | undefined][] = [
    ["strict", values.strict],
    ["no-mcp", values.noMcp],
    ["stream", values.stream],
  ];
  return [
    mode,
    ...given.flatMap(([name, value]) => value === undefined ? [] : [`--${name}=${value}`]),
    ...switches.flatMap(([name, isOn]) => isOn === true ? [`--${name}`] : []),
    ...extra.map((word) => `--runtime-flag=${word}`),
  ];
}

/**
 * The launch in a new worktree: the same agent and settings, another folder.
 * @throws KasError "guard" for an agent, "not_a_repository", "exists" for a name that is taken
 */
export async function inWorktree(
  stage: Stage,
  chosen: ChosenLaunch,
  name: string,
): Promise<ChosenLaunch> {
  await using desk = await openDesk(stage.cwd, { person: "make a worktree" });
  // no worktree for what cannot start
  await previewLaunch(stage, chosen, { kasServer: true });
  const { makeWorktree } = await import("../lib/engine/loose.ts");
  const { cwd } = await makeWorktree(desk.home, desk.workspace, name);
  const real = await Deno.realPath(cwd);
  return { ...chosen, context: Object.freeze({ ...chosen.context, cwd: real }) };
}
