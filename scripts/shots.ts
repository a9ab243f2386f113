/**
 * Writes screenshots of every screen of the admin, in both themes and on a phone, of a project that
 * real agents play. The first argument names another folder than build/shots; "--docs" renews those
 * in docs/images.
 * @module
 */
import { playScene, SCENE, screensOf } from "../tests/support/admin_scene.ts";
import { Stage, type ViewOptions } from "../tests/support/browser.ts";
import { ROOT, script } from "./run.ts";

/** Those that the README shows: name here, name there. */
const DOCS: Readonly<Record<string, string>> = {
  "board-dark": "board",
  "task-light": "task",
  "changes-dark": "changes",
  "instance-dark": "terminal",
};
const LOOKS: readonly (readonly [string, ViewOptions])[] = [
  ["light", { width: 1440, height: 900 }],
  ["dark", { width: 1440, height: 900, dark: true }],
  ["phone", { width: 390, height: 844 }],
];
/** For pictures to come to rest: time stamps, the terminal's first screen. In ms. */
const REST_MS = 600;

async function shoot(stage: Stage, folder: string): Promise<string[]> {
  const screens = screensOf(stage.lab.workspace.project.key);
  const made: string[] = [];
  for (const [look, options] of LOOKS) {
    await using view = await stage.view(options);
    const { page } = view;
    const save = async (name: string): Promise<void> => {
      await page.waitForTimeout(REST_MS);
      await page.screenshot({ path: `${folder}/${name}-${look}.png` });
      made.push(`${name}-${look}`);
    };
    for (const [name, path] of Object.entries(screens)) {
      await page.goto(`${stage.url}${path}`);
      await page.locator(".skeleton, .ghosts").first().waitFor({ state: "detached" });
      await save(name);
    }
    await page.goto(`${stage.url}/admin/`);
    await page.getByRole("link", { name: /csv-export/ }).first().waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("up");
    await save("palette");
    await page.keyboard.press("Escape");
    await page.keyboard.press("c");
    await page.keyboard.type("Send a receipt by mail after every order");
    await save("create");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await save("shortcuts");
    await using outside = await stage.view({ ...options, login: false });
    await outside.page.goto(`${stage.url}/admin/`);
    await outside.page.getByRole("button", { name: "Log in" }).waitFor();
    await outside.page.screenshot({ path: `${folder}/login-${look}.png` });
    made.push(`login-${look}`);
  }
  return made;
}

await script(async () => {
  const docs = Deno.args.includes("--docs");
  const folder = Deno.args.find((word) => !word.startsWith("--")) ?? `${ROOT}/build/shots`;
  await Deno.mkdir(folder, { recursive: true });
  await using stage = await Stage.open(SCENE);
  await playScene(stage.lab);
  const made = await shoot(stage, folder);
  if (docs) {
    await Deno.mkdir(`${ROOT}/docs/images`, { recursive: true });
    for (const [from, to] of Object.entries(DOCS)) {
      await Deno.copyFile(`${folder}/${from}.png`, `${ROOT}/docs/images/${to}.png`);
    }
  }
  console.log(`${made.length} screenshots in ${folder}`);
});
