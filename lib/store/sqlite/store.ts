import type { Signal, SignalStatus } from "../../signal/types.ts";
import type { Status, Subtask, Task } from "../../task/types.ts";
import type {
  Change,
  Committed,
  Decision,
  DecisionFilter,
  EventFilter,
  EventRow,
  Job,
  LinearTrigger,
  NewLinearTrigger,
  NewSignal,
  NewTask,
  Project,
  PrReview,
  PullRequest,
  Session,
  SessionFilter,
  Store,
  TaskFilter,
  Token,
  Worktree,
  WorktreeStatus,
} from "../types.ts";
import { commit } from "./commit.ts";
import type { Db } from "./db.ts";
import { dueJobs, findDecision, listDecisions } from "./decisions.ts";
import { lastEventId, listEvents } from "./events.ts";
import { findSession, findSessionByKey, listSessions, listWorktrees } from "./ledger.ts";
import { claimLinearTrigger, listLinearTriggers } from "./linear_triggers.ts";
import { openDb, type OpenOptions } from "./open.ts";
import { Fresh } from "./fresh.ts";
import * as projects from "./projects.ts";
import * as pulls from "./pull_requests.ts";
import * as signals from "./signals.ts";
import { createTask, deleteTask, renameTask, setContent } from "./task_changes.ts";
import * as tasks from "./tasks.ts";
import * as tokens from "./tokens.ts";

/** Opens the SQLite store at `path`, see {@link openDb}. */
export async function openSqliteStore(path: string, options: OpenOptions = {}): Promise<Store> {
  return new SqliteStore(await openDb(path, options));
}

/** The store on one SQLite file. Each method does its work at once and reports by its promise. */
export class SqliteStore implements Store {
  readonly #db: Db;
  readonly #tasks = new Fresh<Task>();

  constructor(db: Db) {
    this.#db = db;
  }

  close(): Promise<void> {
    return Promise.try(() => this.#db.close());
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
  ping(): Promise<void> {
    return this.#do((db) => void db.get("SELECT 1 FROM sqlite_schema LIMIT 1"));
  }
  changeToken(): Promise<number> {
    return this.#do((db) => db.version());
  }

  ensureProject(repo: { root: string; rootCommit: string }): Promise<Project> {
    return this.#do((db, now) => projects.ensureProject(db, now, repo));
  }
  projects(filter: { registered?: boolean } = {}): Promise<Project[]> {
    return this.#do((db) => projects.listProjects(db, filter));
  }
  project(id: number): Promise<Project | null> {
    return this.#do((db) => projects.findProject(db, id));
  }
  projectByKey(key: string): Promise<Project | null> {
    return this.#do((db) => projects.findProjectByKey(db, key));
  }
  setRegistered(projectId: number, registered: boolean): Promise<void> {
    return this.#do((db) => projects.setRegistered(db, projectId, registered));
  }

  createTask(task: NewTask, actor: string): Promise<Task> {
    return this.#do((db, now) => createTask(db, now, task, actor));
  }
  task(projectId: number, name: string): Promise<Task | null> {
    const find = (db: Db) => () => tasks.findTask(db, projectId, name);
    return this.#do((db) => this.#tasks.read(db, `${projectId} ${name}`, find(db)));
  }
  taskById(id: number): Promise<Task | null> {
    return this.#do((db) => tasks.findTaskById(db, id));
  }
  tasks(filter: TaskFilter = {}): Promise<Task[]> {
    return this.#do((db) => tasks.listTasks(db, filter));
  }
  activeTaskIds(projectId: number): Promise<number[]> {
    return this.#do((db) => tasks.activeTaskIds(db, projectId));
  }
  content(taskId: number): Promise<{ text: string; version: number }> {
    return this.#do((db) => tasks.readContent(db, taskId));
  }
  setContent(
    taskId: number,
    text: string,
    options: { actor: string; expectVersion?: number },
  ): Promise<number> {
    return this.#do((db, now) => setContent(db, now, taskId, text, options));
  }
  renameTask(taskId: number, name: string, actor: string): Promise<Task> {
    return this.#do((db, now) => renameTask(db, now, taskId, name, actor));
  }
  deleteTask(taskId: number, actor: string): Promise<void> {
    return this.#do((db, now) => deleteTask(db, now, taskId, actor));
  }
  subtasks(taskId: number): Promise<Subtask[]> {
    return this.#do((db) => tasks.listSubtasks(db, taskId));
  }
  taskCounts(): Promise<{ projectId: number; status: Status; tasks: number }[]> {
    return this.#do(tasks.countTasks);
  }
  taskLinks(taskId: number): Promise<Record<string, string>> {
    return this.#do((db) => pulls.listLinks(db, taskId));
  }
  pullRequest(taskId: number): Promise<PullRequest | null> {
    return this.#do((db) => pulls.findPullRequest(db, taskId));
  }
  prReviews(taskId: number): Promise<PrReview[]> {
    return this.#do((db) => pulls.listPrReviews(db, taskId));
  }
  topics(projectId: number): Promise<{ name: string; tasks: number }[]> {
    return this.#do((db) => tasks.listTopics(db, projectId));
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    return this.#do((db, now) => commit(db, now, changes));
  }

  emitSignal(signal: NewSignal): Promise<{ signal: Signal; duplicate: boolean }> {
    return this.#do((db, now) => signals.emitSignal(db, now, signal));
  }
  claimSignal(worker: string, projectIds: readonly number[] | null): Promise<Signal | null> {
    return this.#do((db, now) => signals.claimSignal(db, now, worker, projectIds));
  }
  signal(id: number): Promise<Signal | null> {
    return this.#do((db) => signals.findSignal(db, id));
  }
  signals(
    filter: {
      projectId?: number;
      statuses?: readonly SignalStatus[];
      task?: string;
      limit: number;
    },
  ): Promise<Signal[]> {
    return this.#do((db) => signals.listSignals(db, filter));
  }
  claimLinearTrigger(
    trigger: NewLinearTrigger,
    staleBefore: number,
  ): Promise<{ trigger: LinearTrigger; duplicate: boolean }> {
    return this.#do((db, now) => claimLinearTrigger(db, now, trigger, staleBefore));
  }
  linearTriggers(filter: { projectId?: number; limit: number }): Promise<LinearTrigger[]> {
    return this.#do((db) => listLinearTriggers(db, filter));
  }
  retrySignal(id: number): Promise<Signal> {
    return this.#do((db, now) => signals.retrySignal(db, now, id));
  }
  reapSignals(
    options: { before: number; workers?: readonly string[]; maxAttempts: number },
  ): Promise<{ requeued: number; dead: number }> {
    return this.#do((db, now) => signals.reapSignals(db, now, options));
  }

  session(id: number): Promise<Session | null> {
    return this.#do((db) => findSession(db, id));
  }
  sessionByKey(key: string): Promise<Session | null> {
    return this.#do((db) => findSessionByKey(db, key));
  }
  sessions(filter: SessionFilter = {}): Promise<Session[]> {
    return this.#do((db) => listSessions(db, filter));
  }
  worktrees(
    filter: { projectId?: number; taskId?: number; statuses?: readonly WorktreeStatus[] } = {},
  ): Promise<Worktree[]> {
    return this.#do((db) => listWorktrees(db, filter));
  }
  decision(id: number): Promise<Decision | null> {
    return this.#do((db) => findDecision(db, id));
  }
  decisions(filter: DecisionFilter = {}): Promise<Decision[]> {
    return this.#do((db) => listDecisions(db, filter));
  }
  dueJobs(now: number, limit: number): Promise<Job[]> {
    return this.#do((db) => dueJobs(db, now, limit));
  }
  events(filter: EventFilter): Promise<EventRow[]> {
    return this.#do((db) => listEvents(db, filter));
  }
  lastEventId(): Promise<number> {
    return this.#do(lastEventId);
  }
  tokenByHash(hash: string): Promise<Token | null> {
    return this.#do((db) => tokens.findTokenByHash(db, hash));
  }
  tokens(filter: { live?: number; agents?: boolean; sessionId?: number } = {}): Promise<Token[]> {
    return this.#do((db) => tokens.listTokens(db, filter));
  }
  touchToken(id: number, at: number): Promise<void> {
    return this.#do((db) => tokens.touchToken(db, id, at));
  }

  /** A throw becomes a rejection, as it would be with a store that is far away. */
  #do<T>(work: (db: Db, now: number) => T): Promise<T> {
    return Promise.try(() => work(this.#db, Date.now()));
  }
}
