/**
 * Builds the web admin into a folder: a page, and assets whose names carry a hash of their content, so
 * that browsers may keep them for ever. `kas serve` finds it beside the bundle.
 * @module
 */
import { DIST, removeIfThere } from "./bundle.ts";
import { ROOT, run, script, ScriptError } from "./run.ts";

/** Bytes, compressed: of each file by its path, and of all the page loads before a click. */
export interface AdminSizes {
  readonly sizes: ReadonlyMap<string, number>;
  readonly firstLoad: number;
}

const SOURCE = `${ROOT}/web/admin`;
/** Where `kas serve` looks for it when it runs from the sources. */
export const ADMIN = `${DIST}/admin`;
/** Style sheets in the order in which they follow each other. */
const STYLES = [
  "tokens",
  "base",
  "shell",
  "board",
  "task",
  "diff",
  "instances",
  "lists",
] as const;
/**
 * Builds the admin.
 * @param out folder; replaced
 * @throws ScriptError when the bundler fails
 */
export async function buildAdmin(
  out: string = ADMIN,
): Promise<AdminSizes> {
  const files = new Map<string, string>();
  const folder = await Deno.makeTempDir({ prefix: "kas-admin-" });
  try {
    const scripts = await bundleScripts(folder);
    for (const [name, text] of scripts) files.set(`assets/${name}`, text);
  } finally {
    await removeIfThere(folder);
  }
  const main = await rename(files, "assets/main.js");
  const boot = await rename(files, "assets/boot.js");
  const sheets = STYLES.map((name) => Deno.readTextFile(`${SOURCE}/styles/${name}.css`));
  const css = minifyCss((await Promise.all(sheets)).join("\n"));
  const style = `assets/style-${await contentHash(css)}.css`;
  files.set(style, css);
  files.set("favicon.svg", await Deno.readTextFile(`${SOURCE}/favicon.svg`));
  const page = await Deno.readTextFile(`${SOURCE}/index.html`);
  const names: Readonly<Record<string, string>> = { style, boot, main };
  files.set(
    "index.html",
    page.replace(/\{\{(\w+)\}\}/g, (_, key: string) => `/admin/${names[key]}`),
  );
  const first = ["index.html", style, boot, ...firstScripts(files, main)];
  const sizes = await write(files, out);
  return {
    sizes,
    firstLoad: first.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0),
  };
}

/** The name of a file with a hash of its content. */
async function rename(
  files: Map<string, string>,
  path: string,
): Promise<string> {
  const text = files.get(path);
  if (text === undefined) throw new ScriptError(`The bundler wrote no ${path}`);
  const to = path.replace(/\.js$/, `-${await contentHash(text)}.js`);
  files.delete(path);
  files.set(to, text);
  const old = `"./${path.replace("assets/", "")}"`;
  // Such a file would keep its name while what it imports gets another one.
  const bad = [...files].find(([, other]) => other.includes(old));
  if (bad !== undefined) {
    throw new ScriptError(`${bad[0]} imports ${old}, which has no hash`);
  }
  return to;
}

async function bundleScripts(folder: string): Promise<Map<string, string>> {
  for (
    const [entry, ...flags] of [["boot.ts"], ["main.tsx", "--code-splitting"]]
  ) {
    await run([
      Deno.execPath(),
      "bundle",
      "--quiet",
      "--config",
      `${SOURCE}/deno.json`,
      "--platform",
      "browser",
      "--minify",
      ...flags,
      "--outdir",
      folder,
      `${SOURCE}/${entry}`,
    ], { stdout: "null" });
  }
  const scripts = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    scripts.set(name, await Deno.readTextFile(`${folder}/${name}`));
  }
  return scripts;
}

/** Takes comments and needless space out of a style sheet. */
export function minifyCss(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ").replace(
    / ?([{};,]) ?/g,
    "$1",
  ).replaceAll(";}", "}").trim();
}

async function contentHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(text),
  );
  return new Uint8Array(digest).toHex().slice(0, 10);
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function write(
  files: ReadonlyMap<string, string>,
  out: string,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  await removeIfThere(out);
  await Deno.mkdir(`${out}/assets`, { recursive: true });
  for (const [path, text] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    await Deno.writeTextFile(`${out}/${path}`, text);
    sizes.set(path, (await gzip(text)).length);
  }
  return sizes;
}

const STATIC_IMPORT = /(?:from|\bimport)\s*"\.\/([\w.-]+\.js)"/g;

/** The scripts the page loads before anything is clicked: what main imports, and they in turn. */
function firstScripts(
  files: ReadonlyMap<string, string>,
  main: string,
): string[] {
  const found = [main];
  // The list grows while it is walked.
  for (const path of found) {
    for (
      const [, name = ""] of (files.get(path) ?? "").matchAll(STATIC_IMPORT)
    ) {
      if (!found.includes(`assets/${name}`)) found.push(`assets/${name}`);
    }
  }
  return found;
}

if (import.meta.main) {
  await script(async () => {
    const [out] = Deno.args;
    const { sizes, firstLoad } = await buildAdmin(out);
    for (const [path, size] of sizes) {
      console.log(`${String(size).padStart(8)}  ${path}`);
    }
    console.log(`${String(firstLoad).padStart(8)}  first load, gzipped`);
  });
}
