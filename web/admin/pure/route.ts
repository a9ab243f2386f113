/** The addresses of the admin. Pure. */

/** Where the admin is mounted; every address begins with it. */
export const BASE = "/admin";

export const TASK_TABS = [
  "overview",
  "plan",
  "changes",
  "reviews",
  "events",
] as const;
export type TaskTab = typeof TASK_TABS[number];
export const SETTINGS_TABS = [
  "projects",
  "config",
  "tokens",
  "health",
] as const;
export type SettingsTab = typeof SETTINGS_TABS[number];

/** A screen with what it shows. */
export type Route =
  | {
    readonly screen:
      | "board"
      | "instances"
      | "decisions"
      | "agents"
      | "audit"
      | "login";
  }
  | {
    readonly screen: "task";
    readonly project: string;
    readonly task: string;
    readonly tab: TaskTab;
  }
  | {
    readonly screen: "instance";
    readonly project: string;
    readonly title: string;
  }
  | {
    readonly screen: "agent";
    readonly project: string;
    readonly name: string;
  }
  | { readonly screen: "settings"; readonly tab: SettingsTab }
  | { readonly screen: "missing"; readonly path: string };

const PLAIN = ["instances", "decisions", "agents", "audit", "login"] as const;

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** The route of a path; `missing` for one that is none. */
export function parseRoute(path: string): Route {
  const missing: Route = { screen: "missing", path };
  if (path !== BASE && !path.startsWith(`${BASE}/`)) return missing;
  const segments = path.slice(BASE.length).split("/").filter((part) => part !== "").map(decoded);
  const [first, second, third, fourth, fifth, ...rest] = segments;
  if (rest.length > 0 || segments.includes(null)) return missing;
  if (first === undefined) return { screen: "board" };
  const plain = PLAIN.find((name) => name === first);
  if (plain !== undefined && second === undefined) return { screen: plain };
  if (first === "settings" && third === undefined) {
    const tab = SETTINGS_TABS.find((name) => name === (second ?? "projects"));
    return tab === undefined ? missing : { screen: "settings", tab };
  }
  if (first !== "projects" || !second || !fourth) return missing;
  if (third === "instances" && fifth === undefined) {
    return { screen: "instance", project: second, title: fourth };
  }
  if (third === "agents" && fifth === undefined) {
    return { screen: "agent", project: second, name: fourth };
  }
  const tab = TASK_TABS.find((name) => name === (fifth ?? "overview"));
  if (third !== "tasks" || tab === undefined) return missing;
  return { screen: "task", project: second, task: fourth, tab };
}

/** A name as a segment; without a dot, which would make the end of a path look like a file's. */
function part(name: string): string {
  return encodeURIComponent(name).replaceAll(".", "%2E");
}

/** The path of a route. */
export function pathOf(route: Route): string {
  switch (route.screen) {
    case "board":
      return `${BASE}/`;
    case "task": {
      const tail = route.tab === "overview" ? "" : `/${route.tab}`;
      return `${BASE}/projects/${part(route.project)}/tasks/${part(route.task)}${tail}`;
    }
    case "instance":
      return `${BASE}/projects/${part(route.project)}/instances/${part(route.title)}`;
    case "agent":
      return `${BASE}/projects/${part(route.project)}/agents/${part(route.name)}`;
    case "settings":
      return `${BASE}/settings${route.tab === "projects" ? "" : `/${route.tab}`}`;
    case "missing":
      return route.path;
    default:
      return `${BASE}/${route.screen}`;
  }
}
