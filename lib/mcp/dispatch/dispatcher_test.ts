import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "mcp-client";
import { isRunning } from "../../harness/process_info.ts";
import { type Connected, inMcpWorld, type McpWorld } from "../_testing.ts";

/** Ends deaf agents soon. */
const SOON = { graceMs: 200 };

/** Waits until a file of the repository has some text. */
async function appears(path: string): Promise<string> {
  for (let n = 0; n < 500; n++) {
    try {
      const text = await Deno.readTextFile(path);
      if (text.endsWith("\n")) return text.trim();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain for ${path}`);
}

/** Process ids that the script `PIDS` of a test wrote. */
async function pidsOf(world: McpWorld): Promise<number[]> {
  return (await appears(`${world.repo}/pids`)).split(" ").map(Number);
}

/** Deaf to SIGTERM, with a child in the background. */
const DEAF = 'trap "" TERM; sleep 300 & echo "$$ $!" > pids; echo begun; wait; sleep 300';

async function allGone(pids: readonly number[]): Promise<void> {
  let left = pids;
  for (let n = 0; n < 500 && left.length > 0; n++) {
    const running = await Promise.all(left.map(isRunning));
    left = left.filter((_, at) => running[at]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(left, []);
}

Deno.test("agent_run gives the task as it is and answers with the result", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("echo", 'cat; echo "[$KASMOS_AGENT $KASMOS_PROJECT]"');
    const client = await world.stdio();
    const task = '- do "this" $HOME `id`\n--flag\u00e9\n';
    const { text, data, isError } = await client.call("agent_run", { agent: "echo", task });
    assert.equal(isError, false);
    assert.equal(text, `${task}[echo repo]`);
    assert.equal(data["state"], "completed");
    assert.equal(data["exit_code"], 0);
    await world.agentDirectory("silent", "exit 0");
    const silent = await client.call("agent_run", { agent: "silent", task });
    assert.match(silent.text, /ended without an answer/);
    const empty = await client.refused("agent_run", { agent: "echo", task: " \n" });
    assert.equal(empty.code, "usage");
    const log = await world.home.store.events({ projectId: world.project.id, limit: 50 });
    const kinds = log.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === "agent_dispatched").length, 2);
    assert.equal(kinds.filter((kind) => kind === "agent_dispatch_ended").length, 2);
  });
});

Deno.test("R52: the result is what the agent printed, and errors stand apart", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("mixed", "echo noise >&2; echo answer");
    await world.agentDirectory("fails", "echo reason >&2; echo half; exit 3");
    const client = await world.stdio();
    assert.equal((await client.call("agent_run", { agent: "mixed", task: "x" })).text, "answer");
    const failed = await client.call("agent_run", { agent: "fails", task: "x" });
    assert.equal(failed.isError, true);
    assert.equal(failed.data["result"], "half");
    assert.equal(failed.data["exit_code"], 3);
    assert.match(String(failed.data["problem"]), /exited with 3.*\nreason/s);
  });
});

Deno.test("R2: nobody gets more permission or room than the caller has", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory(
      "worker",
      'echo "$KASMOS_PERMISSION $PWD"',
      "[defaults]\npermission_mode = 'yolo'",
    );
    await world.agentDirectory("flags", "echo $*", "");
    const toml = `${world.paths.configDir}/agents/flags/agent.toml`;
    await Deno.writeTextFile(toml, `${await Deno.readTextFile(toml)}extra_args = ["--yolo"]\n`);
    await Deno.mkdir(`${world.repo}/sub`);
    await Deno.symlink("/tmp", `${world.repo}/away`);
    const run = async (client: Connected, args: Record<string, unknown>) =>
      (await client.call("agent_run", { agent: "worker", task: "x", ...args })).text;
    for (const permission of ["ask", "auto", "yolo"] as const) {
      const { secret } = await world.agent({ permission, agent: "boss" });
      const client = await world.stdio(secret);
      assert.equal(await run(client, { permission: "yolo" }), `${permission} ${world.repo}`);
      assert.match(await run(client, { permission: "ask" }), /^ask /);
      assert.equal(await run(client, { cwd: "sub" }), `${permission} ${world.repo}/sub`);
      for (const cwd of ["/", "..", "/tmp", "away", `${world.repo}/../..`, "sub/../.."]) {
        const refused = await client.refused("agent_run", { agent: "worker", task: "x", cwd });
        assert.deepEqual([refused.code, refused.exit], ["guard", 3], cwd);
      }
      assert.equal(
        (await client.refused("agent_run", { agent: "worker", task: "x", cwd: "no" })).code,
        "not_found",
      );
      const flags = await client.call("agent_run", { agent: "flags", task: "x" });
      assert.equal(flags.isError, permission !== "yolo", flags.text);
    }
  });
});

Deno.test("R2: a model or an effort cannot smuggle in an option", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("worker", 'echo "$KASMOS_MODEL"');
    const client = await world.stdio((await world.agent({ agent: "boss" })).secret);
    for (const odd of ["--yolo", "-y", "a b", "a\n-y", "", "x".repeat(300), "$(id)"]) {
      for (const name of ["model", "effort"]) {
        const args = { agent: "worker", task: "x", [name]: odd };
        assert.equal((await client.refused("agent_run", args)).code, "invalid", odd);
      }
    }
    const args = { agent: "worker", task: "x", model: "vendor/model-4.5:large[1m]" };
    assert.equal((await client.call("agent_run", args)).text, args.model);
  });
});

Deno.test("R2: what a run may do is in its own token, not in what it says", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("thief", 'echo "$KASMOS_IDENTITY"');
    const { secret } = await world.agent({ permission: "auto", agent: "boss", root: world.repo });
    const client = await world.stdio(secret);
    const stolen = (await client.call("agent_run", { agent: "thief", task: "x" })).text.trim();
    const tokens = await world.home.store.tokens({ agents: true });
    const made = tokens.find(({ name }) => name === "thief");
    assert.deepEqual(made?.grant, {
      agent: "thief",
      role: null,
      permission: "ask",
      root: world.repo,
      chain: ["boss"],
    });
    assert.equal(made?.scope, "signal");
    assert.notEqual(made?.revokedAt, null);
    const late = await world.stdio(stolen);
    assert.match((await late.refused("task_list")).text, /it is revoked/);
  });
});

Deno.test("R40: six agents may stand above each other, each counted once", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("next", "echo ok");
    const call = async (chain: string[]) => {
      const { secret } = await world.agent({ agent: `a${chain.length}`, chain });
      return await (await world.stdio(secret)).call("agent_run", { agent: "next", task: "x" });
    };
    assert.equal((await call(["a0", "a1", "a2", "a3"])).text, "ok");
    const deep = await call(["a0", "a1", "a2", "a3", "a4"]);
    assert.match(deep.text, /6 agents are above it, 5 are allowed \(a0 → a1 → .* → a5 → next\)/);
    assert.equal(deep.data["exit_code"], 3);
  });
});

Deno.test("R54: an agent cannot call itself or who waits for it, and is told so by a guard", async () => {
  await inMcpWorld(async (world) => {
    const { secret } = await world.agent({ agent: "reviewer", role: "reviewer", chain: ["coder"] });
    for (const client of [await world.stdio(secret), await world.overHttp(secret)]) {
      const names = [["reviewer", /itself/], ["coder", /waits for/], [
        "Coder",
        /waits for/,
      ]] as const;
      for (const [agent, why] of names) {
        const refused = await client.refused("agent_run", { agent, task: "x" });
        assert.deepEqual([refused.code, refused.exit], ["guard", 3]);
        assert.match(refused.text, why);
      }
      const roster = JSON.stringify(await client.ok("agent_list"));
      assert.doesNotMatch(roster, /"name":"(reviewer|coder)"/);
      assert.match(roster, /"name":"planner"/);
      await assert.rejects(client.client.readResource({ uri: "kas://agents/coder" }));
    }
    const local = await world.stdio(secret);
    const odd = await local.refused("agent_run", { agent: "../coder", task: "x" });
    assert.equal(odd.code, "invalid");
  });
});

Deno.test("R41: a deaf agent is killed when its time is over, and the answer says so", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("deaf", DEAF);
    const client = await world.stdio(undefined, { ...SOON, runMs: 300 });
    const { isError, text, data } = await client.call("agent_run", { agent: "deaf", task: "x" });
    assert.equal(isError, true);
    assert.match(text, /it was ended after 0\.3 s, the time it had/);
    assert.deepEqual([data["state"], data["result"]], ["timed_out", "begun"]);
    assert.equal(data["exit_signal"], "SIGKILL");
    await allGone(await pidsOf(world));
  });
});

Deno.test("R41: an agent that a signal killed has failed, whatever it printed", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("dies", "echo fine; kill -9 $$");
    const client = await world.stdio();
    const { isError, data } = await client.call("agent_run", { agent: "dies", task: "x" });
    assert.equal(isError, true);
    assert.deepEqual([data["state"], data["exit_code"], data["exit_signal"]], [
      "failed",
      null,
      "SIGKILL",
    ]);
  });
});

Deno.test("R42: what is written after the process has ended is part of the result", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("late", "(sleep 0.3; echo late) & echo early");
    const client = await world.stdio();
    assert.equal(
      (await client.call("agent_run", { agent: "late", task: "x" })).text,
      "early\nlate",
    );
  });
});

Deno.test("R43: a call that is taken back ends the agent with all it started", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("deaf", DEAF);
    const endpoint = world.http(SOON);
    const http = await world.overHttp(
      await world.personToken("operate", world.project.id),
      endpoint,
    );
    for (const { client } of [await world.stdio(undefined, SOON), http]) {
      const taken = new AbortController();
      const call = client.callTool(
        { name: "agent_run", arguments: { agent: "deaf", task: "x" } },
        { signal: taken.signal },
      );
      const pids = await pidsOf(world);
      taken.abort();
      await assert.rejects(call);
      await allGone(pids);
      await Deno.remove(`${world.repo}/pids`);
    }
  });
});

Deno.test("a current HTTP client gets progress and can take a call back too", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("deaf", DEAF);
    const endpoint = world.http(SOON);
    const secret = await world.personToken("operate", world.project.id);
    const client = new Client({ name: "test", version: "1" }, {
      versionNegotiation: { mode: { pin: "2026-07-28" } },
    });
    await client.connect(
      new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), {
        fetch: (url, init) => endpoint.fetch(new Request(url, init)),
        requestInit: { headers: { authorization: `Bearer ${secret}` } },
      }),
    );
    const taken = new AbortController();
    const call = client.callTool(
      { name: "agent_run", arguments: { agent: "deaf", task: "x" } },
      { signal: taken.signal },
    );
    const pids = await pidsOf(world);
    taken.abort();
    await assert.rejects(call);
    await allGone(pids);
    await client.close();
  });
});

Deno.test("R44: of many calls at once only so many run", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("slow", "sleep 300");
    const { secret } = await world.agent({ agent: "boss" });
    // Two servers of one agent share what it may have.
    const clients = [await world.stdio(secret, SOON), await world.stdio(secret, SOON)];
    const args = { agent: "slow", task: "x", wait: false };
    const calls = Array.from({ length: 50 }, (_, n) => clients[n % 2]?.call("agent_run", args));
    const answers = await Promise.all(calls);
    const running = answers.filter((answer) => answer?.isError === false);
    assert.equal(running.length, 4);
    for (const answer of answers) {
      if (answer?.isError) assert.match(answer.text, /4 are allowed at a time/);
    }
    // one that ends makes room for one
    const { run } = running[0]?.data ?? {};
    const owner = clients[answers.findIndex((answer) => answer?.isError === false) % 2];
    assert.ok(owner);
    assert.equal((await owner.ok("agent_cancel", { run }))["state"], "cancelled");
    assert.equal((await owner.call("agent_run", args)).isError, false);
    assert.equal((await owner.call("agent_run", args)).isError, true);
  });
});

Deno.test("R44: an agent has a budget of runs, and so has the work it belongs to", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("quick", "echo ok");
    const { secret, token } = await world.agent({ agent: "boss" });
    const limits = { perCaller: 3, perTree: 4 };
    const args = { agent: "quick", task: "x" };
    const client = await world.stdio(secret, limits);
    for (let n = 0; n < 3; n++) assert.equal((await client.call("agent_run", args)).text, "ok");
    const spent = await client.refused("agent_run", args);
    assert.match(spent.text, /you have run 3, 3 are allowed/);
    // another server of the same agent changes nothing
    const again = await (await world.stdio(secret, limits)).refused("agent_run", args);
    assert.equal(again.code, "guard");

    const below = await world.agent({ agent: "helper", chain: ["boss"] });
    await world.home.store.commit([{ kind: "token_revoke", id: below.token.id, actor: "test" }]);
    const made = await childOf(world, token.id);
    const child = await world.stdio(made, limits);
    // three of the boss and the helper itself are the four of this tree
    assert.match((await child.refused("agent_run", args)).text, /of this work have run 4/);
  });
});

/** The secret of an agent that the holder of a token runs. */
async function childOf(world: McpWorld, caller: number): Promise<string> {
  const { agentToken } = await import("../../engine/caller.ts");
  const { secret, token } = await agentToken(
    { agent: "helper", role: null, permission: "ask", root: world.repo, chain: ["boss"] },
    { projectId: world.project.id, taskId: null, sessionId: null },
    null,
  );
  await world.home.store.commit([
    { kind: "token_new", token: { ...token, createdBy: `run:${caller}:${caller}` } },
  ]);
  return secret;
}

Deno.test("a run that is not waited for is looked at, waited for and ended by its caller alone", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory(
      "slow",
      "echo begun; while [ ! -e go ]; do sleep 0.02; done; echo done",
    );
    const { secret } = await world.agent({ agent: "boss" });
    const endpoint = world.http(SOON);
    const mine = await world.overHttp(secret, endpoint);
    const other = await world.overHttp((await world.agent({ agent: "other" })).secret, endpoint);
    const { run, state, result } = await mine.ok("agent_run", {
      agent: "slow",
      task: "x",
      wait: false,
    });
    assert.deepEqual([state, result], ["running", null]);
    assert.equal((await mine.ok("agent_status", { run }))["state"], "running");
    assert.equal((await mine.ok("agent_status", { run, wait_seconds: 1 }))["state"], "running");
    assert.equal((await other.refused("agent_status", { run })).code, "not_found");
    assert.equal((await other.refused("agent_cancel", { run })).code, "not_found");
    assert.deepEqual((await other.ok("agent_status"))["runs"], []);
    await Deno.writeTextFile(`${world.repo}/go`, "");
    const ended = await mine.call("agent_status", { run, wait_seconds: 30 });
    assert.equal(ended.text, "begun\ndone");
    assert.equal((await mine.ok("agent_cancel", { run }))["state"], "completed");
  });
});

Deno.test("R46: those who wait for others take no place from them", async () => {
  await inMcpWorld(async (world) => {
    // each says who it is, and waits until it is told to end
    const script = 'echo "$KASMOS_IDENTITY" > "id-$KASMOS_AGENT"; ' +
      'while [ ! -e go ]; do sleep 0.02; done; echo "$KASMOS_AGENT is done"';
    const names = ["a", "b", "c", "d"];
    for (const name of names) await world.agentDirectory(name, script);
    const endpoint = world.http({ ...SOON, concurrent: 1 });
    const waiting: Promise<{ text: string }>[] = [];
    let secret = (await world.agent({ agent: "boss" })).secret;
    for (const agent of names) {
      const client = await world.overHttp(secret, endpoint);
      waiting.push(client.call("agent_run", { agent, task: "x" }));
      secret = await appears(`${world.repo}/id-${agent}`);
      const second = await client.refused("agent_run", { agent: "chat", task: "x" });
      assert.match(second.text, /1 are allowed at a time/);
    }
    await Deno.writeTextFile(`${world.repo}/go`, "");
    const texts = (await Promise.all(waiting)).map(({ text }) => text);
    assert.deepEqual(texts, names.map((name) => `${name} is done`));
  });
});

Deno.test("R50: a run that fails is told as failed, with the last it said", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory(
      "fails",
      "echo first; (sleep 0.2; echo last) & echo why >&2; exit 9",
    );
    const client = await world.stdio();
    const { run } = await client.ok("agent_run", { agent: "fails", task: "x", wait: false });
    const { isError, data } = await client.call("agent_status", { run, wait_seconds: 30 });
    assert.equal(isError, true);
    assert.deepEqual([data["state"], data["exit_code"], data["result"]], [
      "failed",
      9,
      "first\nlast",
    ]);
    assert.match(String(data["problem"]), /exited with 9.*\nwhy/s);
  });
});

Deno.test("R49: a deaf agent that is cancelled is killed, and what it had said is kept", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("deaf", DEAF);
    const client = await world.stdio(undefined, SOON);
    const { run } = await client.ok("agent_run", { agent: "deaf", task: "x", wait: false });
    const pids = await pidsOf(world);
    const ended = await client.ok("agent_cancel", { run });
    assert.deepEqual([ended["state"], ended["problem"]], ["cancelled", "it was cancelled"]);
    assert.deepEqual([ended["result"], ended["exit_signal"]], ["begun", "SIGKILL"]);
    await allGone(pids);
    assert.equal((await client.ok("agent_cancel", { run }))["state"], "cancelled");
  });
});

Deno.test("R47: without a folder a run works in its caller's, not in the server's", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("where", "pwd");
    await Deno.mkdir(`${world.repo}/own/deep`, { recursive: true });
    const { secret } = await world.agent({ agent: "boss", root: `${world.repo}/own` });
    const person = await world.personToken("operate", world.project.id);
    const run = async (client: Connected, cwd?: string) =>
      (await client.call("agent_run", { agent: "where", task: "x", ...cwd && { cwd } })).text;
    for (const client of [await world.stdio(secret), await world.overHttp(secret)]) {
      assert.equal(await run(client), `${world.repo}/own`);
      assert.equal(await run(client, "deep"), `${world.repo}/own/deep`);
    }
    assert.equal(await run(await world.overHttp(person)), world.repo);
    assert.equal(await run(await world.stdio(), "own"), `${world.repo}/own`);
  });
});

Deno.test("R51: the end of a connection ends its runs, and nothing starts them again", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("deaf", DEAF);
    const client = await world.stdio(undefined, SOON);
    await client.ok("agent_run", { agent: "deaf", task: "x", wait: false });
    const pids = await pidsOf(world);
    await client.close();
    await allGone(pids);
    const tokens = await world.home.store.tokens({ agents: true });
    assert.deepEqual(tokens.filter(({ revokedAt }) => revokedAt === null), []);
    const left = await foldersBelow(`${world.paths.stateDir}/runtime`);
    assert.deepEqual(left, []);
    const again = await world.stdio(undefined, SOON);
    assert.deepEqual((await again.ok("agent_status"))["runs"], []);
  });
});

async function foldersBelow(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const agent of Deno.readDir(path)) {
    for await (const { name } of Deno.readDir(`${path}/${agent.name}`)) found.push(name);
  }
  return found;
}

Deno.test("what cannot start is refused before it costs anything", async () => {
  await inMcpWorld(async (world) => {
    const client = await world.stdio();
    const missing = await client.refused("agent_run", { agent: "nobody", task: "x" });
    assert.equal(missing.code, "not_found");
    await world.agentDirectory("broken", "exit 0");
    await Deno.remove(`${world.paths.configDir}/agents/broken/run.sh`);
    const gone = await client.refused("agent_run", { agent: "broken", task: "x" });
    assert.deepEqual([gone.code, gone.exit], ["missing_program", 4]);
    const tokens = await world.home.store.tokens({ agents: true });
    assert.deepEqual(tokens.filter(({ revokedAt }) => revokedAt === null), []);
  });
});
