import assert from "node:assert/strict";
import { createTask, updateContent } from "../../lib/engine/operations.ts";
import { findBrowser, Stage, watch } from "../support/browser.ts";

/** The plan editor: two tabs, an ended session, hostile text. */

const ignore = await findBrowser() === null;
const EVIL = [
  "# Title <script>globalThis.pwned = 1</script>",
  '<img src=x onerror="globalThis.pwned = 1">',
  "[click](javascript:globalThis.pwned=1) [ok](https://example.org)",
  "![x](https://example.org/track.png)",
].join("\n\n");

Deno.test({
  name: "the admin: a plan is edited in two tabs, and an ended session loses nothing",
  ignore,
  fn: async (t) => {
    await using stage = await Stage.open();
    const { home, workspace } = stage.lab;
    const made = { name: "edit-me", description: "A task", content: "first\n" };
    await createTask(home, workspace, made, "test");
    await using view = await stage.view();
    const { page, complaints } = view;
    const address = `${stage.url}/admin/projects/${workspace.project.key}/tasks/edit-me/plan`;
    const other = await page.context().newPage();
    const otherComplaints = watch(other);
    const editor = page.getByLabel("Plan", { exact: true });
    // The page may learn by itself that the session has ended, and say so over the button, any moment.
    const saveWithoutSession = async () => {
      await page.context().clearCookies();
      await page.getByRole("button", { name: "Save" }).dispatchEvent("click");
    };

    await t.step(
      "the second of two writers is told, and neither text is lost",
      async () => {
        for (const tab of [page, other]) {
          await tab.goto(address);
          await tab.getByRole("button", { name: "Edit plan" }).click();
        }
        await editor.fill("mine\n");
        await updateContent(home, workspace, "edit-me", "theirs\n", "test");
        await page.getByText("Somebody else changed the plan").waitFor();
        assert.equal(
          await page.getByRole("button", { name: "Save" }).isDisabled(),
          true,
        );
        assert.equal(await editor.inputValue(), "mine\n");
        await page.getByText("Their version").click();
        await page.getByText("theirs", { exact: true }).waitFor();
        await page.getByRole("button", { name: "Overwrite theirs with mine" })
          .click();
        await page.getByText("The plan is saved").waitFor();
        assert.equal(await content(), "mine\n");
      },
    );

    await t.step("a tab in which nothing was written follows", async () => {
      const theirs = other.getByLabel("Plan", { exact: true });
      await stage.lab.until(
        "the other tab",
        async () => await theirs.inputValue() === "mine\n",
      );
    });

    await t.step("a draft survives a reload and an ended session", async () => {
      await page.getByRole("button", { name: "Edit plan" }).click();
      await editor.fill("a long thought\n");
      page.on("dialog", (dialog) => void dialog.accept());
      await page.reload();
      assert.equal(await editor.inputValue(), "a long thought\n");
      await saveWithoutSession();
      await page.getByText("Your session has ended").waitFor();
      assert.equal(await editor.inputValue(), "a long thought\n");
      await logInAgain();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("The plan is saved").waitFor();
      assert.equal(await content(), "a long thought\n");
    });

    await t.step("a draft that the browser has no room for can still be saved", async () => {
      await page.evaluate(`for (let size = 6_000_000; size >= 1; size = Math.floor(size / 2)) {
        try { localStorage.setItem("filler" + size, "x".repeat(size)); } catch { /* no room */ }
      }`);
      await page.getByRole("button", { name: "Edit plan" }).click();
      await editor.fill("there is no room for this\n");
      await page.getByText("this browser has no room to keep it").waitFor();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("button", { name: "Edit plan" }).waitFor();
      assert.equal(await content(), "there is no room for this\n");
      await page.evaluate("localStorage.clear()");
    });

    await t.step("a form survives an ended session, and begins with what is there", async () => {
      await page.goto(address);
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("menuitem", { name: "Describe" }).click();
      const words = page.getByLabel("What should be done");
      assert.equal(await words.inputValue(), "A task");
      await words.fill("A better task");
      await saveWithoutSession();
      await logInAgain();
      assert.equal(await words.inputValue(), "A better task");
      await page.getByRole("button", { name: "Save" }).click();
      await page.locator(".lead", { hasText: "A better task" }).waitFor();
    });

    await t.step("an agent's file: a draft is kept, and nobody is overwritten", async () => {
      await page.goto(`${stage.url}/admin/agents`);
      await page.getByRole("button", { name: "New agent" }).click();
      await page.getByLabel("Name").fill("scribe");
      await page.getByRole("button", { name: "Create" }).click();
      const soul = page.getByLabel(/soul\.md/);
      await soul.fill("mine\n");
      await page.getByRole("button", { name: "Profile" }).click();
      await page.getByLabel(/agent\.toml/).waitFor();
      await page.getByRole("button", { name: "Soul" }).click();
      assert.equal(await soul.inputValue(), "mine\n");
      const path = `${stage.lab.sandbox.repo}/.kasmos/agents/scribe/soul.md`;
      await Deno.writeTextFile(path, "theirs\n");
      // The page reads the file anew when the connection comes back; the draft must not ride along.
      await page.reload();
      await page.getByText("Somebody else changed this file").waitFor();
      assert.equal(await soul.inputValue(), "mine\n");
      assert.equal(await page.getByRole("button", { name: "Save" }).isDisabled(), true);
      assert.equal(await Deno.readTextFile(path), "theirs\n");
      await page.getByRole("button", { name: "Overwrite it with mine" }).click();
      await page.getByText("Saved").waitFor();
      assert.equal(await Deno.readTextFile(path), "mine\n");
      await page.goto(address);
    });

    await t.step("markup of agents is text", async () => {
      await updateContent(home, workspace, "edit-me", EVIL, "test");
      await page.getByRole("link", { name: "ok" }).waitFor();
      const links = await page.locator(".prose a").all();
      const found = {
        pwned: await page.evaluate(`"pwned" in globalThis`),
        images: await page.locator(".prose img, .prose script").count(),
        links: await Promise.all(
          links.map(async (link) => [
            await link.getAttribute("href"),
            await link.getAttribute("rel"),
          ]),
        ),
      };
      assert.deepEqual(found, {
        pwned: false,
        images: 0,
        links: [
          ["https://example.org", "noopener noreferrer nofollow"],
          ["https://example.org/track.png", "noopener noreferrer nofollow"],
        ],
      });
    });

    async function logInAgain(): Promise<void> {
      await page.getByText("Your session has ended").waitFor();
      const code = page.getByLabel("One-time code, link or token");
      await code.fill(await stage.loginLink());
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("Your session has ended").waitFor({ state: "detached" });
    }
    async function content(): Promise<string> {
      const { id } = await stage.lab.task("edit-me");
      return (await home.store.content(id))?.text ?? "";
    }
    const expected = (text: string): boolean => /status of 401|status of 412/.test(text);
    assert.deepEqual(
      [...complaints, ...otherComplaints].filter((text) => !expected(text)),
      [],
    );
  },
});
