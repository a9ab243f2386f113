import assets from "./monitor_assets.json" with { type: "json" };
import { VERSION } from "../version.ts";

/**
 * The page that shows what goes on: as a resource for chats that show pages of servers, as a file of
 * its own, and in parts for programs that embed it. It is built by scripts/build_monitor.ts. Load it
 * only when somebody reads it.
 * @module
 */

/** Where a page standing alone gets its snapshots from. */
export interface Source {
  /** Origin of a `kas serve`. */
  readonly serve: string;
  readonly project?: string;
  readonly task?: string;
}

/**
 * The page in one file. It loads nothing and, without a source, cannot reach anything but the window
 * it is shown in.
 */
export async function monitorPage(source?: Source): Promise<string> {
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(assets.script)}'`,
    `style-src '${await hashOf(assets.style)}'`,
    ...source === undefined ? [] : [`connect-src ${source.serve}`],
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const head = `<style>${assets.style}</style>`;
  return page(policy, { version: VERSION, ...source }, head, `<script>${assets.script}</script>`);
}

/** A file of {@link monitorBundle}. */
export interface BundleFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The page in parts, for a program that embeds it: script, style, a page that loads both, and a
 * manifest with the hash and size of each.
 */
export async function monitorBundle(): Promise<BundleFile[]> {
  const policy = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; " +
    "form-action 'none'";
  const head = `<link rel="stylesheet" href="monitor.css">`;
  const files = [
    { name: "monitor.js", text: `${assets.script}\n` },
    { name: "monitor.css", text: `${assets.style}\n` },
    {
      name: "index.html",
      text: page(policy, { version: VERSION }, head, `<script src="monitor.js"></script>`),
    },
  ];
  const listed = await Promise.all(files.map(async ({ name, text }) => ({
    name,
    size: new TextEncoder().encode(text).length,
    sha256: new Uint8Array(await digestOf(text)).toHex(),
  })));
  const manifest = { contract_version: 1, kas_version: VERSION, files: listed };
  return [...files, { name: "manifest.json", text: `${JSON.stringify(manifest, null, 2)}\n` }];
}

function page(
  policy: string,
  data: Readonly<Record<string, string>>,
  head: string,
  end: string,
): string {
  const attributes = Object.entries(data).map(([key, value]) => ` data-${key}="${escaped(value)}"`);
  return `<!doctype html>
<html lang="en"${attributes.join("")}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>kas monitor</title>
${head}
</head>
<body>
<main id="monitor"><noscript>The monitor needs JavaScript.</noscript></main>
${end}
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** As a content security policy names an inline script or style. */
async function hashOf(text: string): Promise<string> {
  return `sha256-${new Uint8Array(await digestOf(text)).toBase64()}`;
}

async function digestOf(text: string): Promise<ArrayBuffer> {
  return await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
