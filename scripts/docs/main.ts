/**
 * `deno task docs` writes the generated parts of docs/ and builds the site into build/site.
 * `deno task docs:check` writes nothing: it fails when a part is old, or when a link leads nowhere.
 * @module
 */
import { ROOT, script, ScriptError } from "../run.ts";
import { findDrift } from "./references.ts";
import { checkSite } from "./site_check.ts";
import { siteFiles, writeSite } from "./site.ts";

/** Where the site is built. */
const SITE = `${ROOT}/build/site`;

await script(async () => {
  const isCheck = Deno.args.includes("--check");
  const drift = await findDrift();
  const names = drift.map(({ path }) => path.slice(ROOT.length + 1)).join(", ");
  if (isCheck && drift.length > 0) {
    throw new ScriptError(`The code says something else than ${names}: run deno task docs`);
  }
  for (const { path, text } of drift) {
    await Deno.writeTextFile(path, text);
    console.log(`wrote ${path.slice(ROOT.length + 1)}`);
  }
  const files = await siteFiles();
  const problems = checkSite(files);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) throw new ScriptError(`${problems.length} findings in the site`);
  if (isCheck) return;
  await writeSite(files, SITE);
  console.log(`${files.size} files in build/site; open build/site/index.html`);
});
