import { VERSION } from "../version.ts";
import { SUBJECTS } from "./schema/mod.ts";
import type { RouteOptions } from "./schema/route.ts";
import { openapiDocument } from "./openapi.ts";
import { splitKey } from "./schema/route.ts";

/** The API as a page to read: no script, and nothing from elsewhere. */

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #777; --code: #8881; }
body { font: 15px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 2rem 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 3rem; text-transform: capitalize; }
nav a { margin-right: 1rem; text-transform: capitalize; }
details { border-top: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { background: var(--code); border-radius: 6px; padding: .8rem; overflow-x: auto; }
.method { display: inline-block; font-weight: 600; min-width: 4.2rem; }
.scope { border: 1px solid var(--line); border-radius: 9px; font-size: 12px; padding: 0 .5rem; }
.says { color: var(--dim); display: block; margin-left: 5.2rem; }
`;

/** Allows the page its one style sheet and nothing else. */
export async function docsPolicy(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = new Uint8Array(digest).toBase64();
  return `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

let made = "";

/** The page; made once. */
export function docsPage(): string {
  if (made !== "") return made;
  const { paths } = openapiDocument() as { paths: Record<string, Record<string, Operation>> };
  const subjects = Object.entries(SUBJECTS);
  const nav = subjects.map(([name]) => `<a href="#${anchor(name)}">${escape(name)}</a>`).join("");
  const body = subjects.map(([name, routes]) => {
    const items = Object.entries<RouteOptions>(routes).map(([key, options]) => {
      const { method, path } = splitKey(key);
      const at = path.replace(/:([a-z_]+)/g, "{$1}");
      return item(method, at, options, paths[at]?.[method.toLowerCase()]);
    });
    return `<h2 id="${anchor(name)}">${escape(name)}</h2>${items.join("")}`;
  }).join("");
  return made = `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>kas API</title>` +
    `<style>${STYLE}</style></head><body><h1>kas API</h1><p>Version ${escape(VERSION)}. ` +
    `As an <a href="/v1/openapi.json">OpenAPI document</a>.</p><nav>${nav}</nav>${body}</body></html>`;
}

interface Operation {
  readonly description?: string;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses?: unknown;
}

function anchor(name: string): string {
  return name.replaceAll(" ", "-");
}

function item(
  method: string,
  path: string,
  options: RouteOptions,
  operation: Operation | undefined,
): string {
  const part = (title: string, value: unknown): string =>
    value === undefined
      ? ""
      : `<p>${title}</p><pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
  return `<details><summary><code class="method">${method}</code> <code>${escape(path)}</code> ` +
    `<span class="scope">${options.scope}</span><span class="says">${
      escape(options.summary)
    }</span>` +
    `</summary><p>${escape(operation?.description ?? "")}</p>` +
    part("Parameters", operation?.parameters) + part("Body", operation?.requestBody) +
    part("Answer", operation?.responses) + `</details>`;
}
