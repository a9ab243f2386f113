/**
 * Permission questions of the real agent CLIs, offline: a real daemon keeps each in a tmux session
 * under the permission `ask`, the mock model wants a shell command, and the question is answered as a
 * program would. Needs npm once, and node for gemini; runs with KAS_TEST_AGENTS=1.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { inWorld, type World } from "../commands/_testing.ts";
import { closeClients, daemonFetch } from "../lib/daemon/client.ts";
import { isThere } from "../lib/files/there.ts";
import { agentTest } from "./support/agent_case.ts";
import {
  AGENT_CLIS,
  type AgentCli,
  fetchAgentCli,
  isMissing,
  PINNED_CLIS,
  type PinnedCli,
} from "./support/agent_clis.ts";
import { processesLeft, sleep } from "./support/agent_processes.ts";
import { settleUser } from "./support/agent_user.ts";
import { type MockStep, startMockModel } from "./support/mock_model.ts";
import { userVariables } from "./support/other_clis.ts";
import { kas } from "./support/run_world.ts";

/** A start of a CLI and an answer take seconds; on a busy machine no more than this, in ms. */
const LIMIT_MS = 90_000;

/** How kas knows that each asks. */
const EVIDENCE: Readonly<Record<PinnedCli, RegExp>> = {
  claude: /^session file: waiting, permission prompt/,
  codex: /^title: .*Action Required/,
  opencode: /^server on port \d+: permission bash/,
  copilot: /^events: permission/,
  gemini: /^title: \u270b/,
};

/** A shell command that needs leave under `ask`. */
function risky(name: PinnedCli, command: string): MockStep {
  if (name !== "codex") return { shell: command };
  const args = { cmd: command, sandbox_permissions: "require_escalated", justification: "May I?" };
  return { tool: { name: "exec_command", args } };
}

/** What the API says of an instance. */
interface Seen {
  readonly status: string;
  readonly activity: string;
  readonly evidence: string;
  readonly valid_actions: readonly string[];
}

/** An agent of the daemon, and its user with the API in hand. */
class Asker {
  constructor(readonly world: World, readonly project: string) {}

  async api(method: string, path: string, body?: unknown): Promise<Response> {
    const json = body === undefined ? {} : {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    return await daemonFetch(
      this.world.paths,
      `/v1/projects/${this.project}/instances/asker${path}`,
      { method, ...json },
    );
  }

  async seen(): Promise<Seen> {
    const response = await this.api("GET", "");
    equal(response.status, 200);
    return await response.json();
  }

  /** Looks until it holds. @throws Error with the screen when it never does */
  async until(what: string, holds: (seen: Seen) => boolean | Promise<boolean>): Promise<Seen> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(50)) {
      const seen = await this.seen();
      if (await holds(seen)) return seen;
    }
    const { activity, evidence } = await this.seen();
    const { out } = await kas(this.world, ["instance", "capture", "asker"], {});
    throw new Error(`${what} does not come: ${activity} (${evidence})\n${out}`);
  }

  /** Waits for a question. */
  asks(): Promise<Seen> {
    return this.until(
      "a question",
      ({ activity, valid_actions }) =>
        activity === "asking" && valid_actions.includes("permission"),
    );
  }

  /** Waits for a question and gives the answer. */
  async answer(choice: 0 | 1 | 2): Promise<Seen> {
    const seen = await this.asks();
    const told = await this.api("POST", "/permission", { choice });
    const text = await told.text();
    if (told.status !== 200) {
      const { out } = await kas(this.world, ["instance", "capture", "asker"], {});
      throw new Error(`${text}\n${out}`);
    }
    return seen;
  }

  file(name: string): Promise<boolean> {
    return isThere(`${this.world.repo}/${name}`);
  }
}

async function inSession(
  name: PinnedCli,
  steps: readonly MockStep[],
  test: (asker: Asker) => Promise<void>,
): Promise<void> {
  await inWorld(async (world) => {
    await using model = startMockModel({ rules: [{ match: /Write some files/, steps }] });
    const cli = AGENT_CLIS.find((one): one is AgentCli => one === name);
    const variables = cli !== undefined
      ? await settleUser(cli, world.dir, model.url)
      : await userVariables(name === "copilot" ? "copilot" : "gemini", model.url);
    const env = { ...variables, [`KASMOS_${name.toUpperCase()}_BIN`]: await fetchAgentCli(name) };
    world.tmux();
    try {
      const task = ["--task", "Write some files", "--title", "asker"];
      // gemini asks its router for the model otherwise
      const named = name === "gemini" ? ["--model", "mock-model"] : [];
      const argv = [
        "chat",
        "--runtime",
        name,
        "--permission",
        "ask",
        "--detach",
        ...named,
        ...task,
      ];
      const begun = await kas(world, argv, { env });
      equal(begun.code, 0, begun.err);
      const [project] = await world.store.projects({ registered: true });
      await test(new Asker(world, project?.key ?? ""));
    } finally {
      await kas(world, ["instance", "kill", "asker"], { env });
      await kas(world, ["daemon", "stop"], { env });
      closeClients();
      deepEqual(await processesLeft(world.paths.sessionsDir), []);
    }
  });
}

const ONCE = 0;
const ALWAYS = 1;
const REJECT = 2;

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? PINNED_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);

  agentTest(name, ignore, "a permission is given and refused over the API", async () => {
    const steps = [
      risky(name, "echo one > allowed.txt"),
      risky(name, "echo two > rejected.txt"),
      { text: "All done." },
    ];
    await inSession(name, steps, async (asker) => {
      const { evidence } = await asker.answer(ONCE);
      match(evidence, EVIDENCE[name]);
      await asker.until("the allowed file", () => asker.file("allowed.txt"));
      await asker.answer(REJECT);
      await asker.until("rest", ({ activity }) => activity === "idle");
      equal(await asker.file("rejected.txt"), false);
    });
  });

  // claude's lasting answer to a command that only writes a file is about the folder; it asks again
  const made = name === "claude" ? ".git/refs/tags/allowed" : "allowed.txt";
  const again = risky(name, name === "claude" ? "git tag -f allowed" : `touch ${made}`);
  agentTest(name, ignore, "a permission is given for the next time as well", async () => {
    await inSession(name, [again, again, { text: "All done." }], async (asker) => {
      await asker.answer(ALWAYS);
      await asker.until("rest", ({ activity }) => activity === "idle");
      equal(await asker.file(made), true);
    });
  });

  // copilot has no lasting answer to a redirection
  const lacks = name === "copilot";
  agentTest(name, ignore || !lacks, "an answer that is not there is refused", async () => {
    const steps = [risky(name, "echo one > allowed.txt"), { text: "All done." }];
    await inSession(name, steps, async (asker) => {
      await asker.asks();
      const refused = await asker.api("POST", "/permission", { choice: ALWAYS });
      const { code, hint } = await refused.json();
      deepEqual([refused.status, code], [403, "guard"]);
      match(hint, /^Allow once or reject/);
      await asker.answer(ONCE);
      await asker.until("rest", ({ activity }) => activity === "idle");
      equal(await asker.file("allowed.txt"), true);
    });
  });
}
