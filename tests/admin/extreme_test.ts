import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { createTask } from "../../lib/engine/operations.ts";
import { findBrowser, Stage } from "../support/browser.ts";
import type { Lab } from "../support/lab.ts";

/** What agents write without measure: very long, very many, and text that turns around what is read. */

const ignore = await findBrowser() === null;
const RLO = "\u202e";
/** The characters of lib "visible": none may reach the page. */
const TURNING = "[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]";
const WORD = "unbroken".repeat(40);
const DESCRIPTION = `${RLO}evil\u202c ${"🎉".repeat(20)} שלום ${WORD}`;
/** Blocks of a plan; far more than are drawn at first. */
const SECTIONS = 5_000;
const FILES = 300;

/** Gives a task's branch a commit with these files. */
async function commitFiles(
  lab: Lab,
  name: string,
  subject: string,
  files: readonly (readonly [string, string])[],
): Promise<void> {
  const { branch } = await lab.task(name);
  const data = (text: string): string => `data ${new TextEncoder().encode(text).length}\n${text}\n`;
  const script = `commit refs/heads/${branch}\ncommitter A <a@b.c> 1700000000 +0000\n` +
    data(subject) + "from refs/heads/main^0\n" +
    files.map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`).join("");
  const child = new Deno.Command("git", {
    args: ["fast-import", "--quiet"],
    cwd: lab.sandbox.repo,
    env: lab.env,
    stdin: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  assert.ok((await child.status).success);
}

/** Texts of the page, of its attributes and of its title in which something turns around. */
async function turning(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`[...document.querySelectorAll("body, body *")]
    .filter((node) => !node.matches("textarea, input"))
    .flatMap((node) => [
      ...[...node.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data),
      node.title, node.getAttribute("aria-label") ?? "",
    ])
    .concat(document.title)
    .filter((text) => /${TURNING}/.test(text))`);
}

Deno.test({
  name: "the admin: text without measure fits, opens at once and turns nothing around",
  ignore,
  fn: async (t) => {
    await using stage = await Stage.open();
    const { lab } = stage;
    const { home, workspace } = lab;
    const content = `# Plan ${RLO}\n\n` +
      `### Section\n\nAbout \`${RLO}code\` and ${RLO}text.\n\n- one ${RLO}\n\n`.repeat(SECTIONS) +
      "The last line.\n";
    await createTask(home, workspace, { name: "extreme", description: DESCRIPTION, content }, "t");
    const { id } = await lab.task("extreme");
    await commitFiles(lab, "extreme", `subject ${RLO}gnp.exe`, [
      [`aa${RLO}txt.ts`, `const a = "${RLO}x";`],
      ...Array.from({ length: FILES }, (_, at) => [`src/f${at}.txt`, `${at}`] as const),
    ]);
    await home.store.commit([{
      kind: "decision_open",
      decision: {
        key: "extreme",
        projectId: workspace.project.id,
        taskId: id,
        sessionId: null,
        kind: "stuck_agent",
        question: `Question ${RLO} ${WORD}?`,
        detail: `Detail ${RLO} <b>no markup</b> ${WORD}`,
        options: [{ id: "wait", label: `wait ${RLO}` }],
      },
    }]);
    const task = `/admin/projects/${workspace.project.key}/tasks/extreme`;
    const screens = [
      "/admin/",
      "/admin/?layout=list",
      "/admin/decisions",
      "/admin/audit",
      task,
      `${task}/plan`,
      `${task}/changes`,
      `${task}/events`,
    ];

    for (const width of [1280, 390, 320]) {
      await t.step(`nothing turns around, and nothing is wider than ${width} px`, async () => {
        await using view = await stage.view({ width });
        const { page, complaints } = view;
        for (const path of screens) {
          await page.goto(`${stage.url}${path}`);
          await page.locator("main h1, .bar h1").first().waitFor({ state: "attached" });
          await page.locator(".skeleton, .ghosts").first().waitFor({ state: "detached" });
          assert.deepEqual(await turning(page), [], path);
          const wide = await page.evaluate<number>(
            `(() => {
              const { scrollWidth, clientWidth } = document.getElementById("main");
              return scrollWidth - clientWidth + document.documentElement.scrollWidth;
            })()`,
          );
          assert.ok(wide <= width, `${path} is ${wide} px wide`);
        }
        // What is there is named, not dropped.
        await page.goto(`${stage.url}${task}/plan`);
        await page.getByRole("heading", { name: "Plan ⟨U+202E⟩" }).waitFor();
        assert.deepEqual(complaints, []);
      });
    }

    await using view = await stage.view();
    const { page, complaints } = view;

    await t.step("a long plan is drawn as far as it is read, to its end", async () => {
      await page.goto(`${stage.url}${task}/plan`);
      const headings = page.locator(".prose h5");
      await headings.first().waitFor();
      assert.ok(await headings.count() < SECTIONS / 10);
      const before = await headings.count();
      await page.locator("main").evaluate((main) => main.scrollTo(0, 1e9));
      await stage.lab.until("more of it", async () => await headings.count() > before);
      // The preview beside the editor follows what is typed.
      await page.getByRole("button", { name: "Edit plan" }).click();
      await page.getByLabel("Plan", { exact: true }).press("Control+Home");
      await page.keyboard.type("# Typed\n\n");
      await page.locator(".preview").getByRole("heading", { name: "Typed" }).waitFor();
      page.once("dialog", (dialog) => void dialog.accept());
    });

    await t.step("many files are drawn as one looks at them; each can be jumped to", async () => {
      await page.goto(`${stage.url}${task}/changes`);
      const files = page.locator("article.file");
      await files.first().waitFor();
      assert.ok(await files.count() < FILES);
      await page.locator(".file-list button").last().click();
      const last = files.last();
      await last.getByText("src/f99.txt").waitFor();
      assert.equal(await files.count(), FILES + 1);
      assert.equal(await last.getByRole("button").getAttribute("aria-expanded"), "true");
    });

    await t.step("details of an event stay open while others come", async () => {
      await page.goto(`${stage.url}/admin/audit`);
      await page.getByRole("button", { name: /^Details of event/ }).first().click();
      await page.locator(".event.open").waitFor();
      await createTask(home, workspace, { name: "later", description: "x", content: "" }, "t");
      await page.getByRole("link", { name: "later" }).waitFor();
      assert.equal(await page.locator(".event.open").count(), 1);
    });

    await t.step("an address that names nothing leads on", async () => {
      const project = `${stage.url}/admin/projects/${workspace.project.key}`;
      const ways = [
        [`${project}/tasks/nobody`, "Go to the board"],
        [`${project}/instances/nobody`, "See all instances"],
        [`${project}/agents/nobody`, "See all agents"],
      ] as const;
      for (const [address, way] of ways) {
        await page.goto(address);
        await page.getByRole("heading", { name: "nobody" }).waitFor();
        await page.getByRole("button", { name: "Try again" }).waitFor();
        await page.getByRole("link", { name: way }).click();
        await page.locator("main h1, .bar h1").first().waitFor();
        assert.notEqual(page.url(), address);
      }
      // The browser itself notes each answer 404.
      assert.ok(complaints.every((text) => text.includes("404")), complaints.join("\n"));
      complaints.length = 0;
    });

    await t.step("the content is reached past the navigation", async () => {
      await page.goto(`${stage.url}/admin/decisions`);
      await page.getByRole("heading", { name: "Decisions" }).waitFor();
      await page.keyboard.press("Tab");
      await page.locator(".skip:focus").waitFor();
      await page.keyboard.press("Enter");
      await page.locator("main:focus").waitFor();
      assert.equal(await page.evaluate("location.hash"), "");
      assert.deepEqual(complaints, []);
    });
  },
});
