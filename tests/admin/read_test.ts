import assert from "node:assert/strict";
import { findBrowser, Stage } from "../support/browser.ts";
import { SCENE } from "../support/admin_scene.ts";

/** Somebody with a token of their own that only reads: all is seen, nothing can be done. */

const ignore = await findBrowser() === null;

Deno.test({
  name: "the admin: a token that reads shows all and offers nothing to do",
  ignore,
  fn: async () => {
    await using stage = await Stage.open(SCENE);
    const { lab } = stage;
    const made = await lab.kas("token", "create", "--name", "wall", "--json");
    assert.equal(made.code, 0, made.err);
    const { secret } = JSON.parse(made.out);
    lab.startDaemon();
    await lab.kas("task", "create", "rate-limits");
    await lab.event("rate-limits", "plan_start");
    const { title } = await lab.running("rate-limits", "planner");
    await using view = await stage.view({ login: false });
    const { page, complaints } = view;
    await page.goto(`${stage.url}/admin/`);
    await page.getByLabel("One-time code, link or token").fill(secret);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("link", { name: /rate-limits/ }).waitFor();
    assert.equal(await page.getByRole("button", { name: "New task" }).count(), 0);
    const project = lab.workspace.project.key;
    await page.goto(`${stage.url}/admin/projects/${project}/tasks/rate-limits`);
    await page.getByRole("navigation", { name: "Parts of the task" }).waitFor();
    assert.equal(await page.getByRole("button", { name: /cancel/i }).count(), 0);
    // What it may not read it does not ask for: the console stays clean.
    await page.goto(`${stage.url}/admin/settings/tokens`);
    await page.getByText("Tokens need the scope admin").waitFor();
    await page.goto(`${stage.url}/admin/projects/${project}/instances/${title}`);
    await page.locator(".xterm-rows").waitFor();
    await page.getByText("read only").waitFor();
    await page.locator(".xterm-helper-textarea").focus();
    await page.keyboard.type("never seen");
    // Nobody is held in a terminal that takes no keys.
    await page.keyboard.press("Tab");
    await page.locator(".xterm-helper-textarea:focus").waitFor({ state: "detached" });
    await lab.kas("token", "revoke", "wall");
    // its streams end with it, and the page asks for another way in
    await page.getByLabel("One-time code, link or token").waitFor();
    assert.doesNotMatch((await lab.kas("instance", "capture", title)).out, /never seen/);
    assert.deepEqual(complaints.filter((text) => !text.includes("401")), []);
  },
});
