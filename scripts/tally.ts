/** How many tests went which way. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed/gm;

/** Adds up the closing lines of all `deno test` runs in an output without colours. */
export function countTests(output: string): Tally {
  let passed = 0;
  let failed = 0;
  for (const [, good, bad] of output.matchAll(SUMMARY)) {
    passed += Number(good);
    failed += Number(bad);
  }
  return { passed, failed };
}
