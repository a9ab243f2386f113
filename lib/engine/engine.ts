import { KasError, messageOf } from "../errors.ts";
import { crashPoint } from "../faults.ts";
import type { Signal } from "../signal/types.ts";
import type { Project } from "../store/types.ts";
import { applyInput } from "./apply.ts";
import { runJob } from "./jobs.ts";
import { reconcile } from "./reconcile.ts";
import type { SessionHost } from "./sessions.ts";
import { openWorkspace, refreshWorkspace, type Workspace } from "./workspace.ts";

/** Claims after which a signal that keeps failing for outside reasons becomes a dead letter. */
export const MAX_SIGNAL_ATTEMPTS = 5;
/** Lost races that are tried again at once; more is a fault. */
const MAX_LOST_RACES = 10;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;

interface Lane {
  /** Signals to handle, then a look at the whole task. */
  readonly signals: Signal[];
  look: boolean;
  running: boolean;
  /** Time before the next try after a failure; 0 = none has failed. */
  retryMs: number;
  /** Times in a row that another writer came first. */
  lostRaces: number;
}

export interface EngineOptions {
  /** Name of this engine in claims; unique per process. */
  readonly worker: string;
  /** One line for the daemon's log. */
  readonly log: (line: string) => void;
  /** Called when something may have been written to the event log. */
  readonly onProgress: () => void;
}

/**
 * The only mover: claims signals, decides, commits, reconciles. It sleeps until it is woken; work on
 * one task is done in order, work on different tasks at the same time.
 */
export class Engine {
  readonly #host: SessionHost;
  readonly #options: EngineOptions;
  readonly #workspaces = new Map<number, Workspace>();
  readonly #lanes = new Map<number, Lane>();
  readonly #active = new Set<Promise<void>>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #wake: () => void = () => {};
  #woken = false;
  #stopping = false;

  constructor(host: SessionHost, options: EngineOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Projects under work. */
  get workspaces(): readonly Workspace[] {
    return [...this.#workspaces.values()];
  }

  /** Takes on a project, or reads its configuration again, and looks at all its tasks. */
  async register(project: Project): Promise<void> {
    this.#workspaces.set(project.id, await openWorkspace(this.#host, project));
    for (const id of await this.#host.store.activeTaskIds(project.id)) this.#look(id, project.id);
    this.wake();
  }

  /** Lets go of a project; its agents keep running. */
  unregister(projectId: number): void {
    this.#workspaces.delete(projectId);
  }

  /** Something happened: look now. Cheap and safe to call often. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Looks at every task that may have work; the answer to "something changed, I do not know what". */
  async lookAtAll(): Promise<void> {
    for (const { project } of this.workspaces) {
      for (const id of await this.#host.store.activeTaskIds(project.id)) this.#look(id, project.id);
    }
  }

  /** Looks at one task. */
  lookAt(taskId: number, projectId: number): void {
    this.#look(taskId, projectId);
  }

  /** Works until the signal aborts, then finishes the steps under way. */
  async run(stop: AbortSignal): Promise<void> {
    stop.addEventListener("abort", () => this.wake(), { once: true });
    while (!stop.aborted) {
      this.#woken = false;
      try {
        await this.#drain();
        await this.#jobs();
      } catch (error) {
        this.#options.log(`engine: ${messageOf(error)}`);
        this.#later(() => this.wake(), FIRST_RETRY_MS);
      }
      await this.#sleep(stop);
    }
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#active);
  }

  #sleep(stop: AbortSignal): Promise<void> {
    if (this.#woken || stop.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Claims everything that waits and hands it to the tasks' lanes. */
  async #drain(): Promise<void> {
    const projects = [...this.#workspaces.keys()];
    if (projects.length === 0) return;
    for (;;) {
      const signal = await this.#host.store.claimSignal(this.#options.worker, projects);
      if (signal === null) return;
      crashPoint("signal.claimed");
      const task = await this.#host.store.task(signal.projectId, signal.taskName);
      if (task === null) {
        await this.#end(signal, "failed", `no task "${signal.taskName}"`);
        continue;
      }
      const lane = this.#lane(task.id);
      lane.signals.push(signal);
      this.#start(task.id, signal.projectId, lane);
    }
  }

  async #jobs(): Promise<void> {
    for (const job of await this.#host.store.dueJobs(Date.now(), 20)) {
      const workspace = this.#workspaces.get(job.projectId);
      if (workspace === undefined) continue;
      const retryIn = await runJob(this.#host, workspace, job);
      if (retryIn !== null) this.#later(() => this.wake(), retryIn);
      if (job.taskId !== null) this.#look(job.taskId, job.projectId);
    }
  }

  #lane(taskId: number): Lane {
    const found = this.#lanes.get(taskId);
    if (found !== undefined) return found;
    const lane: Lane = { signals: [], look: false, running: false, retryMs: 0, lostRaces: 0 };
    this.#lanes.set(taskId, lane);
    return lane;
  }

  #look(taskId: number, projectId: number): void {
    const lane = this.#lane(taskId);
    lane.look = true;
    this.#start(taskId, projectId, lane);
  }

  #start(taskId: number, projectId: number, lane: Lane): void {
    if (lane.running || this.#stopping) return;
    const workspace = this.#workspaces.get(projectId);
    if (workspace === undefined) return;
    lane.running = true;
    const work = this.#work(taskId, workspace, lane).finally(() => {
      lane.running = false;
      this.#active.delete(work);
      this.#options.onProgress();
      if (!this.#stopping && (lane.signals.length > 0 || lane.look)) {
        this.#start(taskId, projectId, lane);
      } else if (lane.retryMs === 0) {
        this.#lanes.delete(taskId);
        this.wake(); // a decision may have queued a job
      }
    });
    this.#active.add(work);
  }

  async #work(taskId: number, known: Workspace, lane: Lane): Promise<void> {
    let workspace = known;
    try {
      workspace = await refreshWorkspace(this.#host, known);
      if (this.#workspaces.has(known.project.id)) {
        this.#workspaces.set(known.project.id, workspace);
      }
      for (let next = lane.signals.shift(); next !== undefined; next = lane.signals.shift()) {
        await this.#handle(taskId, workspace, next);
      }
      lane.look = false;
      await reconcile(this.#host, workspace, taskId);
      lane.retryMs = 0;
      lane.lostRaces = 0;
    } catch (error) {
      await this.#failed(taskId, workspace, lane, error);
    }
  }

  async #failed(taskId: number, workspace: Workspace, lane: Lane, error: unknown): Promise<void> {
    const lostRace = error instanceof KasError && error.code === "conflict";
    if (lostRace && lane.lostRaces < MAX_LOST_RACES) {
      lane.lostRaces += 1;
      lane.look = true; // somebody else changed a row meanwhile
      return;
    }
    lane.retryMs = Math.min(Math.max(lane.retryMs * 2, FIRST_RETRY_MS), LAST_RETRY_MS);
    const hint = error instanceof KasError && error.hint !== undefined ? `; ${error.hint}` : "";
    const message = `${messageOf(error)}${hint}`;
    this.#options.log(`task ${taskId}: ${message}`);
    this.#later(() => this.#look(taskId, workspace.project.id), lane.retryMs);
    await this.#host.store.commit([{
      kind: "event",
      event: {
        projectId: workspace.project.id,
        taskId,
        kind: "engine_error",
        actor: "kas",
        message,
        detail: { retryInMs: lane.retryMs },
      },
    }]);
  }

  /** One signal: decided and ended in one transaction, or turned down with the reason. */
  async #handle(taskId: number, workspace: Workspace, signal: Signal): Promise<void> {
    const id = /^session:(\d+)$/.exec(signal.source)?.[1];
    const session = id === undefined ? null : await this.#host.store.session(Number(id));
    if (id !== undefined && session === null) {
      await this.#end(signal, "failed", `there is no session ${id}`);
      return;
    }
    try {
      await applyInput(this.#host, workspace, taskId, (state) => ({
        type: "signal",
        signal: signal.type,
        payload: signal.payload,
        // One of another task is not in the state: it is given all the same, to be turned down.
        session: state.sessions.find((s) => s.id === session?.id) ?? session,
        actor: signal.source,
      }), {
        also: (step) => [{
          kind: "signal_end",
          id: signal.id,
          status: step.accepted ? "done" : "failed",
          result: step.result,
        }],
      });
      crashPoint("signal.committed");
    } catch (error) {
      const final = error instanceof KasError &&
        ["illegal_transition", "guard", "invalid", "not_found"].includes(error.code);
      if (!final) throw error;
      await this.#end(signal, "failed", error.message);
    }
  }

  async #end(signal: Signal, status: "done" | "failed", result: string): Promise<void> {
    await this.#host.store.commit([{ kind: "signal_end", id: signal.id, status, result }]);
  }

  #later(action: () => void, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}
