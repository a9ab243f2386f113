import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe complains about. */
export interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

/** Serious and critical findings of axe on what is shown now. */
export async function findings(page: Page): Promise<Finding[]> {
  // Not as a script element: the page's policy refuses it.
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run: () => Promise<
          {
            passes: unknown[];
            violations: {
              id: string;
              impact: string;
              nodes: { html: string }[];
            }[];
          }
        >;
      };
    };
    const { passes, violations } = await axe.run();
    if (passes.length < 10) throw new Error("axe found nothing to look at");
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, impact, nodes }) => ({
        id,
        impact,
        nodes: nodes.map(({ html }) => html),
      }));
  });
}
