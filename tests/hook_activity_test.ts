import assert from "node:assert/strict";
import { closeClients, daemonFetch, subscribe } from "../lib/daemon/client.ts";
import { Lab } from "./support/lab.ts";

/** What an agent's hooks report, through a real daemon: `kas hook` as a runtime calls it. */

/** What the API says of an instance. */
interface Seen {
  readonly activity: string;
  readonly evidence: string;
  readonly valid_actions: readonly string[];
}

/** Runs the test with a session whose program hands the words of `<root>/event-<n>` to `kas hook`. */
async function inSession(
  test: (lab: Lab, hook: (event: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  await using lab = await Lab.open();
  const { root, paths } = lab.sandbox;
  const folder = `${paths.configDir}/agents/worker`;
  const program = `${root}/worker.sh`;
  // each call of a runtime's hook is a process of its own
  const script = `n=1
while :; do
  if test -e "${root}/event-$n"; then
    kas hook "$(cat "${root}/event-$n")" 2> "${root}/said-$n.tmp"
    echo "status $?" >> "${root}/said-$n.tmp"
    mv "${root}/said-$n.tmp" "${root}/said-$n"
    n=$((n + 1))
  else
    sleep 0.05
  fi
done`;
  await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/soul.md`, "You work.\n");
  await Deno.writeTextFile(
    `${folder}/agent.toml`,
    `[runtime]\ndefault = "command"\n[runtime.command]\nprogram = [${JSON.stringify(program)}]\n`,
  );
  lab.startDaemon();
  const detach = ["chat", "-a", "worker", "--detach", "--title", "worker", "--task", "wait"];
  const begun = await lab.kas(...detach);
  assert.equal(begun.code, 0, begun.err);
  let number = 0;
  const hook = async (event: string): Promise<string> => {
    number += 1;
    const [file, said] = [`${root}/event-${number}`, `${root}/said-${number}`];
    await Deno.writeTextFile(`${file}.tmp`, event);
    await Deno.rename(`${file}.tmp`, file);
    let text = "";
    await lab.until(`the end of kas hook ${event}`, async () => {
      text = await Deno.readTextFile(said).catch(() => "");
      return text !== "";
    });
    return text;
  };
  try {
    await test(lab, hook);
  } finally {
    closeClients();
  }
}

async function seen(lab: Lab): Promise<Seen> {
  const { key } = lab.workspace.project;
  const response = await daemonFetch(
    lab.sandbox.paths,
    `/v1/projects/${key}/instances/worker`,
  );
  assert.equal(response.status, 200);
  return await response.json();
}

Deno.test("what a hook reports is the instance's activity, and an event of each change arrives", () =>
  inSession(async (lab, hook) => {
    await lab.until(
      "a running instance",
      async () => (await lab.home.store.sessions({ statuses: ["running"] })).length === 1,
    );
    const stop = new AbortController();
    const filter = { afterId: await lab.home.store.lastEventId(), kinds: ["agent_activity"] };
    const events = subscribe(lab.sandbox.paths, filter, stop.signal)[Symbol.asyncIterator]();
    try {
      let before = "unknown";
      for (
        const [event, activity] of [
          ["UserPromptSubmit", "busy"],
          ["PermissionRequest", "asking"],
          ["PreToolUse", "busy"],
          ["Stop", "idle"],
          ["busy", "busy"],
        ] as const
      ) {
        assert.equal(await hook(event), "status 0\n");
        const { done, value } = await events.next();
        assert.ok(done !== true, "the stream ended");
        assert.deepEqual([value.instance, value.detail], ["worker", { activity, before }]);
        const { evidence, ...now } = await seen(lab);
        assert.deepEqual([now.activity, evidence], [activity, `hook: ${event}`]);
        before = activity;
      }
    } finally {
      stop.abort();
      await events.return?.(undefined);
    }
  }));

Deno.test("a hook that means nothing changes nothing, and a runtime without dialogs says so", () =>
  inSession(async (lab, hook) => {
    assert.match(await hook("Nonsense"), /the event "Nonsense" is unknown\nstatus 1\n$/);
    assert.equal(await hook("asking"), "status 0\n");
    await lab.until("a question", async () => (await seen(lab)).activity === "asking");
    assert.ok(!(await seen(lab)).valid_actions.includes("permission"));
    const { key } = lab.workspace.project;
    const refused = await daemonFetch(
      lab.sandbox.paths,
      `/v1/projects/${key}/instances/worker/permission`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ choice: 0 }),
      },
    );
    const { code, detail, hint } = await refused.json();
    assert.deepEqual([refused.status, code], [403, "guard"]);
    assert.match(detail, /^Cannot answer worker for "command"/);
    assert.match(hint, /terminal/);
    const answer = await lab.kas("instance", "permission", "worker", "once");
    assert.equal(answer.code, 3, answer.err);
    assert.match(answer.err, /Cannot answer worker for "command"/);
    const wrong = await lab.kas("instance", "permission", "worker", "maybe");
    assert.equal(wrong.code, 2, wrong.err);
  }));
