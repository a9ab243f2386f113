import axe from "axe-core";
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { siteFiles, writeSite } from "../scripts/docs/site.ts";
import { findBrowser, launchBrowser } from "./support/browser.ts";

interface View {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}

/** Opens a page of the site from the disk and hands it over; what it complains about fails. */
async function withPage(
  browser: Browser,
  url: string,
  { width, colorScheme }: View,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (line) => {
      if (line.type() === "error") complaints.push(line.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(url);
    await look(page);
    assert.deepEqual(complaints, [], url);
  } finally {
    await context.close();
  }
}

async function violations(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'], preload: false })" +
      ".then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))",
  );
}

const overflow = (page: Page): Promise<unknown> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

const executablePath = await findBrowser();

Deno.test({
  name: "The site works from a disk: search, narrow screens, both themes, no barriers",
  ignore: executablePath === null,
  fn: () => walk(executablePath ?? ""),
});

async function walk(executablePath: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kas-site-" });
  const home = await Deno.makeTempDir({ prefix: "kas-browser-" });
  const browser = await launchBrowser(executablePath, home);
  const at = (name: string): string => `file://${folder}/${name}.html`;
  try {
    await writeSite(await siteFiles(), folder);
    for (const colorScheme of ["light", "dark"] as const) {
      for (const name of ["index", "concepts", "configuration"]) {
        await withPage(browser, at(name), { width: 1280, colorScheme }, async (page) => {
          assert.deepEqual(await violations(page), [], `${name} ${colorScheme}`);
        });
        await withPage(browser, at(name), { width: 390, colorScheme }, async (page) => {
          assert.equal(await overflow(page), 0, name);
        });
      }
    }
    await withPage(browser, at("index"), { width: 1280, colorScheme: "light" }, async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type("merge refused");
      await page.waitForSelector("#site-results [role=option]");
      await page.keyboard.press("Enter");
      await page.waitForURL(/troubleshooting\.html#a-merge-is-refused$/);
    });
    await withPage(browser, at("waves"), { width: 390, colorScheme: "light" }, async (page) => {
      assert.equal(await page.isVisible("#site-pages"), false);
      await page.click("#site-menu");
      assert.equal(await page.isVisible("#site-pages"), true);
    });
  } finally {
    await browser.close();
    for (const path of [folder, home]) await Deno.remove(path, { recursive: true });
  }
}
