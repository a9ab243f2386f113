/**
 * Builds the monitor page into lib/mcp/monitor_assets.json, which is part of the sources: `kas mcp`
 * serves the page wherever it runs from. A test fails when the file is not what the sources give.
 * @module
 */
import { minifyCss } from "./build_admin.ts";
import { ROOT, run, script } from "./run.ts";

const SOURCE = `${ROOT}/web/monitor`;
/** Where the program takes it from. */
export const MONITOR_ASSETS = `${ROOT}/lib/mcp/monitor_assets.json`;

/** The two parts of the page that are made from sources. */
export interface MonitorAssets {
  readonly script: string;
  readonly style: string;
}

/**
 * Builds both.
 * @throws ScriptError when the bundler fails
 */
export async function buildMonitor(): Promise<MonitorAssets> {
  const folder = await Deno.makeTempDir({ prefix: "kas-monitor-" });
  try {
    await run([
      Deno.execPath(),
      "bundle",
      "--quiet",
      "--config",
      `${SOURCE}/deno.json`,
      "--platform",
      "browser",
      "--format",
      "iife",
      "--minify",
      "--output",
      `${folder}/monitor.js`,
      `${SOURCE}/main.ts`,
    ], { stdout: "null" });
    const bundled = await Deno.readTextFile(`${folder}/monitor.js`);
    const [tokens, own] = await Promise.all([
      Deno.readTextFile(`${ROOT}/web/admin/styles/tokens.css`),
      Deno.readTextFile(`${SOURCE}/monitor.css`),
    ]);
    return { script: bundled.trim(), style: minifyCss(`${usedTokens(tokens, own)}\n${own}`) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A sheet of tokens without those that another sheet does not use. */
export function usedTokens(tokens: string, sheet: string): string {
  const used = new Set([...sheet.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name));
  return tokens.replaceAll(
    /^ {2}(--[\w-]+):[^;]+;\n/gm,
    (line, name: string) => used.has(name) ? line : "",
  );
}

/** The file as it is kept. */
export function assetsText(assets: MonitorAssets): string {
  return `${JSON.stringify(assets, null, 2)}\n`;
}

if (import.meta.main) {
  await script(async () => {
    const assets = await buildMonitor();
    await Deno.writeTextFile(MONITOR_ASSETS, assetsText(assets));
    console.log(`${MONITOR_ASSETS}: ${assets.script.length + assets.style.length} characters`);
  });
}
