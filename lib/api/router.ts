import type { Bound } from "./route.ts";
import { splitKey } from "./schema/route.ts";

/** From a method and a path to a route. A word in a path goes before a parameter. */

interface Node {
  readonly words: Map<string, Node>;
  param: Node | null;
  readonly routes: Map<string, Found>;
}

interface Found {
  readonly route: Bound;
  /** Names of the parameters, in the order of the path. */
  readonly names: readonly string[];
}

/** What {@link Router.find} finds. */
export interface Match {
  readonly route: Bound;
  /** Decoded values by name. */
  readonly params: Readonly<Record<string, string>>;
}

/** The routes of an app as a tree of path segments. */
export class Router {
  readonly #root: Node = newNode();

  constructor(routes: readonly Bound[]) {
    for (const route of routes) this.#add(route);
  }

  #add(route: Bound): void {
    const { method, path } = splitKey(route.key);
    const names: string[] = [];
    let node = this.#root;
    for (const part of path.split("/")) {
      if (part.startsWith(":")) {
        names.push(part.slice(1));
        node = node.param ??= newNode();
      } else {
        const next = node.words.get(part) ?? newNode();
        node.words.set(part, next);
        node = next;
      }
    }
    if (node.routes.has(method)) throw new Error(`${route.key} is declared twice`);
    node.routes.set(method, { route, names });
  }

  /** The route of a request; null when there is none. HEAD is answered as GET is. */
  find(method: string, path: string): Match | null {
    const values: string[] = [];
    const node = walk(this.#root, path.split("/"), 0, values);
    const found = node?.routes.get(method === "HEAD" ? "GET" : method);
    if (found === undefined) return null;
    const params: Record<string, string> = {};
    for (let i = 0; i < values.length; i++) params[found.names[i] ?? ""] = decode(values[i] ?? "");
    return { route: found.route, params };
  }

  /** Methods a path has. */
  methods(path: string): string[] {
    return [...walk(this.#root, path.split("/"), 0, [])?.routes.keys() ?? []];
  }
}

function newNode(): Node {
  return { words: new Map(), param: null, routes: new Map() };
}

/** The node at the end of a path; what it passed as parameters is left in `values`. */
function walk(node: Node, parts: readonly string[], at: number, values: string[]): Node | null {
  const part = parts[at];
  if (part === undefined) return node.routes.size > 0 ? node : null;
  const word = node.words.get(part);
  const found = word === undefined ? null : walk(word, parts, at + 1, values);
  if (found !== null || node.param === null || part === "") return found;
  values.push(part);
  const deeper = walk(node.param, parts, at + 1, values);
  if (deeper === null) values.pop();
  return deeper;
}

/** What is no proper encoding stays as it is: no name has a percent sign. */
function decode(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return value;
    throw error;
  }
}
