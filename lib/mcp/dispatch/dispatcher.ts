import { VARIABLES } from "../../agent/variables.ts";
import { pathVariables } from "../../config/paths.ts";
import { agentToken, type Caller } from "../../engine/caller.ts";
import { KasError, messageOf } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { AgentGrant, Project } from "../../store/types.ts";
import type { Desk } from "../types.ts";
import {
  chainOf,
  madeBy,
  requireBudget,
  requireChain,
  requireCwd,
  requireMayRun,
  runTokens,
} from "./guards.ts";
import { dispatched, dispatchEnded, lost, type Run, viewOf, words } from "./run.ts";
import {
  type AgentRunner,
  DISPATCH_LIMITS,
  type DispatchLimits,
  type PreparedRun,
  type RunningRun,
  type RunOrder,
  type RunRequest,
  type RunView,
} from "./types.ts";

/** Characters of an answer that are kept. */
const MAX_RESULT = 1024 * 1024;
/** Ended runs that are kept for each caller, for agent_status. */
const KEPT = 50;
/** How long runs may take to end when the server does, in ms. */
const CLOSE_MS = 1_000;
/** A token outlives its run a little, for what the agent does while it is being ended. */
const TOKEN_GRACE_MS = 60_000;

/**
 * Runs agents for agents and people. One stands behind each `kas mcp`, and one behind the HTTP
 * endpoint; runs end with it. What counts against the limits is in the store, so that a second
 * server of the same agent changes nothing.
 */
export class Dispatcher implements AsyncDisposable {
  readonly #load: () => Promise<AgentRunner>;
  #runner: AgentRunner | null = null;
  readonly #limits: DispatchLimits;
  readonly #runs = new Map<string, Run>();
  /** Stands for the person of this server, who has no token. */
  readonly #person = `u-${crypto.randomUUID().slice(0, 8)}`;
  #closed = false;

  /** @param runner loaded at the first run */
  constructor(runner: () => Promise<AgentRunner>, limits: Partial<DispatchLimits> = {}) {
    this.#load = runner;
    this.#limits = { ...DISPATCH_LIMITS, ...limits };
  }

  /** Bounds in force. */
  get limits(): DispatchLimits {
    return this.#limits;
  }

  /**
   * Starts an agent for the caller.
   * @returns id of the run
   * @throws KasError "guard" when the caller may not, and what preparing the agent throws
   */
  async start(desk: Desk, key: string | undefined, request: RunRequest): Promise<string> {
    const { caller, home } = desk;
    if (this.#closed) throw new KasError("guard", "Cannot run an agent: kas is going down");
    requireMayRun(caller);
    const agent = requireChain(caller, request.agent, this.#limits);
    requireTask(request.task);
    const project = await desk.project(key);
    const order = await this.#order(desk, project, { ...request, agent });
    await this.#requireRoom(desk);
    this.#runner ??= await this.#load();
    const prepared = await this.#runner.prepare(order);
    const limit = Math.min(request.timeoutMs ?? this.#limits.runMs, this.#limits.runMs);
    const grant: AgentGrant = {
      agent,
      role: null,
      permission: prepared.permission,
      root: order.cwd,
      chain: chainOf(caller),
    };
    const admitted = await this.#admit(desk, project, grant, limit);
    let running: RunningRun;
    try {
      running = await prepared.start({ ...admitted.variables });
    } catch (error) {
      await home.store.commit([{ kind: "token_revoke", id: admitted.token, actor: "kas" }]);
      throw error;
    }
    const run = this.#keep(desk, order, prepared, running, admitted.token, limit);
    // close() did not see it yet
    if (this.#closed) await this.#end(run, "cancelled");
    return order.id;
  }

  async #order(desk: Desk, project: Project, request: RunRequest): Promise<RunOrder> {
    const { caller, home, hostEnv } = desk;
    const own = caller.agent?.root ?? null;
    // A person may use any folder of the project; an agent stays in its own.
    const here = desk.cwd ?? project.root;
    const roots = own === null
      ? await Promise.all([project.root, here].map((path) => Deno.realPath(path)))
      : [own];
    const base = own ?? here;
    const { cwd: _cwd, timeoutMs: _timeout, ...rest } = request;
    return {
      ...rest,
      home,
      project,
      id: `run-${crypto.randomUUID().slice(0, 12)}`,
      cwd: await requireCwd(request.cwd, base, roots),
      caller: caller.agent,
      graceMs: this.#limits.graceMs,
      hostEnv,
    };
  }

  /** Makes the identity of a run, within the caller's limits also when two ask at once. */
  async #admit(
    desk: Desk,
    project: Project,
    grant: AgentGrant,
    limitMs: number,
  ): Promise<{ token: number; variables: Record<string, string> }> {
    const { store } = desk.home;
    const { caller } = desk;
    const now = Date.now();
    const made = await this.#requireRoom(desk);
    const binding = { projectId: project.id, taskId: caller.taskId, sessionId: null };
    const expires = now + limitMs + TOKEN_GRACE_MS;
    const { secret, token } = await agentToken(grant, binding, expires);
    const { tokens } = await store.commit([
      { kind: "token_new", token: { ...token, createdBy: made } },
      { kind: "event", event: dispatched(desk, project, grant) },
    ]);
    const id = tokens[0]?.id;
    if (id === undefined) throw new KasError("internal", "The store made no token");
    try {
      await this.#requireRoom(desk, id);
    } catch (error) {
      await store.commit([{ kind: "token_revoke", id, actor: "kas" }]);
      throw error;
    }
    return {
      token: id,
      variables: {
        ...pathVariables(desk.home.paths),
        [VARIABLES.managed]: "1",
        [VARIABLES.project]: project.key,
        [VARIABLES.identity]: secret,
      },
    };
  }

  /**
   * @param self the token of the run itself, when it is made
   * @returns who the token of a run is made by
   * @throws KasError "guard" when the caller has all the runs it may have
   */
  async #requireRoom({ home, caller }: Desk, self?: number): Promise<string> {
    const tokens = await runTokens(home.store);
    const made = madeBy(tokens, this.#ownerOf(caller), caller.tokenId);
    requireBudget(tokens, made, {
      limits: this.#limits,
      now: Date.now(),
      isAgent: caller.agent !== null,
      ...self === undefined ? {} : { self },
    });
    return made;
  }

  #ownerOf(caller: Caller): string {
    return caller.tokenId === null ? this.#person : String(caller.tokenId);
  }

  #keep(
    desk: Desk,
    order: RunOrder,
    prepared: PreparedRun,
    running: RunningRun,
    token: number,
    limitMs: number,
  ): Run {
    const late = setTimeout(() => void this.#end(run, "timed_out"), limitMs);
    const finish = async () => {
      try {
        await this.#finish(desk, run, token, limitMs);
      } finally {
        clearTimeout(late);
      }
    };
    const run: Run = {
      id: order.id,
      owner: this.#ownerOf(desk.caller),
      order,
      prepared,
      running,
      startedAt: Date.now(),
      state: "running",
      endedAt: null,
      view: {},
      // What goes wrong at the very end is told where the run is looked at.
      done: Promise.resolve().then(finish).catch((error) => {
        run.view = { ...run.view, problem: `it could not be recorded: ${messageOf(error)}` };
      }),
    };
    this.#runs.set(run.id, run);
    this.#forget(run.owner);
    return run;
  }

  async #finish(desk: Desk, run: Run, token: number, limitMs: number): Promise<void> {
    const outcome = await run.running.outcome.then(
      (value) => value,
      (error) => lost(messageOf(error)),
    );
    const state = run.state === "running" ? outcome.ok ? "completed" : "failed" : run.state;
    const problem = run.state === "timed_out"
      ? `it was ended after ${words(limitMs)}, the time it had`
      : run.state === "cancelled"
      ? "it was cancelled"
      : outcome.problem;
    run.view = {
      result: outcome.text.slice(0, MAX_RESULT),
      result_truncated: outcome.text.length > MAX_RESULT,
      problem: problem === null
        ? null
        : [problem, outcome.errorTail.trim()].filter((part) => part !== "").join("\n"),
      exit_code: outcome.exitCode,
      exit_signal: outcome.exitSignal,
      session_id: outcome.sessionId,
      usage: outcome.usage,
    };
    run.state = state;
    run.endedAt = Date.now();
    await desk.home.store.commit([
      { kind: "token_revoke", id: token, actor: "kas" },
      { kind: "event", event: dispatchEnded(desk, run, state) },
    ]);
  }

  /** Marks a run and ends its processes. */
  async #end(run: Run, state: "cancelled" | "timed_out"): Promise<void> {
    if (run.state !== "running") return;
    run.state = state;
    await run.running.stop();
  }

  #forget(owner: string): void {
    const ended = [...this.#runs.values()].filter((run) =>
      run.owner === owner && run.endedAt !== null
    );
    for (const run of ended.slice(0, Math.max(0, ended.length - KEPT))) this.#runs.delete(run.id);
  }

  #own(caller: Caller, id: string): Run {
    const run = this.#runs.get(id);
    if (run !== undefined && run.owner === this.#ownerOf(caller)) return run;
    throw new KasError("not_found", `Cannot find the run ${quote(id)}`, {
      hint: "Runs are known to the connection that started them; list them with agent_status",
    });
  }

  /** The caller's runs, oldest first. */
  list(caller: Caller): RunView[] {
    const owner = this.#ownerOf(caller);
    return [...this.#runs.values()].filter((run) => run.owner === owner).map(viewOf);
  }

  /** One of the caller's runs. @throws KasError "not_found" */
  view(caller: Caller, id: string): RunView {
    return viewOf(this.#own(caller, id));
  }

  /**
   * Waits until a run has ended, for so long at most, or until the signal fires.
   * @throws KasError "not_found"
   */
  async wait(caller: Caller, id: string, signal: AbortSignal, ms?: number): Promise<RunView> {
    const run = this.#own(caller, id);
    const over = Promise.withResolvers<void>();
    const timer = ms === undefined ? undefined : setTimeout(over.resolve, ms);
    const stop = () => over.resolve();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      await Promise.race([run.done, over.promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    return viewOf(run);
  }

  /** Ends a run with all its processes; of one that has ended nothing changes. @throws KasError "not_found" */
  async cancel(caller: Caller, id: string): Promise<RunView> {
    const run = this.#own(caller, id);
    await this.#end(run, "cancelled");
    await run.done;
    return viewOf(run);
  }

  /**
   * Ends every run and waits for it; no more are started. Clients kill a server that lingers, and
   * what it had started would go on: so runs get less time than else.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#runs.values()];
    const ended = Promise.all(all.map((run) => this.#end(run, "cancelled")));
    const killer = setTimeout(() => {
      for (const run of all) if (run.endedAt === null) run.running.kill();
    }, Math.min(this.#limits.graceMs, CLOSE_MS));
    await ended;
    await Promise.all(all.map((run) => run.done));
    clearTimeout(killer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function requireTask(task: string): void {
  if (task.trim() !== "") return;
  throw new KasError("usage", "Cannot run an agent without a task", {
    hint: "Say all it needs to know: it does not see your conversation",
  });
}
