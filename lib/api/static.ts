import { PAGE_POLICY, SAFE_HEADERS } from "./guards.ts";
import type { Mount } from "./app.ts";

/** The web admin: files that were read at the start, and nothing of the disk afterwards. */

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
};

/** One file, ready to be sent. */
interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Null where compression gains nothing. */
  readonly gzip: Uint8Array<ArrayBuffer> | null;
  /** Its name changes with its content. */
  readonly lasting: boolean;
}

/** Files by path below the folder, such as "assets/main-1a2b3c4d.js". */
export type Assets = ReadonlyMap<string, Asset>;

/**
 * Reads a built admin.
 * @param folder with an `index.html`
 * @returns null when there is none
 */
export async function readAssets(folder: string): Promise<Assets | null> {
  const assets = new Map<string, Asset>();
  try {
    for await (const path of filesBelow(folder, "")) {
      assets.set(path, await assetOf(path, await Deno.readFile(`${folder}/${path}`)));
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
  return assets.has("index.html") ? assets : null;
}

async function* filesBelow(folder: string, prefix: string): AsyncIterable<string> {
  for await (const entry of Deno.readDir(`${folder}/${prefix}`)) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(folder, `${path}/`);
    else if (entry.isFile && TYPES[extensionOf(path)] !== undefined) yield path;
  }
}

function extensionOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

async function assetOf(path: string, plain: Uint8Array<ArrayBuffer>): Promise<Asset> {
  const digest = await crypto.subtle.digest("SHA-256", plain);
  const packed = new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = new Uint8Array(await new Response(packed).arrayBuffer());
  return {
    type: TYPES[extensionOf(path)] ?? "application/octet-stream",
    etag: `"${new Uint8Array(digest).toHex().slice(0, 20)}"`,
    plain,
    gzip: gzip.length < plain.length * 0.95 ? gzip : null,
    lasting: /-[A-Za-z0-9_]{8,}\.\w+$/.test(path),
  };
}

/**
 * Serves the admin below /admin/, where the bare address leads too. A path that is no file is a screen
 * of the admin.
 * @param assets null when it was not built
 */
export function adminMounts(assets: Assets | null): Mount[] {
  const moved = (to: string) => () =>
    new Response(null, { status: 301, headers: { ...SAFE_HEADERS, location: to } });
  return [
    { path: "/", fetch: moved("/admin/") },
    { path: "/admin", fetch: moved("/admin/") },
    { path: "/admin/*", fetch: (request) => serve(request, assets) },
  ];
}

function serve(request: Request, assets: Assets | null): Response {
  const { pathname } = new URL(request.url);
  const headers = new Headers(SAFE_HEADERS);
  if (request.method !== "GET" && request.method !== "HEAD") {
    headers.set("allow", "GET, HEAD");
    return new Response(null, { status: 405, headers });
  }
  const path = pathname.slice("/admin/".length);
  // Every other path is one of the admin's own, also when a name in it has a dot: `x-W1-T1.2`.
  const isFile = path.startsWith("assets/") || TYPES[extensionOf(path)] !== undefined;
  const asset = assets?.get(path) ?? (isFile ? undefined : assets?.get("index.html"));
  if (asset === undefined) {
    headers.set("content-type", "text/plain; charset=utf-8");
    const text = assets === null
      ? "This kas was built without its admin."
      : "There is no such file.";
    return new Response(`${text}\n`, { status: 404, headers });
  }
  headers.set("content-security-policy", PAGE_POLICY);
  headers.set("content-type", asset.type);
  headers.set("etag", asset.etag);
  headers.set("vary", "accept-encoding");
  headers.set("cache-control", asset.lasting ? "max-age=31536000, immutable" : "no-cache");
  if (request.headers.get("if-none-match") === asset.etag) {
    return new Response(null, { status: 304, headers });
  }
  const packs = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const body = packs && asset.gzip !== null ? asset.gzip : asset.plain;
  if (body === asset.gzip) headers.set("content-encoding", "gzip");
  headers.set("content-length", String(body.length));
  return new Response(request.method === "HEAD" ? null : body, { headers });
}
