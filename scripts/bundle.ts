import { type Group, mergeChunks } from "./merge_chunks.ts";
import { ROOT, run, ScriptError } from "./run.ts";

/** What is loaded together; see {@link mergeChunks}. The first is loaded for every command. */
const GROUPS: readonly Group[] = [
  ["commands/mod.ts", "lib/cli/parse.ts"],
  ["commands/run.ts", "lib/engine/caller.ts", "lib/harness/command.ts"],
  ["lib/store/mod.ts", "lib/store/sqlite/store.ts"],
  ["lib/agent/profile_file.ts", "lib/config/read.ts"],
];

/**
 * Bundles the program into `folder` as ES modules, chunks for lazily loaded parts. Not
 * minified: the minifier (esbuild 0.25.5) turns `using x = f(); x.g()` into `f().g()`, and what
 * should be closed stays open.
 * @param folder is emptied first
 * @param entry module to start with
 * @returns the path of the module to start
 * @throws ScriptError when the bundler fails or its output cannot be mended
 */
export async function bundle(
  folder: string,
  entry = `${ROOT}/scripts/binary_main.ts`,
): Promise<string> {
  await removeIfThere(folder);
  await run([
    Deno.execPath(),
    "bundle",
    "--quiet",
    "--code-splitting",
    "--outdir",
    folder,
    entry,
  ], { stdout: "null" });
  for await (const { name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    const text = await Deno.readTextFile(path);
    const mended = loadPartsLate(loadRequireLate(text));
    if (mended !== text) await Deno.writeTextFile(path, mended);
  }
  const start = entry.replace(/^.*\//, "").replace(/\.ts$/, ".js");
  await mergeChunks(folder, start, GROUPS);
  await stampBuild(folder);
  return `${folder}/${start}`;
}

/** What lib/files/kept.ts holds before this. */
const BUILD_MARK = '"@kas-build@"';

/** Tells the bundle what it is: the hash of all its modules, the same for the same sources. */
async function stampBuild(folder: string): Promise<void> {
  const texts = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    texts.set(name, await Deno.readTextFile(`${folder}/${name}`));
  }
  const all = [...texts.keys()].sort().map((name) => `${name}\n${texts.get(name)}\n`).join("");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(all));
  const id = new Uint8Array(digest).toHex().slice(0, 16);
  for (const [name, text] of texts) {
    if (!text.includes(BUILD_MARK)) continue;
    await Deno.writeTextFile(`${folder}/${name}`, text.replaceAll(BUILD_MARK, JSON.stringify(id)));
  }
}

const REQUIRE_BANNER =
  /import\s*\{\s*createRequire as ([\w$]+)\s*\}\s*from\s*"node:module";\s*(?:var|let|const)\s+([\w$]+)\s*=\s*\1\(import\.meta\.url\);/;

/**
 * The bundler puts a static import of node:module into the shared chunk as soon as one dependency
 * is CommonJS, which doubles the time of every start. This makes `require` load it at its first call.
 * @throws ScriptError when node:module is imported in a form it does not know
 */
export function loadRequireLate(source: string): string {
  const mended = source.replace(
    REQUIRE_BANNER,
    (_, _create: string, name: string) =>
      `var __kasRequire,__kasGet=()=>__kasRequire??=globalThis.process` +
      `.getBuiltinModule("node:module").createRequire(import.meta.url),` +
      `${name}=Object.assign(id=>__kasGet()(id),{resolve:id=>__kasGet().resolve(id)});`,
  );
  if (/import[^;]{0,200}from\s*"node:module"/.test(mended)) {
    throw new ScriptError("The bundler imports node:module in a new form; see scripts/bundle.ts");
  }
  return mended;
}

/**
 * Deno reads the files of all `import("./x.js")` it can see before the first line runs, and theirs in
 * turn: the whole program for `--version`. It does not see through an expression.
 */
export function loadPartsLate(source: string): string {
  return source.replaceAll(/\bimport\(("\.\/[\w.-]+\.js")\)/g, "import(String($1))");
}

/** What lib/release.ts holds before this. */
const REPOSITORY_MARK = '"@kas-repository@"';

/**
 * Writes into a bundle which repository its releases come from.
 * @param repository as `owner/name`; empty leaves the bundle as it is
 * @throws ScriptError when it is no such name, or nothing in the bundle asks for it
 */
export async function stampRepository(folder: string, repository: string): Promise<void> {
  if (repository === "") return;
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new ScriptError(`KAS_REPOSITORY is "${repository}", not of the form "owner/name"`);
  }
  let stamped = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".js")) continue;
    const text = await Deno.readTextFile(`${folder}/${name}`);
    if (!text.includes(REPOSITORY_MARK)) continue;
    await Deno.writeTextFile(
      `${folder}/${name}`,
      text.replaceAll(REPOSITORY_MARK, JSON.stringify(repository)),
    );
    stamped++;
  }
  if (stamped === 0) throw new ScriptError(`No module of the bundle has ${REPOSITORY_MARK}`);
}

/** What a module of a bundle loads before it runs. */
export interface StaticLoad {
  /** File names, the first is the module itself. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** `node:` modules, sorted. */
  readonly builtins: readonly string[];
}

/** Follows the static imports of a module of a bundle; what is loaded on demand is not counted. */
export async function staticLoad(folder: string, entry: string): Promise<StaticLoad> {
  const files = [entry];
  const builtins = new Set<string>();
  let bytes = 0;
  // The list grows while it is walked.
  for (const file of files) {
    const text = await Deno.readTextFile(`${folder}/${file}`);
    bytes += text.length;
    for (const [, , specifier = ""] of text.matchAll(STATIC_IMPORT)) {
      if (specifier.startsWith("node:")) builtins.add(specifier);
      const local = specifier.replace(/^\.\//, "");
      if (specifier.startsWith("./") && !files.includes(local)) files.push(local);
    }
  }
  return { files, bytes, builtins: [...builtins].sort() };
}

const STATIC_IMPORT =
  /(?:^|[;\n}])(import|export)\s*(?:(?:[\w$]+|\*\s*as\s+[\w$]+|(?:[\w$]+\s*,\s*)?\{[^{}]*\})\s*from\s*)?"([^"]+)"/g;

/** Removes a file or folder; nothing there is fine. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Where `deno task compile` puts the bundle. */
export const DIST = `${ROOT}/dist`;
