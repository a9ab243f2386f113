import { root } from "../../commands/mod.ts";
import { ROOT } from "../run.ts";
import { cliReference } from "./cli_reference.ts";
import { commandTree } from "./commands.ts";
import { configReference } from "./config_reference.ts";
import { errorReference } from "./error_reference.ts";
import { fillRegions, formatted, regionNames } from "./regions.ts";
import { signalReference } from "./signal_reference.ts";

/** The folder of the documentation. */
export const DOCS = `${ROOT}/docs`;

/** Texts of all generated parts by their names. */
async function texts(): Promise<Readonly<Record<string, string>>> {
  return {
    commands: cliReference(await commandTree(root)),
    errors: errorReference(),
    ...configReference(),
    ...signalReference(),
  };
}

/** A page whose generated parts are not what the code says. */
export interface Drift {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Makes the generated parts of all pages and finds those that differ from what is there. */
export async function findDrift(): Promise<Drift[]> {
  const parts = await texts();
  const pages = await Promise.all((await pageNames()).map(async (name): Promise<Drift[]> => {
    const path = `${DOCS}/${name}.md`;
    const page = await Deno.readTextFile(path);
    if (regionNames(page).length === 0) return [];
    const text = await formatted(fillRegions(page, parts));
    return text === page ? [] : [{ path, text }];
  }));
  return pages.flat();
}

/** Names of the pages in docs/, sorted. */
export async function pageNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(DOCS)) {
    if (name.endsWith(".md")) names.push(name.slice(0, -3));
  }
  return names.sort();
}
