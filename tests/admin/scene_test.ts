import assert from "node:assert/strict";
import { selfArgv } from "../../lib/self.ts";
import { playScene, SCENE, screensOf } from "../support/admin_scene.ts";
import { findings } from "../support/axe.ts";
import { findBrowser, Stage } from "../support/browser.ts";

/** The admin over a project in the middle of its day: every screen, agents, decisions, a phone. */

const ignore = await findBrowser() === null;

Deno.test({
  name: "the admin: screens, agents and decisions of a running project",
  ignore,
  fn: async (t) => {
    await using stage = await Stage.open(SCENE);
    await playScene(stage.lab);
    const project = stage.lab.workspace.project.key;
    const screens = screensOf(project);

    const looks = [["light", 1280], ["dark", 1280], ["light", 390]] as const;
    for (const [theme, width] of looks) {
      await t.step(
        `every screen is accessible and fits (${theme}, ${width} px)`,
        async () => {
          await using view = await stage.view({
            dark: theme === "dark",
            width,
          });
          const { page, complaints } = view;
          for (const [name, path] of Object.entries(screens)) {
            await page.goto(`${stage.url}${path}`);
            await page.locator("main h1, .bar h1").first().waitFor({
              state: "attached",
            });
            await page.locator(".skeleton, .ghosts").first().waitFor({
              state: "detached",
            });
            assert.deepEqual(await findings(page), [], name);
            const wide = await page.evaluate<number>(
              "document.documentElement.scrollWidth",
            );
            assert.ok(wide <= width, `${name} is ${wide} px wide`);
          }
          assert.deepEqual(complaints, []);
        },
      );
    }

    await t.step("side by side, the text has the room and not its number", async () => {
      await using view = await stage.view();
      const { page } = view;
      await page.goto(`${stage.url}${screens.changes}`);
      await page.getByRole("button", { name: "Side by side" }).click();
      const number = await page.locator(".diff.split td.nr.added").first().boundingBox();
      const text = await page.locator(".diff.split td.src.added").first().boundingBox();
      assert.ok(number !== null && text !== null && text.width > 4 * number.width);
      // A path is cut at its front, but read as it is: ".gitignore" keeps its dot where it belongs.
      const first = "document.querySelector('.file-list .path > *')";
      assert.equal(await page.evaluate(`getComputedStyle(${first}).direction`), "ltr");
    });

    await t.step(
      "the question before a task is cancelled has two answers that differ",
      async () => {
        await using view = await stage.view();
        const { page } = view;
        await page.goto(`${stage.url}/admin/projects/${project}/tasks/rate-limits`);
        const move = page.getByRole("button", { name: "Move" });
        await move.click();
        // Escape closes the menu, and does not lead back to the board as well.
        await page.keyboard.press("Escape");
        await page.getByRole("menu").waitFor({ state: "hidden" });
        await move.click();
        await page.getByRole("menuitem", { name: "Cancel" }).click();
        await page.getByRole("button", { name: "Keep it" }).click();
        await page.getByRole("dialog").waitFor({ state: "detached" });
        assert.equal((await stage.lab.task("rate-limits")).status, "planning");
      },
    );

    await t.step("on a phone, Escape closes the navigation", async () => {
      await using view = await stage.view({ width: 390 });
      const { page } = view;
      await page.goto(`${stage.url}${screens.task}`);
      await page.getByRole("button", { name: "Open navigation" }).click();
      const link = page.getByRole("link", { name: "Audit" });
      await link.waitFor();
      await page.keyboard.press("Escape");
      await link.waitFor({ state: "hidden" });
      assert.ok(page.url().endsWith(screens.task ?? "?"));
    });

    await t.step("somebody types into an agent's terminal", async () => {
      await using view = await stage.view();
      const { page, complaints } = view;
      await page.goto(`${stage.url}${screens.instance}`);
      await page.getByText("you may type").waitFor();
      await page.getByText("run   sh tests/parse.sh").waitFor();
      // What the program says of itself, and how that is known.
      await page.getByText("hook: busy").waitFor();
      await page.locator(".xterm-helper-textarea").focus();
      await page.keyboard.type("semicolons please");
      await page.keyboard.press("Enter");
      // The terminal echoes what is typed, and `cat` says it again.
      await stage.lab.until("the echo", async () => {
        const text = await page.locator(".xterm-rows").innerText();
        return text.split("semicolons").length === 3;
      });
      // Tab is the agent's; one key leads out, and on from there.
      await page.keyboard.press("Tab");
      await page.locator(".xterm-helper-textarea:focus").waitFor();
      await page.keyboard.press("F6");
      await page.locator(".composer textarea:focus").waitFor();
      assert.deepEqual(complaints, []);
    });

    await t.step(
      "a decision is answered where it is read, with the keyboard",
      async () => {
        await using view = await stage.view();
        const { page, complaints } = view;
        await page.keyboard.press("g");
        await page.keyboard.press("d");
        await page.getByText("Wave failed").waitFor();
        await page.keyboard.press("j");
        await page.getByRole("button", { name: /without/ }).focus();
        await page.keyboard.press("Enter");
        await page.getByText("Nothing waits for you").waitFor();
        await stage.lab.untilStatus("upload-retries", "reviewing");
        assert.deepEqual(complaints, []);
      },
    );

    await t.step("an agent is made, and its soul is written", async () => {
      await using view = await stage.view();
      const { page, complaints } = view;
      await page.goto(`${stage.url}/admin/agents`);
      await page.getByRole("button", { name: "New agent" }).click();
      await page.getByLabel("Name").fill("scribe");
      await page.getByLabel("What it is for").fill("Writes the manual");
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByRole("heading", { name: "scribe" }).waitFor();
      await page.getByLabel(/soul\.md/).fill("You write the manual.\n");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved").waitFor();
      const path = `${stage.lab.sandbox.repo}/.kasmos/agents/scribe/soul.md`;
      assert.equal(await Deno.readTextFile(path), "You write the manual.\n");
      assert.deepEqual(complaints, []);
    });

    await t.step(
      "the palette finds a task; the board is walked with keys",
      async () => {
        await using view = await stage.view();
        const { page, complaints } = view;
        await page.keyboard.press("Control+k");
        await page.keyboard.type("csvexp");
        await page.getByRole("option", { name: /csv-export/ }).first()
          .waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await page.keyboard.press("j");
        await page.locator(".column:nth-child(1) .card-link.selected:focus").waitFor();
        await page.keyboard.press("l");
        await page.locator(".column:nth-child(2) .card-link.selected:focus")
          .waitFor();
        await page.keyboard.press("Enter");
        await page.getByRole("navigation", { name: "Parts of the task" })
          .waitFor();
        await page.keyboard.press("?");
        await page.getByRole("heading", { name: "Keyboard shortcuts" })
          .waitFor();
        assert.deepEqual(complaints, []);
      },
    );

    await t.step(
      "without the server the page says so, keeps what it shows, and goes on when it is back",
      async () => {
        await using view = await stage.view();
        const { page } = view;
        await page.getByRole("link", { name: /csv-export/ }).waitFor();
        await stage.stopServer();
        await page.getByText("The server does not answer").waitFor();
        assert.equal(
          await page.getByRole("link", { name: /csv-export/ }).count(),
          1,
        );
        await page.getByRole("link", { name: "Audit", exact: true }).click();
        await page.getByRole("alert").getByText("cannot be loaded now").waitFor();
        const [program = "", ...self] = selfArgv();
        const again = new Deno.Command(program, {
          args: [...self, "serve", "--port", new URL(stage.url).port],
          cwd: stage.lab.sandbox.repo,
          env: stage.lab.env,
          stdout: "null",
        }).spawn();
        try {
          await page.getByText("The server does not answer").waitFor({ state: "detached" });
          // What could not be read is there without anybody asking for it again.
          await page.getByRole("link", { name: "greet-people", exact: true }).first().waitFor();
        } finally {
          again.kill("SIGTERM");
          await again.status;
        }
      },
    );
  },
});
