/** Opens the store at argv[0] in the mode argv[1] ("write" or "read"), uses it and reports as JSON. */
import { KasError } from "../../errors.ts";
import { openStore } from "../mod.ts";
import type { Store } from "../types.ts";

const [path = "", mode = "write", root = "/nowhere/app"] = Deno.args;

async function attempt<T>(work: () => Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return { error: error.toJSON().error };
  }
}

const opened = await attempt(() => openStore(path, { readOnly: mode === "read" }));
const use = (work: (store: Store) => Promise<unknown>) =>
  attempt(() => opened.value === undefined ? Promise.resolve(null) : work(opened.value));
const report = {
  open: opened.error ?? "ok",
  write: await use((store) => store.ensureProject({ root, rootCommit: root })),
  read: await use(async (store) => (await store.projects()).map((project) => project.key)),
};
await opened.value?.close();
console.log(JSON.stringify(report));
