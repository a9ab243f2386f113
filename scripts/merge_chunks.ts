import { run, ScriptError } from "./run.ts";

/**
 * The bundler makes a chunk for every set of parts that share a module, so a command reads dozens of
 * small files, and each one costs the runtime far more than its bytes. What is loaded together is put
 * into one file here.
 */

/** Modules that start together, as they stand in the bundler's comments: `commands/run.ts`. */
export type Group = readonly string[];

/** A chunk of the bundle. */
interface Chunk {
  /** File name. */
  readonly file: string;
  readonly text: string;
  /** Names of the files it imports at once. */
  readonly imports: readonly string[];
}

/**
 * Merges the chunks of a bundle that are always loaded together, and lets the others import from
 * there: one file for each group with what only that one reaches, and the first has what several
 * reach; one more for what `entry` loads at once. Modules that the bundle does not have are passed
 * over.
 * @param folder of a bundle whose imports on demand have been hidden from bundlers
 * @param entry file name of the module to start with
 * @throws ScriptError when a chunk is of a form it does not know, or the bundler fails
 */
export async function mergeChunks(
  folder: string,
  entry: string,
  groups: readonly Group[],
): Promise<void> {
  const chunks = await readChunks(folder);
  const places = partition(chunks, groups);
  // its entry waits for what it loads on demand, which can therefore import nothing from it
  for (const file of closure(chunks, [entry])) places.set(file, START);
  places.delete(entry);
  for (const [file, part] of gates(chunks, groups, places)) places.set(file, part);
  const parts = Map.groupBy(places.keys(), (file) => places.get(file) ?? "");
  const rewrite = (text: string, own: string | null) => moved(text, places, own);
  const demanded = new Set(
    [...chunks.values()].flatMap(({ text }) =>
      [...text.matchAll(ON_DEMAND)].map(([, file]) => file)
    ),
  );
  const work = `${folder}/merge`;
  for (const [part, files] of parts) {
    await Deno.mkdir(work);
    const facade: string[] = [];
    for (const file of files) {
      const text = chunks.get(file)?.text ?? "";
      await Deno.writeTextFile(`${work}/${file}`, rewrite(text, part));
      facade.push(...reexports(file, text, demanded.has(file)));
    }
    await Deno.writeTextFile(`${work}/${part}`, facade.join(""));
    const others = [...parts.keys()].filter((name) => name !== part);
    await merge(`${work}/${part}`, `${folder}/${part}`, others.map((name) => `./${name}`));
    await Deno.remove(work, { recursive: true });
  }
  for (const { file, text } of chunks.values()) {
    if (places.has(file)) await Deno.remove(`${folder}/${file}`);
    else await Deno.writeTextFile(`${folder}/${file}`, rewrite(text, null));
  }
}

/** What the entry loads at once. */
const START = "part-start.js";

async function readChunks(folder: string): Promise<Map<string, Chunk>> {
  const chunks = new Map<string, Chunk>();
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !name.endsWith(".js")) continue;
    const text = await Deno.readTextFile(`${folder}/${name}`);
    const imports = [...text.matchAll(STATIC)].map(([, , file = ""]) => file);
    chunks.set(name, { file: name, text, imports });
  }
  return chunks;
}

/** `import { a, b as c } from "./x.js";` and `import "./x.js";`, as the bundler writes them. */
const STATIC = /^import (?:\{([^{}]*)\} from )?"\.\/([\w.-]+\.js)";$/gm;
const ON_DEMAND = /\bimport\(String\("\.\/([\w.-]+\.js)"\)\)/g;
const EXPORTS = /^export \{\n([^{}]*)\n\};$/gm;

/** What is loaded with some chunks, themselves included. */
function closure(chunks: ReadonlyMap<string, Chunk>, from: readonly string[]): string[] {
  const found = [...new Set(from)];
  // the list grows while it is walked
  for (const file of found) {
    for (const next of chunks.get(file)?.imports ?? []) if (!found.includes(next)) found.push(next);
  }
  return found;
}

/** The part each chunk belongs to; chunks of no group are not in it. */
function partition(
  chunks: ReadonlyMap<string, Chunk>,
  groups: readonly Group[],
): Map<string, string> {
  const marks = new Map<string, number>();
  for (const [index, group] of groups.entries()) {
    const roots = [...chunks.values()].filter(({ text }) =>
      group.some((module) => `\n${text}`.includes(`\n// ${module}\n`))
    );
    for (const file of closure(chunks, roots.map(({ file }) => file))) {
      // what several groups need goes to the first, which is there anyway
      marks.set(file, marks.has(file) ? 0 : index);
    }
  }
  return new Map([...marks].map(([file, mark]) => [file, `part-${mark}.js`]));
}

/**
 * The chunks without a line of their own through which modules of the groups are loaded on demand, and
 * the parts where all they give went to. The bundler names them after the module.
 */
function gates(
  chunks: ReadonlyMap<string, Chunk>,
  groups: readonly Group[],
  places: ReadonlyMap<string, string>,
): [file: string, part: string][] {
  const names = groups.flat().map((module) => module.replace(/^.*\/|\.ts$/g, ""));
  const found: [string, string][] = [];
  for (const { file, text, imports } of chunks.values()) {
    const isGate = names.includes(file.replace(/-\w+\.js$/, "")) && !places.has(file) &&
      text.replace(STATIC, "").replace(EXPORTS, "").trim() === "";
    const parts = imports.map((name) => places.get(name));
    const [first] = imports.filter((name) => text.includes(`} from "./${name}"`));
    const part = places.get(first ?? "");
    if (isGate && part !== undefined && !parts.includes(undefined)) found.push([file, part]);
  }
  return found;
}

/** The text with all that was moved taken from where it went. @param own the part it moves to itself */
function moved(text: string, places: ReadonlyMap<string, string>, own: string | null): string {
  const here = new Set<string>();
  const result = text.replace(STATIC, (all, names: string | undefined, file: string) => {
    const part = places.get(file);
    if (part === undefined || part === own) return all;
    if (names === undefined) return `import "./${part}";`;
    const list = entries(names).map(([name, as]) => `${idOf(file)}$${name} as ${as}`);
    return `import { ${list.join(", ")} } from "./${part}";`;
  }).replace(ON_DEMAND, (all, file: string) => {
    const part = places.get(file);
    if (part === undefined) return all;
    if (part !== own) return `import(String("./${part}")).then((part) => part.${idOf(file)})`;
    here.add(file);
    return `Promise.resolve(${idOf(file)})`;
  });
  const spaces = [...here].map((file) => `import * as ${idOf(file)} from "./${file}";\n`);
  return spaces.join("") + result;
}

/** The lines by which a part gives what a chunk gave, under names that are its own. */
function reexports(file: string, text: string, demanded: boolean): string[] {
  const names = [...text.matchAll(EXPORTS)].flatMap(([, list = ""]) => entries(list));
  const list = names.map(([, as]) => `${as} as ${idOf(file)}$${as}`);
  return [
    // a whole namespace costs time at each start, so it is made only where it is asked for
    demanded ? `import * as ${idOf(file)} from "./${file}";\nexport { ${idOf(file)} };\n` : "",
    `export { ${list.join(", ")} } from "./${file}";\n`,
  ];
}

/** `a, b as c` as pairs of the name there and the name here. */
function entries(list: string): [string, string][] {
  return list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "").map(
    (entry) => {
      const [name = "", as] = entry.split(" as ");
      if (!/^[\w$]+$/.test(name) || (as !== undefined && !/^[\w$]+$/.test(as))) {
        throw new ScriptError(`The bundler writes ${JSON.stringify(entry)}; see merge_chunks.ts`);
      }
      return [name, as ?? name];
    },
  );
}

function idOf(file: string): string {
  return file.replace(/\.js$/, "").replaceAll(/\W/g, "_");
}

async function merge(entry: string, out: string, external: readonly string[]): Promise<void> {
  await run([
    Deno.execPath(),
    "bundle",
    "--quiet",
    "--no-config",
    ...external.map((name) => `--external=${name}`),
    "--output",
    out,
    entry,
  ], { stdout: "null" });
}
