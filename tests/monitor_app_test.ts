import assert from "node:assert/strict";
import type { Browser, Frame, Page } from "playwright-core";
import { type Connected, inMcpWorld, type McpWorld } from "../lib/mcp/_testing.ts";
import { findBrowser, launchBrowser, watch } from "./support/browser.ts";

/** The monitor: its tools and resource over both ways in, and its page in a real browser. */

const browserPath = await findBrowser();
const HOSTILE = `<img src=x onerror="globalThis.hit=1">"'><script>globalThis.hit=1</script>`;
const PAGE = "ui://kas/monitor";

/** What a host of the MCP Apps extension has to enforce for a page that declares no domain. */
const HOST_POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; " +
  "style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; " +
  "connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'";

/** Tells what a page of a host may ask a test to do. */
interface TestHost {
  log: { id: unknown; method: string; params: Record<string, unknown> }[];
  /** Calls of tools, and those not yet answered. */
  calls: number;
  open: number;
  fail: boolean;
  send(message: Record<string, unknown>): void;
}

/** A small chat: it shows the page in a sandboxed frame, and takes its calls to the real server. */
const CHAT = `<!doctype html><html lang="en"><title>chat</title><body>
<iframe id="view" title="view" sandbox="allow-scripts" style="width:100%;height:600px"></iframe>
<p style="height:3000px"></p>
<script>
const view = document.getElementById("view");
const host = globalThis.host = { log: [], calls: 0, open: 0, fail: false, send(message) {
  view.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
} };
const context = { theme: "dark", displayMode: "inline",
  availableDisplayModes: ["inline", "fullscreen"], styles: {} };
async function answer({ method, params }) {
  switch (method) {
    case "ui/initialize":
      return { protocolVersion: "2026-01-26", hostCapabilities: { serverTools: {} },
        hostInfo: { name: "test", version: "1" }, hostContext: context };
    case "tools/call":
      host.calls += 1;
      if (host.fail) throw new Error("the server is gone");
      host.open += 1;
      try { return await callTool(params.name, params.arguments); }
      finally { host.open -= 1; }
    case "ui/request-display-mode": return { mode: params.mode };
    case "ui/message": return {};
    default: throw new Error("unknown " + method);
  }
}
addEventListener("message", async ({ source, data }) => {
  if (source !== view.contentWindow) return;
  host.log.push({ id: data.id, method: data.method ?? "", params: data.params ?? {} });
  if (data.id !== undefined && data.method !== undefined) {
    try { host.send({ id: data.id, result: await answer(data) }); }
    catch (error) { host.send({ id: data.id, error: { code: -32000, message: error.message } }); }
  } else if (data.method === "ui/notifications/initialized") {
    const args = await openArguments();
    host.send({ method: "ui/notifications/tool-input", params: { arguments: args } });
    host.send({ method: "ui/notifications/tool-result", params: await callTool("open_monitor", args) });
  }
});
view.src = "/view";
</script></body></html>`;

/** Serves texts by path. */
function serveTexts(
  texts: Readonly<Record<string, { text: string; type: string; policy?: string }>>,
): { url: string; [Symbol.asyncDispose](): Promise<void> } {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => undefined },
    (request) => {
      const found = texts[new URL(request.url).pathname];
      if (found === undefined) return new Response(null, { status: 204 });
      const headers = new Headers({ "content-type": `${found.type}; charset=utf-8` });
      if (found.policy !== undefined) headers.set("content-security-policy", found.policy);
      return new Response(found.text, { headers });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A chat with the monitor open in it. */
interface Chat {
  readonly page: Page;
  readonly frame: Frame;
  readonly complaints: string[];
  host<T>(look: (host: TestHost) => T): Promise<T>;
}

async function inChat(
  world: McpWorld,
  client: Connected,
  args: Record<string, unknown>,
  body: (chat: Chat) => Promise<void>,
): Promise<void> {
  const browser = await open(world);
  try {
    const [content] = (await client.client.readResource({ uri: PAGE })).contents;
    assert.ok(content !== undefined && "text" in content);
    await using served = serveTexts({
      "/": { text: CHAT, type: "text/html" },
      "/view": { text: content.text, type: "text/html", policy: HOST_POLICY },
    });
    const page = await browser.newPage({ viewport: { width: 700, height: 700 } });
    const complaints = watch(page);
    // Its time flows as any, until a test stops it.
    await page.clock.install();
    await page.exposeFunction(
      "callTool",
      (name: string, given: Record<string, unknown>) =>
        client.client.callTool({ name, arguments: given }),
    );
    await page.exposeFunction("openArguments", () => args);
    await page.goto(served.url);
    const frame = page.frame({ url: `${served.url}/view` }) ??
      await page.waitForEvent("framenavigated");
    await frame.locator(".counts").waitFor();
    await body({
      page,
      frame,
      complaints,
      host: (look) =>
        page.evaluate(`(${look.toString()})(globalThis.host)`) as Promise<ReturnType<typeof look>>,
    });
  } finally {
    await browser.close();
  }
}

async function open(world: McpWorld): Promise<Browser> {
  assert.ok(browserPath !== null);
  return await launchBrowser(browserPath, world.root);
}

/** Waits until the host has seen something. */
async function until(chat: Chat, look: (host: TestHost) => boolean): Promise<void> {
  await chat.page.waitForFunction(`(${look.toString()})(globalThis.host)`);
}

/** A task with an agent at work and a question, all of them with markup in their texts. */
async function busyTask(world: McpWorld, name: string): Promise<number> {
  const task = await world.task(name);
  const row = await world.session(task, { title: `${name}-plan` });
  const { decisions } = await world.home.store.commit([
    { kind: "session", id: row.id, patch: { status: "running", activity: "busy" } },
    {
      kind: "decision_open",
      decision: {
        key: name,
        projectId: task.projectId,
        taskId: task.id,
        sessionId: row.id,
        kind: "wave_failed",
        question: `What now? ${HOSTILE}`,
        detail: "",
        options: [{ id: "retry", label: "again" }],
      },
    },
  ]);
  const id = decisions[0]?.id;
  assert.ok(id !== undefined);
  return id;
}

/** Runs the same over both ways in. */
function both(title: string, body: (world: McpWorld, client: Connected) => Promise<void>): void {
  Deno.test(`${title} (stdio)`, () =>
    inMcpWorld(async (world) => await body(world, await world.stdio())));
  Deno.test(`${title} (HTTP)`, () =>
    inMcpWorld(async (world) => {
      const secret = await world.personToken("read", world.project.id);
      await body(world, await world.overHttp(secret));
    }));
}

both(
  "the monitor's tools answer as live_status does, and narrow to a task",
  async (world, client) => {
    const id = await busyTask(world, "one");
    await busyTask(world, "two");
    const { generated_at: _at, ...live } = await client.ok("live_status");
    for (const name of ["open_monitor", "refresh_monitor"]) {
      const { text, data, isError } = await client.call(name);
      const { generated_at, ...rest } = data;
      assert.equal(isError, false);
      assert.equal(typeof generated_at, "string");
      assert.deepEqual(rest, live);
      assert.match(
        text,
        /^repo: 2 tasks under way \(2 ready\); the daemon does not run\nAgents:\n/,
      );
      assert.match(text, /\n- one: planner, running\n/);
      assert.ok(text.includes(`\n- one: needs_decision ${id}: What now? <img`), text);
    }
    const one = await client.call("open_monitor", { task: "one" });
    assert.doesNotMatch(one.text, /two/);
    assert.deepEqual(
      [one.data["active_agents"], one.data["attention"]].map((rows) => (rows as unknown[]).length),
      [1, 1],
    );
    assert.equal((await client.refused("refresh_monitor", { task: "three" })).code, "not_found");
    assert.equal((await client.refused("open_monitor", { cap: 3 })).code, "invalid");
  },
);

both(
  "the page is a resource of the extension, and needs nothing of the network",
  async (_world, client) => {
    const { tools } = await client.client.listTools();
    const linked = new Map(tools.map(({ name, _meta }) => [name, _meta?.["ui"]]));
    assert.deepEqual(linked.get("open_monitor"), {
      resourceUri: PAGE,
      visibility: ["model", "app"],
    });
    assert.deepEqual(linked.get("refresh_monitor"), { resourceUri: PAGE, visibility: ["app"] });
    assert.equal([...linked.values()].filter((ui) => ui !== undefined).length, 2);
    for (const { name, annotations } of tools) {
      if (!linked.get(name)) continue;
      const { readOnlyHint, idempotentHint, openWorldHint } = annotations ?? {};
      assert.deepEqual([readOnlyHint, idempotentHint, openWorldHint], [true, true, false], name);
    }
    const { resources } = await client.client.listResources();
    const listed = resources.find(({ uri }) => uri === PAGE);
    assert.equal(listed?.mimeType, "text/html;profile=mcp-app");
    const [content] = (await client.client.readResource({ uri: PAGE })).contents;
    assert.ok(content !== undefined && "text" in content);
    assert.equal(content.mimeType, "text/html;profile=mcp-app");
    assert.deepEqual(content._meta?.["ui"], {
      csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
      prefersBorder: true,
    });
    const { text } = content;
    assert.ok(new TextEncoder().encode(text).length < 20_000, `${text.length}`);
    assert.match(
      text,
      /content="default-src 'none'; script-src 'sha256-[^"]+'; style-src 'sha256-[^"]+'; base-uri/,
    );
    assert.doesNotMatch(
      text,
      / src=| href=|url\(|@import|innerHTML|insertAdjacent|document\.write|\beval\b/,
    );
  },
);

Deno.test("who is not asked in, sees nothing of the monitor's cache", () =>
  inMcpWorld(async (world) => {
    await busyTask(world, "one");
    const other = await world.otherProject("blog");
    const person = await world.overHttp(await world.personToken("read"));
    await person.ok("open_monitor", { project: world.project.key });
    const stranger = await world.overHttp(await world.personToken("read", other.id));
    const refused = await stranger.refused("open_monitor", { project: world.project.key });
    assert.equal(refused.code, "guard");
    assert.deepEqual((await stranger.ok("refresh_monitor"))["active_agents"], []);
  }));

const inBrowser = { ignore: browserPath === null };

Deno.test(
  "a chat shows the monitor: it says hello, shows the result and asks again",
  inBrowser,
  () =>
    inMcpWorld(async (world) => {
      const id = await busyTask(world, "one");
      await busyTask(world, "two");
      const client = await world.stdio();
      await inChat(world, client, { task: "one" }, async (chat) => {
        const { frame } = chat;
        const hello = await chat.host((host) => host.log[0]);
        assert.equal(hello?.method, "ui/initialize");
        assert.equal(hello.params["protocolVersion"], "2026-01-26");
        assert.deepEqual(hello.params["appCapabilities"], {
          availableDisplayModes: ["inline", "fullscreen", "pip"],
        });
        assert.equal(await frame.locator("html").getAttribute("data-theme"), "dark");
        assert.equal(
          await frame.locator(".sum").textContent(),
          "1 task · 1 agent at work · 1 for you · daemon not running",
        );
        assert.equal(await frame.locator(".place").textContent(), "repo");

        // What agents wrote is text, whatever it looks like.
        const detail = await frame.locator(".detail").textContent();
        assert.equal(detail, `What now? ${HOSTILE}`);
        assert.equal(await frame.locator("img, #monitor script").count(), 0);
        assert.equal(await frame.evaluate("globalThis.hit"), undefined);

        // It asks by itself, about the same task, and shows what changed.
        await world.session(await taskOf(world, "one"), { title: "one-more", role: "coder" });
        await frame.getByText("coder").waitFor();
        const asked = await chat.host((host) =>
          host.log.find(({ method }) => method === "tools/call")
        );
        assert.deepEqual(asked?.params, { name: "refresh_monitor", arguments: { task: "one" } });

        // A button proposes; it changes nothing itself.
        const buttons = frame.getByRole("button", { name: "Ask about one" });
        await buttons.first().focus();
        await chat.page.keyboard.press("Enter");
        await until(chat, (host) => host.log.some(({ method }) => method === "ui/message"));
        const message = await chat.host((host) =>
          host.log.find(({ method }) => method === "ui/message")
        );
        const [block] = message?.params["content"] as { type: string; text: string }[];
        assert.equal(block?.type, "text");
        assert.match(block.text, new RegExp(`^Show me decision ${id} of the kas task "one" with `));
        assert.doesNotMatch(block.text, /What now|img/);
        const tools = await chat.host((host) =>
          host.log.filter(({ method }) => method === "tools/call").map(({ params }) =>
            params["name"]
          )
        );
        assert.deepEqual([...new Set(tools)], ["refresh_monitor"]);

        assert.ok(
          await chat.host((host) =>
            host.log.some(({ method, params }) =>
              method === "ui/notifications/size-changed" && Number(params["height"]) > 50
            )
          ),
        );
        assert.deepEqual(chat.complaints, []);
      });
    }),
);

/** Waits until all that is under way between page, chat and server has arrived. */
async function settled(chat: Chat): Promise<void> {
  const mark = crypto.randomUUID();
  const isLogged = `(host) => host.open === 0 && host.log.some(({ id }) => id === "${mark}")`;
  await chat.frame.evaluate(
    `parent.postMessage({ jsonrpc: "2.0", id: "${mark}" }, "*")`,
  );
  await chat.page.waitForFunction(`(${isLogged})(globalThis.host)`);
  await chat.page.evaluate(`globalThis.host.send({ id: "${mark}", method: "ping" })`);
  const isAnswered = `(host) => host.log.filter(({ id }) => id === "${mark}").length === 2`;
  await chat.page.waitForFunction(`(${isAnswered})(globalThis.host)`);
}

/** What the browser tells a page of its being in sight, which it told the monitor before. */
const SEEN = `new Promise((resolve) => {
  const look = new IntersectionObserver(([entry]) => {
    look.disconnect();
    resolve(entry.isIntersecting);
  });
  look.observe(document.documentElement);
})`;

/** Waits until the browser has told the page whether it is in sight. */
async function inSight(frame: Frame, wanted: boolean): Promise<void> {
  while (await frame.evaluate(SEEN) !== wanted);
}

async function taskOf(world: McpWorld, name: string) {
  const found = (await world.home.store.tasks({ projectId: world.project.id }))
    .find((task) => task.name === name);
  assert.ok(found);
  return found;
}

Deno.test(
  "the monitor rests while it is hidden or the chat fails, and ends with it",
  inBrowser,
  () =>
    inMcpWorld(async (world) => {
      await busyTask(world, "one");
      const client = await world.stdio();
      await inChat(world, client, {}, async (chat) => {
        const { page, frame } = chat;
        await until(chat, (host) => host.calls > 0);

        // From here on time passes only when the test says so.
        await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000));
        await settled(chat);
        const calls = () => chat.host((host) => host.calls);
        const passes = async (ms: number): Promise<number> => {
          const before = await calls();
          await page.clock.runFor(ms);
          await settled(chat);
          return await calls() - before;
        };
        assert.equal(await passes(2_500), 1);

        await page.evaluate("scrollTo(0, document.body.scrollHeight)");
        await inSight(frame, false);
        const rested = await calls();
        assert.equal(await passes(120_000), 0);
        await page.evaluate("scrollTo(0, 0)");
        await inSight(frame, true);
        await settled(chat);
        assert.equal(await calls(), rested + 1, "it looks at once");

        await frame.getByRole("button", { name: "Hide" }).click();
        const folded = frame.getByRole("button", { name: "Show" });
        assert.equal(await folded.getAttribute("aria-expanded"), "false");
        assert.equal(await frame.locator("#body").isVisible(), false);
        assert.ok(await frame.locator(".sum").isVisible());
        assert.equal(await passes(14_900), 0);
        assert.equal(await passes(200), 1);
        await folded.click();
        await settled(chat);

        await chat.host((host) => {
          host.fail = true;
        });
        await frame.getByRole("button", { name: "Refresh" }).click();
        await frame.getByText("Cannot refresh: the server is gone. It is tried again.").waitFor();
        await settled(chat);
        assert.equal(await passes(4_900), 0, "it waits longer after an error");
        assert.equal(await passes(200), 1);
        assert.equal(await passes(9_500), 0, "and longer still");
        assert.ok(await frame.locator(".counts").isVisible(), "what was there stays");
        await chat.host((host) => {
          host.fail = false;
        });
        await frame.getByRole("button", { name: "Refresh" }).click();
        await frame.getByText(/^As of /).waitFor();

        await frame.getByRole("button", { name: "Full screen" }).click();
        await frame.getByRole("button", { name: "In the chat" }).waitFor();
        assert.equal(await frame.locator("html").getAttribute("data-mode"), "fullscreen");
        await chat.host((host) =>
          host.send({
            method: "ui/notifications/host-context-changed",
            params: { theme: "light", displayMode: "inline" },
          })
        );
        await frame.getByRole("button", { name: "Full screen" }).waitFor();
        assert.equal(await frame.locator("html").getAttribute("data-theme"), "light");

        await chat.host((host) =>
          host.send({ id: "bye", method: "ui/resource-teardown", params: {} })
        );
        await until(chat, (host) => host.log.some(({ method }) => method === ""));
        assert.equal(await passes(120_000), 0);
        await frame.getByRole("button", { name: "Refresh" }).click();
        assert.equal(await passes(1_000), 0);
        assert.deepEqual(chat.complaints, []);
      });
    }),
);
