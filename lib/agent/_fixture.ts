import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { type AgentPlaces, agentPlaces } from "./places.ts";

/** Real folders of agents below a temporary one; for tests only. */

/** Where a test happens. */
export interface Scene {
  readonly dir: string;
  readonly places: AgentPlaces;
  /** Writes files below a folder; a path that ends in "/" is a folder, one with a "!" executable. */
  write(folder: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** An agent with these files; returns its folder. */
  agent(
    scope: "global" | "project",
    name: string,
    files?: Readonly<Record<string, string>>,
  ): Promise<string>;
}

/** Files of a small agent in order. */
export const SMALL = { "agent.toml": `description = "small"\n`, "soul.md": "You are small.\n" };

/** Makes a scene, runs the test in it and removes it. */
export async function inScene(test: (scene: Scene) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-agent-" }));
  const places = agentPlaces({ configDir: `${dir}/home` }, `${dir}/repo`);
  await Deno.mkdir(`${dir}/repo`);
  try {
    await test({
      dir,
      places,
      write: writeFiles,
      async agent(scope, name, files = SMALL) {
        const root = scope === "global" ? places.global : `${dir}/repo/.kasmos/agents`;
        await writeFiles(`${root}/${name}`, files);
        return `${root}/${name}`;
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    const path = `${folder}/${name.replace(/!$/, "")}`;
    const above = name.endsWith("/") ? path : path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(above, { recursive: true });
    if (name.endsWith("/")) continue;
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, name.endsWith("!") ? 0o755 : 0o644);
  }
}

/** Expects a KasError of a code whose message and hint match. */
export async function refuses(
  work: Promise<unknown>,
  code: string,
  pattern: RegExp,
): Promise<KasError> {
  let thrown: unknown;
  try {
    await work;
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof KasError, `expected a KasError, got ${thrown}`);
  const { message, hint = "" } = thrown;
  assert.equal(thrown.code, code, message);
  assert.match(`${message}\n${hint}`, pattern);
  return thrown;
}

/** All files below a folder with their texts, by relative path; links show where they lead. */
export async function filesBelow(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const walk = async (below: string): Promise<void> => {
    for await (const entry of Deno.readDir(`${folder}/${below}`)) {
      const path = `${below}${entry.name}`;
      if (entry.isDirectory) await walk(`${path}/`);
      else if (entry.isSymlink) files[path] = `-> ${await Deno.readLink(`${folder}/${path}`)}`;
      else files[path] = await Deno.readTextFile(`${folder}/${path}`);
    }
  };
  await walk("");
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1));
}
