import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { monitorBundle } from "../lib/mcp/monitor_page.ts";
import { startApiServer } from "./support/api_server.ts";
import { findings } from "./support/axe.ts";
import { findBrowser, launchBrowser, watch } from "./support/browser.ts";
import { Lab } from "./support/lab.ts";

/** The page of the monitor without a chat, in a real browser. */

const browserPath = await findBrowser();
const inBrowser = { ignore: browserPath === null };
const HOSTILE = `<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>`;

/** A snapshot with everything in it. */
const SNAPSHOT = {
  schema_version: 1,
  generated_at: "2026-01-31T12:00:00.000Z",
  project: "shop",
  daemon_running: true,
  lifecycle: { planning: 1, ready: 0, implementing: 2, reviewing: 1, verifying: 0, total: 4 },
  active_agents: [
    { task: "add-login", role: "coder", wave: 1, stage: "running" },
    { task: "add-login", role: "coder", wave: 2, stage: "loading" },
    { task: `a-rather-long-name-of-a-task-${"x".repeat(60)}`, role: "planner", stage: "ready" },
  ],
  attention: [
    { task: "add-login", kind: "needs_decision", detail: `Go on? ${HOSTILE}`, decision: 7 },
    { task: "fix-cart", kind: "review_feedback" },
    { task: "fix-cart", kind: "stale_instance", detail: "no output for 10 minutes", decision: 9 },
  ],
  truncated: { attention: 2 },
};

/** Opens a page of a browser of its own. */
async function withPage(
  body: (page: Page, complaints: string[], folder: string) => Promise<void>,
): Promise<void> {
  assert.ok(browserPath !== null);
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-monitor-" }));
  try {
    const browser = await launchBrowser(browserPath, folder);
    try {
      const context = await browser.newContext({ reducedMotion: "reduce" });
      const page = await context.newPage();
      await body(page, watch(page), folder);
    } finally {
      await browser.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Serves the exported files, as a program that embeds them would. */
async function serveBundle(): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const files = new Map((await monitorBundle()).map(({ name, text }) => [`/${name}`, text]));
  const types = { html: "text/html", js: "text/javascript", css: "text/css" };
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => undefined };
  const server = Deno.serve(options, ({ url }) => {
    const { pathname } = new URL(url);
    const text = files.get(pathname === "/" ? "/index.html" : pathname);
    if (text === undefined) return new Response(null, { status: 204 });
    const type = Object.entries(types).find(([end]) => pathname.endsWith(end))?.[1] ?? "text/html";
    return new Response(text, { headers: { "content-type": `${type}; charset=utf-8` } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The object a program leaves for the page. */
function hostScript(more = ""): string {
  return `globalThis.proposed = [];
globalThis.kasmosMonitorHost = {
  contractVersion: 1,
  snapshot: () => Promise.resolve(${JSON.stringify(SNAPSHOT).replaceAll("<", "\\u003c")}),
  propose: (text) => { proposed.push(text); },
  ${more}
};`;
}

Deno.test(
  "a program shows the exported page: accessible, narrow, dark, by keyboard",
  inBrowser,
  () =>
    withPage(async (page, complaints) => {
      await using served = await serveBundle();
      await page.addInitScript(hostScript());
      for (const width of [320, 1024]) {
        await page.setViewportSize({ width, height: 900 });
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await page.goto(served.url);
          await page.getByText("4 tasks · 3 agents at work · 5 for you").waitFor();
          assert.deepEqual(await findings(page), [], `${width} ${colorScheme}`);
          const wide = await page.evaluate("document.documentElement.scrollWidth");
          assert.ok(Number(wide) <= width, `${wide} at ${width}`);
        }
      }
      assert.equal(await page.locator(".detail").first().textContent(), `Go on? ${HOSTILE}`);
      assert.equal(await page.locator("#monitor img, #monitor script").count(), 0);
      assert.equal(await page.evaluate("globalThis.hit"), undefined);

      // The first button folds it up; the next ones propose.
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      assert.equal(await page.locator("#body").isVisible(), false);
      await page.keyboard.press("Enter");
      await page.locator("#body").waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Space");
      const [proposed] = await page.evaluate("globalThis.proposed") as string[];
      assert.match(proposed ?? "", /^Show me decision 7 of the kas task "add-login" /);
      assert.deepEqual(complaints, []);
    }),
);

Deno.test(
  "the focus stays where it is when the page shows something new",
  inBrowser,
  () =>
    withPage(async (page) => {
      await using served = await serveBundle();
      const next = { ...SNAPSHOT, attention: SNAPSHOT.attention.slice(1) };
      await page.addInitScript(
        `let n = 0; ${
          hostScript(
            `snapshot: () => Promise.resolve(n++ === 0 ? ${
              JSON.stringify(SNAPSHOT).replaceAll("<", "\\u003c")
            } : ${JSON.stringify(next)}),`,
          )
        }`,
      );
      await page.goto(served.url);
      const button = page.getByRole("button", { name: "Ask about fix-cart" }).first();
      await button.focus();
      await page.getByText("4 tasks · 3 agents at work · 4 for you").waitFor();
      await page.keyboard.press("Enter");
      const [proposed] = await page.evaluate("globalThis.proposed") as string[];
      assert.match(proposed ?? "", /^Show me the part of the kas task "fix-cart" /);
    }),
);

Deno.test(
  "a host with another contract, and a page without a host, are told",
  inBrowser,
  () =>
    withPage(async (page) => {
      await using served = await serveBundle();
      await page.goto(served.url);
      await page.getByText("This page shows something only where a host shows it.").waitFor();
      await page.addInitScript(hostScript("contractVersion: 2,"));
      await page.goto(served.url);
      await page.getByText(
        "Cannot reach the host: its contract has version 2, this page 1",
      ).waitFor();
    }),
);

/** Runs kas, which must succeed. */
async function ran(lab: Lab, ...args: string[]): Promise<void> {
  const { code, err } = await lab.kas(...args);
  assert.equal(code, 0, err);
}

Deno.test(
  "the page from a file asks for a token, and reads kas serve with it",
  inBrowser,
  () =>
    withPage(async (page, complaints, folder) => {
      await using lab = await Lab.open();
      await ran(lab, "task", "create", "add-login");
      await ran(lab, "task", "create", "other");
      await using server = await startApiServer(lab, "--widget");
      const file = `${folder}/widget.html`;
      const argv = ["monitor", "widget", "--out", file, "--task", "add-login"];
      await ran(lab, ...argv, "--serve-url", server.url);
      await page.goto(`file://${file}`);
      const token = page.getByLabel("Token with the scope “read”");
      await token.waitFor();
      assert.deepEqual(await findings(page), []);

      await token.fill("kas_wrong");
      await page.keyboard.press("Enter");
      await page.getByText("Cannot read: Cannot accept this token").waitFor();
      // The browser itself writes of every answer of 401.
      assert.deepEqual(complaints.splice(0).filter((text) => !text.includes("401")), []);

      await token.fill(server.token);
      await page.getByRole("button", { name: "Connect" }).click();
      await page.getByText("1 task · 0 agents at work · 0 for you · daemon not running").waitFor();
      assert.equal(await token.isVisible(), false);
      assert.equal(await page.getByRole("button", { name: "Ask" }).count(), 0);
      const kept = await page.evaluate(
        "JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])",
      );
      assert.equal(kept, '[{},{},""]');
      assert.deepEqual(complaints, []);

      await server.end();
      await page.getByRole("button", { name: "Refresh" }).click();
      await page.getByText("Cannot refresh: kas serve does not answer, or was started").waitFor();
      assert.ok(await page.locator(".counts").isVisible(), "what was there stays");
    }),
);

Deno.test("kas serve refuses pages from files unless it was told otherwise", async () => {
  await using lab = await Lab.open();
  await using server = await startApiServer(lab);
  for (const method of ["OPTIONS", "POST"]) {
    const answer = await fetch(`${server.url}/v1/monitor/snapshot`, {
      method,
      headers: {
        origin: "null",
        authorization: `Bearer ${server.token}`,
        "content-type": "application/json",
      },
      ...method === "POST" ? { body: "{}" } : {},
    });
    await answer.text();
    assert.ok(answer.status === 403 || answer.status === 405, String(answer.status));
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("kas serve --widget reads for a page without a word on stderr", async () => {
  await using lab = await Lab.open();
  await using server = await startApiServer(lab, "--widget");
  const answer = await fetch(`${server.url}/v1/monitor/snapshot`, {
    method: "POST",
    headers: {
      origin: "null",
      authorization: `Bearer ${server.token}`,
      "content-type": "application/json",
    },
    body: "{}",
  });
  await answer.text();
  assert.equal(answer.status, 200);
  await server.end();
  assert.equal(await server.said(), "");
});
