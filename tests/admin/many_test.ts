import assert from "node:assert/strict";
import { findBrowser, Stage } from "../support/browser.ts";

/** A board with very many tasks holds only those in view. */

const ignore = await findBrowser() === null;
const MANY = 5_000;
/** Far more than fit into a window, far fewer than there are. */
const MOST_CARDS = 100;

Deno.test({
  name: "the admin: a board of 5,000 tasks draws those in view, and reaches the last one",
  ignore,
  fn: async () => {
    await using stage = await Stage.open();
    const { store } = stage.lab.home;
    const { project } = stage.lab.workspace;
    for (let number = 1; number <= MANY; number++) {
      await store.createTask({
        projectId: project.id,
        name: `task-${number}`,
        description: number % 50 === 0 ? "about parsers" : "about something else",
        branch: `plan/task-${number}`,
        baseBranch: "main",
        topic: null,
        content: "",
        goal: "",
      }, "test");
    }
    await using view = await stage.view();
    const { page, complaints } = view;
    await page.getByRole("status").getByText(String(MANY), { exact: true })
      .waitFor();
    const cards = page.locator(".card-link");
    const focused = page.locator(".card-link.selected:focus");
    assert.ok(await cards.count() < MOST_CARDS);

    await page.keyboard.press("j");
    await focused.getByText("task-5000", { exact: true }).waitFor();
    await page.keyboard.press("End");
    await focused.getByText("task-1", { exact: true }).waitFor();
    assert.ok(await cards.count() < MOST_CARDS);

    await page.getByLabel("Search tasks").fill("parsers -task-5000");
    await page.getByText(`${MANY / 50 - 1} of ${MANY}`).waitFor();
    await page.getByRole("button", { name: "List" }).click();
    await page.getByRole("list", { name: "Tasks" }).waitFor();
    assert.ok(await page.locator(".line-link").count() < MOST_CARDS);

    const made = {
      projectId: project.id,
      name: "newest",
      description: "about parsers",
    };
    const rest = {
      branch: "plan/newest",
      baseBranch: "main",
      topic: null,
      content: "",
      goal: "",
    };
    await store.createTask({ ...made, ...rest }, "test");
    await page.getByRole("link", { name: /newest/ }).waitFor();
    assert.deepEqual(complaints, []);
  },
});
