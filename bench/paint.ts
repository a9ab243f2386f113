import type { BrowserContext } from "playwright-core";
import { findBrowser, Stage } from "../tests/support/browser.ts";
import { limited, number, percentile, type Row } from "./stats.ts";
import type { Binary } from "./world.ts";

/** How soon a browser shows the board: a first visit, with nothing in its cache. */

const ROUNDS = 11;
const TASKS = 5_000;
const LIMIT_MS = 300;
/** Notes when the first task stands on the page, which is before anybody can ask for it. */
const WATCH = `
  new MutationObserver((_, observer) => {
    if (document.querySelector(".card-link") === null) return;
    observer.disconnect();
    globalThis.drawnAt = performance.now();
  }).observe(document, { childList: true, subtree: true });
`;
/** Waits until something is to be seen, and answers with both paints. */
const PAINTS = `new Promise((resolve) => {
  new PerformanceObserver((_, observer) => {
    const [paint, content] = ["first-paint", "first-contentful-paint"]
      .map((name) => performance.getEntriesByName(name)[0]?.startTime);
    if (content === undefined) return;
    observer.disconnect();
    resolve({ paint, content });
  }).observe({ type: "paint", buffered: true });
})`;

interface Times {
  readonly paint: number;
  readonly content: number;
  /** Until the first task is drawn; null on an empty board. */
  readonly task: number | null;
}

/** Measures the board's first paint, empty and with very many tasks. */
export async function paint(binary: Binary): Promise<Row[]> {
  if (await findBrowser() === null) return [{ what: "paint: not measured", value: "no chromium" }];
  await using stage = await Stage.open({ env: binary.env }, [binary.path]);
  const rows = await board(stage, "empty board");
  await fill(stage);
  return [...rows, ...await board(stage, `board of ${number(TASKS)} tasks`)];
}

async function board(stage: Stage, what: string): Promise<Row[]> {
  await using first = await stage.view();
  const storageState = await first.page.context().storageState();
  const url = first.page.url();
  const all: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const context = await stage.browser.newContext({ storageState });
    try {
      all.push(await visit(context, url));
    } finally {
      await context.close();
    }
  }
  const median = (times: readonly number[]): number => percentile(times, 0.5);
  const tasks = all.flatMap(({ task }) => task ?? []);
  return [
    limited(`paint: ${what}, first paint`, median(all.map(({ paint }) => paint)), LIMIT_MS, "ms"),
    limited(
      `paint: ${what}, first content`,
      median(all.map(({ content }) => content)),
      LIMIT_MS,
      "ms",
    ),
    ...tasks.length === 0
      ? []
      : [{ what: `paint: ${what}, first task`, value: `${number(median(tasks))} ms` }],
  ];
}

/** Times since the start of the navigation; in ms. */
async function visit(context: BrowserContext, url: string): Promise<Times> {
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  await page.goto(url);
  const paints: Pick<Times, "paint" | "content"> = await page.evaluate(PAINTS);
  await page.locator(".card-link, .empty").first().waitFor({ state: "attached" });
  const task: number | null = await page.evaluate("globalThis.drawnAt ?? null");
  return { ...paints, task };
}

async function fill({ lab: { home: { store }, workspace: { project } } }: Stage): Promise<void> {
  for (let number = 1; number <= TASKS; number++) {
    await store.createTask({
      projectId: project.id,
      name: `task-${number}`,
      description: `About part ${number}`,
      branch: `plan/task-${number}`,
      baseBranch: "main",
      topic: null,
      content: "",
      goal: "",
    }, "bench");
  }
}
