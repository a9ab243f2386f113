import { chromium } from "playwright-core";
import axe from "axe-core";
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const dark of [false, true]) for (const page of ["index.html", "concepts.html", "configuration.html", "admin.html"]) {
  const c = await b.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: dark ? "dark" : "light" });
  const p = await c.newPage();
  await p.goto("file:///work/main/build/site/" + page);
  await p.evaluate(axe.source);
  const r = await p.evaluate("axe.run(document, {resultTypes:['violations']}).then(r=>r.violations.map(v=>v.id+' '+v.nodes.length+' '+v.nodes[0].html.slice(0,120)))") as string[];
  console.log(page, dark, r);
  await c.close();
}
await b.close();
