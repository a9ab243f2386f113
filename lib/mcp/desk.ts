import { type Caller, requireBinding } from "../engine/caller.ts";
import { type Home, openWorkspace, openWorkspaceAt } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Project } from "../store/types.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { Desk } from "./types.ts";

/** What {@link openDesk} is given. */
export interface DeskParts {
  readonly home: Home;
  readonly caller: Caller;
  readonly dispatcher: Dispatcher;
  readonly hostEnv: Readonly<Record<string, string>>;
  /** Folder the server runs in for a person; null where that means nothing, as over HTTP. */
  readonly folder: string | null;
  /** Remembers the project around `folder` between calls. */
  readonly around: ProjectAround;
}

/** The project around the folder of a server; found once, since that asks git. */
export class ProjectAround {
  #id: number | null = null;

  /** @throws KasError as openWorkspaceAt() */
  async find(home: Home, folder: string): Promise<Project> {
    const known = this.#id === null ? null : await home.store.project(this.#id);
    if (known !== null) return known;
    const { project } = await openWorkspaceAt(home, folder);
    this.#id = project.id;
    return project;
  }
}

/** The desk of one call. */
export function openDesk(parts: DeskParts): Desk {
  const { home, caller, dispatcher, hostEnv, folder, around } = parts;
  const project = async (key?: string): Promise<Project> => {
    const found = await projectOf(parts, key, around);
    requireBinding(caller, { projectId: found.id }, `work on project "${found.key}"`);
    return found;
  };
  return {
    home,
    caller,
    dispatcher,
    hostEnv,
    cwd: caller.agent?.root ?? folder,
    project,
    workspace: async (key) => await openWorkspace(home, await project(key)),
  };
}

async function projectOf(
  { home, caller, folder }: DeskParts,
  key: string | undefined,
  around: ProjectAround,
): Promise<Project> {
  const { store } = home;
  if (key !== undefined) {
    const named = await store.projectByKey(key);
    // An agent is not told whether another project is there.
    if (caller.projectId !== null && named?.id !== caller.projectId) {
      throw new KasError("guard", `Cannot work on project ${quote(key)}: it is not yours`, {
        hint: `Leave "project" out`,
      });
    }
    if (named !== null) return named;
    const keys = (await store.projects()).map((known) => known.key);
    throw new KasError("not_found", `Cannot find project ${quote(key)}`, {
      hint: keys.length === 0
        ? `Register one with "kas daemon add"`
        : `Projects: ${keys.join(", ")}`,
      context: { project: key, projects: keys },
    });
  }
  if (caller.projectId !== null) {
    const own = await store.project(caller.projectId);
    if (own !== null) return own;
    throw new KasError("guard", "Cannot find the project of this token: it is gone");
  }
  if (caller.agent !== null) return await around.find(home, caller.agent.root);
  if (folder !== null) return await around.find(home, folder);
  return await onlyProject(home);
}

/** Without a folder the project must be named, unless there is just one. */
async function onlyProject({ store }: Home): Promise<Project> {
  const registered = await store.projects({ registered: true });
  const [only] = registered;
  if (only !== undefined && registered.length === 1) return only;
  const keys = registered.map((known) => known.key);
  throw new KasError("usage", "Cannot tell which project is meant", {
    hint: keys.length === 0
      ? `Register one with "kas daemon add"`
      : `Give "project", one of: ${keys.join(", ")}`,
    context: { projects: keys },
  });
}
