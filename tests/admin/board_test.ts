import assert from "node:assert/strict";
import { findBrowser, Stage } from "../support/browser.ts";

/** The admin in a real browser: the way in, the board, a lifecycle that moves on it. */

const ignore = await findBrowser() === null;

Deno.test({
  name: "the admin: log in, create a task, watch it being built without a reload",
  ignore,
  fn: async (t) => {
    await using stage = await Stage.open();
    await using view = await stage.view({ login: false });
    const { page, complaints } = view;

    await t.step("without a session there is only the login page", async () => {
      await page.goto(`${stage.url}/admin/`);
      await page.getByRole("button", { name: "Log in" }).waitFor();
      assert.deepEqual(complaints, []);
    });

    await t.step("a one-time link logs in, once", async () => {
      const link = await stage.loginLink();
      await page.goto(link);
      await page.getByText("No tasks yet").waitFor();
      assert.ok(!page.url().includes("#"), "the code stays in the address");
      await using second = await stage.view({ login: false });
      await second.page.goto(link);
      await second.page.getByRole("alert").waitFor();
    });

    await t.step("a task is created with the keyboard alone", async () => {
      await page.keyboard.press("c");
      await page.getByLabel("What should be done?").waitFor();
      await page.keyboard.type("Greet people");
      // closed in error, it is as it was
      await page.keyboard.press("Escape");
      await page.getByLabel("What should be done?").waitFor({ state: "detached" });
      await page.keyboard.press("c");
      await page.getByLabel("What should be done?").waitFor();
      await page.keyboard.press("End");
      await page.keyboard.type(" from the command line");
      assert.equal(
        await page.getByLabel("Name").inputValue(),
        "greet-people-from-the-command-line",
      );
      await page.keyboard.press("Control+Enter");
      await page.getByRole("heading", {
        name: "greet-people-from-the-command-line",
      }).waitFor();
      const task = await stage.lab.task("greet-people-from-the-command-line");
      assert.equal(task.status, "ready");
      assert.equal(task.description, "Greet people from the command line");
    });

    await t.step(
      "its whole life is seen on the board as it happens",
      async () => {
        await page.keyboard.press("g");
        await page.keyboard.press("b");
        await page.evaluate(() => Object.assign(globalThis, { stillHere: true }));
        const card = page.getByRole("link", { name: /greet-people/ });
        await card.waitFor();
        stage.lab.startDaemon();
        const kas = await stage.lab.kas(
          "task",
          "start",
          "greet-people-from-the-command-line",
        );
        assert.equal(kas.code, 0, kas.err);
        for (const status of ["implementing", "done"]) {
          await page.getByRole("region", { name: new RegExp(`^${status}, 1`) })
            .getByRole("link", { name: /greet-people/ }).waitFor({
              timeout: 60_000,
            });
        }
        assert.equal(
          await page.evaluate(() => "stillHere" in globalThis),
          true,
          "it was reloaded",
        );
      },
    );

    await t.step("the task shows what was done, and by whom", async () => {
      await page.getByRole("link", { name: /greet-people/ }).click();
      await page.getByText(/^(\d+) of \1 complete$/).waitFor();
      await page.getByRole("link", { name: "Changes" }).click();
      await page.getByRole("button", { name: /lib\/greet\.sh/ }).first()
        .waitFor();
      await page.getByRole("link", { name: "Events" }).click();
      await page.getByText("task merged").waitFor();
    });
    assert.deepEqual(complaints, []);
  },
});
