import { type PinnedCli, pinnedVersion } from "./agent_clis.ts";

/**
 * Registers a test that needs a real CLI.
 * @param ignore leaves it out, for a CLI that is optional and cannot be had
 */
export function agentTest(
  name: PinnedCli,
  ignore: boolean,
  title: string,
  body: () => Promise<void>,
): void {
  Deno.test({
    name: `${name} ${pinnedVersion(name)}: ${title}`,
    ignore,
    // the kept-alive connections of the CLIs end with the mock model
    sanitizeResources: false,
    async fn() {
      try {
        await body();
      } catch (error) {
        // the runner prints neither half of it
        if (error instanceof SuppressedError) {
          throw new AggregateError([error.suppressed, error.error], "Test and clean-up failed");
        }
        throw error;
      }
    },
  });
}
