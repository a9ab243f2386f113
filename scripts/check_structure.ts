/**
 * Checks what no single file shows: circular imports, and files that grew too long.
 * @module
 */
import { ROOT, script, ScriptError } from "./run.ts";

/** Lines a file may have, and one that is a list of cases. */
const FILE_LINES = 400;
const TEST_LINES = 500;

/** Files that are longer for a reason, with the lines they may have; numbers here only fall. */
const LONGER: Readonly<Record<string, number>> = {};

interface Module {
  readonly local?: string;
  readonly dependencies?: readonly Dependency[];
}
interface Dependency {
  readonly code?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}

/** What each module imports statically at run time, by path in the project. */
type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Finds one cycle for each group of modules that import each other, as paths that end where they began. */
export function findCycles(graph: ImportGraph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (module: string): void => {
    const start = path.indexOf(module);
    if (start >= 0) {
      cycles.push([...path.slice(start), module]);
      return;
    }
    if (done.has(module)) return;
    path.push(module);
    for (const next of graph.get(module) ?? []) visit(next);
    path.pop();
    done.add(module);
  };
  for (const module of graph.keys()) visit(module);
  return cycles;
}

/** The files that are too long, as messages; also those whose allowance is no longer needed. */
export function checkSizes(
  lines: ReadonlyMap<string, number>,
  longer: Readonly<Record<string, number>> = LONGER,
): string[] {
  const allowed = (file: string): number =>
    longer[file] ?? (file.endsWith("_test.ts") ? TEST_LINES : FILE_LINES);
  const tooLong = [...lines].filter(([file, count]) => count > allowed(file))
    .map(([file, count]) => `${file} has ${count} lines; ${allowed(file)} are allowed`);
  const spare = Object.keys(longer).filter((file) => (lines.get(file) ?? 0) <= FILE_LINES)
    .map((file) => `${file} needs its allowance in scripts/check_structure.ts no more`);
  return [...tooLong, ...spare];
}

async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${ROOT}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await sources(path));
    else if (path.endsWith(".ts")) found.push(path);
  }
  return found;
}

/** Reads the import graph of all files, tests included, with one run of `deno info`. */
async function importGraph(files: readonly string[]): Promise<ImportGraph> {
  const root = await Deno.makeTempFile({ prefix: "kas-imports-", suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(`file://${ROOT}/${file}`)};\n`);
    await Deno.writeTextFile(root, lines.join(""));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", `${ROOT}/deno.json`, root],
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new ScriptError(`deno info failed: ${decoder.decode(stderr)}`);
    const { modules }: { modules: readonly Module[] } = JSON.parse(decoder.decode(stdout));
    return new Map(modules.flatMap(({ local, dependencies }) => {
      if (!local?.startsWith(`${ROOT}/`)) return [];
      const targets = (dependencies ?? []).filter((dependency) => !dependency.isDynamic)
        .flatMap(({ code }) => code?.specifier ?? [])
        .filter((specifier) => specifier.startsWith(`file://${ROOT}/`))
        .map((specifier) => new URL(specifier).pathname.slice(ROOT.length + 1));
      return [[local.slice(ROOT.length + 1), targets]];
    }));
  } finally {
    await Deno.remove(root);
  }
}

async function lineCounts(files: readonly string[]): Promise<Map<string, number>> {
  const counted = files.map(async (file): Promise<[string, number]> => {
    const text = await Deno.readTextFile(`${ROOT}/${file}`);
    return [file, text.split("\n").length - 1];
  });
  return new Map(await Promise.all(counted));
}

if (import.meta.main) {
  await script(async () => {
    const folders = ["lib", "commands", "scripts", "tests", "bench", "web"];
    const files = ["main.ts", ...(await Promise.all(folders.map(sources))).flat()];
    const graph = await importGraph(files);
    if (graph.size < files.length) {
      throw new ScriptError(`The import graph has ${graph.size} of ${files.length} files`);
    }
    const problems = [
      ...findCycles(graph).map((cycle) => `circular import: ${cycle.join(" → ")}`),
      ...checkSizes(await lineCounts(files)),
    ];
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) throw new ScriptError(`${problems.length} findings`);
  });
}
