import { commitContract } from "./contract/commit.ts";
import { eventContract } from "./contract/events.ts";
import { ledgerContract } from "./contract/ledger.ts";
import { linearTriggerContract } from "./contract/linear_triggers.ts";
import { projectContract } from "./contract/projects.ts";
import { pullRequestContract } from "./contract/pull_requests.ts";
import { signalContract } from "./contract/signals.ts";
import { taskContract } from "./contract/tasks.ts";
import { tokensContract } from "./contract/tokens.ts";
import { transitionContract } from "./contract/transition.ts";
import type { Store } from "./types.ts";

/**
 * Registers the tests that every store must pass.
 * @param name shown in the test titles
 * @param open makes another connection to one and the same database, which starts out empty; the
 * tests keep out of each other's way by using projects of their own
 */
export function storeContract(name: string, open: () => Promise<Store>): void {
  const suite = { name, open };
  projectContract(suite);
  taskContract(suite);
  transitionContract(suite);
  commitContract(suite);
  signalContract(suite);
  ledgerContract(suite);
  eventContract(suite);
  tokensContract(suite);
  pullRequestContract(suite);
  linearTriggerContract(suite);
}
