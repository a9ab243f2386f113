import { loadConfig, loadDaemonConfig } from "../config/config.ts";
import { projectPaths, resolvePaths, withSocket } from "../config/paths.ts";
import type { Environment, Paths, ProjectPaths } from "../config/paths.ts";
import type { KasConfig } from "../config/types.ts";
import { discoverRepo, GitRepo, type RepoInfo } from "../git/mod.ts";
import type { Policy } from "../lifecycle/types.ts";
import { openStore } from "../store/mod.ts";
import type { Project, Store } from "../store/types.ts";

/** A project with everything needed to work on it. */
export interface Workspace {
  readonly project: Project;
  readonly repo: GitRepo;
  readonly config: KasConfig;
  readonly policy: Policy;
  readonly dirs: ProjectPaths;
  /** Changes when a settings file does. */
  readonly stamp: string;
}

/** What every operation of the engine stands on. */
export interface Home {
  readonly store: Store;
  readonly paths: Paths;
}

/** An open store that is closed with `await using`. */
export interface OpenHome extends Home, AsyncDisposable {}

/** All paths, with the socket that daemon.toml names. @throws KasError "invalid" for a bad daemon.toml */
export async function homePaths(env?: Environment): Promise<Paths> {
  const paths = resolvePaths(env);
  const { config } = await loadDaemonConfig(paths);
  return config.socketPath === null ? paths : withSocket(paths, config.socketPath);
}

/** Opens the user's store. @throws KasError "store_unavailable", "store_newer", "store_corrupt" */
export async function openHome(paths?: Paths): Promise<OpenHome> {
  const where = paths ?? await homePaths();
  const store = await openStore(where.database);
  return { store, paths: where, [Symbol.asyncDispose]: () => store.close() };
}

/**
 * Finds the repository around a folder, and its project row (made at first sight).
 * @throws KasError "not_a_repository", "guard" for an empty or bare one, "invalid" for a bad configuration
 */
export async function openWorkspaceAt(home: Home, folder: string): Promise<Workspace> {
  return await openWorkspaceOf(home, await discoverRepo(folder));
}

/** The workspace of a repository that was found already. @throws KasError "invalid" for bad settings */
export async function openWorkspaceOf(home: Home, info: RepoInfo): Promise<Workspace> {
  const project = await home.store.ensureProject({ root: info.root, rootCommit: info.rootCommit });
  return await assemble(home, project, GitRepo.open(info));
}

/** The workspace of a known project. @throws KasError as {@link openWorkspaceAt} */
export async function openWorkspace(home: Home, project: Project): Promise<Workspace> {
  return await assemble(home, project, GitRepo.open(await discoverRepo(project.root)));
}

/**
 * The same workspace with the settings as they are now; cheap when no file changed.
 * @throws KasError "invalid" when a settings file is broken
 */
export async function refreshWorkspace(home: Home, workspace: Workspace): Promise<Workspace> {
  const stamp = await settingsStamp(home, workspace.dirs);
  return stamp === workspace.stamp
    ? workspace
    : await assemble(home, workspace.project, workspace.repo);
}

async function assemble(home: Home, project: Project, repo: GitRepo): Promise<Workspace> {
  const dirs = projectPaths(repo.root);
  const stamp = await settingsStamp(home, dirs);
  const daemon = await loadDaemonConfig(home.paths);
  const { config } = await loadConfig(repo.root, home.paths, {
    daemonPolicy: daemon.config.policy,
  });
  return { project, repo, config, policy: config.policy, dirs, stamp };
}

async function settingsStamp(home: Home, dirs: ProjectPaths): Promise<string> {
  const files = [home.paths.daemonConfig, home.paths.userConfig, dirs.config];
  const stamps = await Promise.all(files.map(async (path) => {
    try {
      const info = await Deno.stat(path);
      return `${info.mtime?.getTime()}:${info.size}:${info.ino}`;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "none";
      throw error;
    }
  }));
  return stamps.join(" ");
}
