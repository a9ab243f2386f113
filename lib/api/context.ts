import type { Caller as EngineCaller } from "../engine/caller.ts";
import { openWorkspace, refreshWorkspace, type Workspace } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Paths } from "../config/paths.ts";
import type { Notifier } from "../daemon/notifier.ts";
import type { TmuxServer } from "../session/tmux/mod.ts";
import type { Screens } from "../session/tmux/screens.ts";
import type { Project, Store } from "../store/types.ts";

/** What the daemon says of itself. */
export interface DaemonState {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
}

/** The daemon as the API needs it: this very process, or the one behind the socket. */
export interface DaemonPort {
  /** Null when none runs. */
  state(): Promise<DaemonState | null>;
  /**
   * Has it look now; does not wait for what it finds, and never fails. With a project, that one is
   * registered and a daemon started when none runs: there is work to do.
   */
  wake(project?: Project): void;
  /** Has it look at the running agents now; the same way. */
  look(): void;
  /** @throws KasError "daemon_unreachable", "invalid" for settings that cannot be taken on */
  reload(): Promise<void>;
  /** Takes a registered project on, or lets it go. Does nothing when none runs. */
  register(project: Project): Promise<void>;
  unregister(project: Project): Promise<void>;
}

/** Who calls, and what they may do. */
export interface Caller extends EngineCaller {
  readonly name: string;
  /** Came with the cookie of a browser. */
  readonly browser: boolean;
  readonly expiresAt: number | null;
}

/** What every route stands on. */
export interface ApiContext {
  readonly store: Store;
  readonly paths: Paths;
  readonly tmux: TmuxServer;
  readonly screens: Screens;
  readonly news: Notifier;
  readonly daemon: DaemonPort;
  readonly workspaces: Workspaces;
  readonly startedAt: number;
  /** Aborted when the server goes down: streams end then. */
  readonly stop: AbortSignal;
}

/** How long the settings of a workspace are believed without a look, in ms. */
const TRUST_MS = 200;

/** Workspaces of projects, kept open between requests and read again when settings change. */
export class Workspaces {
  readonly #store: Store;
  readonly #paths: Paths;
  readonly #open = new Map<string, { readonly workspace: Workspace; readonly at: number }>();
  /** Projects are never removed or given another key. */
  readonly #ids = new Map<string, number>();

  constructor(store: Store, paths: Paths) {
    this.#store = store;
    this.#paths = paths;
  }

  /** @throws KasError "not_found" */
  async project(key: string): Promise<Project> {
    const project = await this.#store.projectByKey(key);
    if (project !== null) return project;
    throw new KasError("not_found", `There is no project ${quote(key)}`, {
      hint: `See them with "kas daemon status"`,
    });
  }

  /** The id of a key; asks the store once, and knows it at once then. @throws KasError "not_found" */
  idOf(key: string): number | Promise<number> {
    return this.#ids.get(key) ?? this.#askId(key);
  }

  async #askId(key: string): Promise<number> {
    const { id } = await this.project(key);
    this.#ids.set(key, id);
    return id;
  }

  /** @throws KasError "not_found", "not_a_repository" when its folder is gone, "invalid" for bad settings */
  async open(key: string): Promise<Workspace> {
    const known = this.#open.get(key);
    if (known !== undefined && Date.now() - known.at < TRUST_MS) return known.workspace;
    const project = await this.project(key);
    const home = { store: this.#store, paths: this.#paths };
    const same = known !== undefined && known.workspace.project.root === project.root;
    const workspace = same
      ? await refreshWorkspace(home, { ...known.workspace, project })
      : await openWorkspace(home, project);
    this.#open.set(key, { workspace, at: Date.now() });
    return workspace;
  }

  /** Has the next look read everything anew. */
  forget(key: string): void {
    this.#open.delete(key);
  }

  /** The same, read anew: it knows which branch is checked out now. */
  async openFresh(key: string): Promise<Workspace> {
    this.forget(key);
    return await this.open(key);
  }
}
