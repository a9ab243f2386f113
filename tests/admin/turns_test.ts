import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { NewSession } from "../../lib/store/types.ts";
import { findings } from "../support/axe.ts";
import { findBrowser, Stage } from "../support/browser.ts";

/** The turns of an instance beside its terminal: read, filtered, opened, live, and hostile. */

const ignore = await findBrowser() === null;
const SESSION = "11111111-2222-4333-8444-555555555555";
const EVIL = '<img src=x onerror="globalThis.pwned = 1"> **bold** [x](javascript:pwned=1)';

/** A running instance with a terminal of its own. */
async function running({ lab }: Stage, title: string, harness: string): Promise<number> {
  const { home, workspace, sandbox } = lab;
  const session: NewSession = {
    key: title,
    projectId: workspace.project.id,
    taskId: null,
    title,
    role: "coder",
    agent: "coder",
    wave: null,
    subtask: null,
    round: 1,
    attempt: 1,
    peers: 1,
    harness,
    program: "cat",
    model: null,
    branch: null,
    cwd: sandbox.repo,
  };
  const { sessions: [row] } = await home.store.commit([{ kind: "session_new", session }]);
  assert.ok(row);
  const { pid } = await lab.tmux.start({
    name: row.tmuxName,
    cwd: sandbox.repo,
    argv: ["cat"],
    env: {},
    marker: `${sandbox.root}/started-${row.id}`,
  });
  await home.store.commit([{
    kind: "session",
    id: row.id,
    patch: { status: "running", pid, startedAt: Date.now(), activity: "busy" },
  }]);
  return row.id;
}

function line(type: "user" | "assistant", content: unknown, uuid: string): string {
  const timestamp = "2026-01-02T03:04:05.000Z";
  return `${JSON.stringify({ type, uuid, timestamp, message: { content } })}\n`;
}

/** A transcript in claude's words. @returns its path */
async function transcript({ lab: { sandbox } }: Stage, id: number): Promise<string> {
  const launchDir = `${sandbox.paths.sessionsDir}/${id}`;
  const projects = `${sandbox.root}/claude/projects`;
  await Deno.mkdir(launchDir, { recursive: true });
  await Deno.mkdir(`${projects}/tree`, { recursive: true });
  const place = { sessions: `${sandbox.root}/claude/sessions`, projects, session: SESSION };
  await Deno.writeTextFile(`${launchDir}/claude.json`, JSON.stringify(place));
  const path = `${projects}/tree/${SESSION}.jsonl`;
  const use = { type: "tool_use", id: "t", name: "Bash", input: { command: "make\nmake test" } };
  const result = { type: "tool_result", tool_use_id: "t", content: `no\n${EVIL}`, is_error: true };
  await Deno.writeTextFile(
    path,
    line("user", `Build it\n${EVIL}`, "a") + line("assistant", [use], "b") +
      line("user", [result], "c") + line("assistant", [{ type: "text", text: EVIL }], "d"),
  );
  return path;
}

async function openTurns(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Turns" }).click();
}

Deno.test({
  name: "the admin: the turns of an instance are read beside its terminal",
  ignore,
  fn: async (t) => {
    await using stage = await Stage.open();
    const path = await transcript(stage, await running(stage, "talker", "claude"));
    await running(stage, "silent", "command");
    const address = `${stage.url}/admin/projects/${stage.lab.workspace.project.key}/instances`;

    for (const [dark, width] of [[false, 1280], [true, 390]] as const) {
      await t.step(`accessible and fitting (${dark ? "dark" : "light"}, ${width} px)`, async () => {
        await using view = await stage.view({ dark, width });
        const { page, complaints } = view;
        await page.goto(`${address}/talker`);
        await page.getByText("you may type").waitFor();
        await openTurns(page);
        await page.getByRole("heading", { name: "Turn 1" }).waitFor();
        await page.getByRole("button", { name: /make/ }).click();
        await page.getByText("make test").waitFor();
        assert.deepEqual(await findings(page), []);
        const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert.ok(wide <= width, `${wide} px wide`);
        assert.deepEqual(complaints, []);
      });
    }

    await using view = await stage.view();
    const { page, complaints } = view;

    await t.step("what an agent wrote is text, and an error says so in words", async () => {
      await page.goto(`${address}/talker`);
      await openTurns(page);
      await page.getByText("result, error").waitFor();
      await page.getByRole("button", { name: /^no/ }).click();
      await page.locator(".turn-row.k-result pre").waitFor();
      assert.equal(await page.locator(".turns img, .turns [href^=javascript]").count(), 0);
      assert.equal(await page.locator(".turn-row.k-prose strong").innerText(), "bold");
      assert.equal(await page.evaluate("globalThis.pwned"), undefined);
    });

    await t.step("kinds are filtered with the keyboard", async () => {
      const chip = page.getByRole("group", { name: "Kinds that are shown" })
        .getByRole("button", { name: /^tool/ });
      await chip.focus();
      await page.keyboard.press("Space");
      await page.locator(".turn-row.k-tool").waitFor({ state: "detached" });
      assert.equal(await chip.getAttribute("aria-pressed"), "false");
      await page.keyboard.press("Space");
      await page.locator(".turn-row.k-tool").waitFor();
    });

    await t.step("what is added appears", async () => {
      const more = line("user", "And now?", "e");
      await Deno.writeTextFile(path, more, { append: true });
      await page.getByRole("heading", { name: "Turn 2" }).waitFor();
      await page.getByText("And now?").waitFor();
      assert.equal(
        await page.locator(".turn-row.k-result pre").count(),
        1,
        "what was open stays so",
      );
    });

    await t.step("an instance without turns says why", async () => {
      await page.goto(`${address}/silent`);
      await page.getByText("you may type").waitFor();
      await openTurns(page);
      await page.getByText("The runtime command keeps no transcript of its turns.").waitFor();
      assert.deepEqual(complaints, []);
    });
  },
});
