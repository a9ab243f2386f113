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
      await page.context().clearCookies();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Your session has ended").waitFor();
      assert.equal(await editor.inputValue(), "a long thought\n");
      await page.getByLabel("One-time code, link or token").fill(
        await stage.loginLink(),
      );
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("Your session has ended").waitFor({
        state: "detached",
      });
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("The plan is saved").waitFor();
      assert.equal(await content(), "a long thought\n");
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
