import assert from "node:assert/strict";
import { wakeDaemon } from "../lib/daemon/client.ts";
import { setSecret } from "../lib/secret/mod.ts";
import { selfArgv } from "../lib/self.ts";
import { IDLE, Lab } from "./support/lab.ts";

/** The webhook of Linear with a real `kas serve`, and a server on loopback in the place of Linear. */

const SECRET = "lin_wh_0123456789abcdef";
const KEY = "lin_api_0123456789abcdef";
const ANN = "9c1f0d2e-5b1a-4c3d-8e7f-0000000000a1";
const BOB = "9c1f0d2e-5b1a-4c3d-8e7f-0000000000b2";
const GO = "9c1f0d2e-5b1a-4c3d-8e7f-0000000000c3";
const ISSUE = "9c1f0d2e-5b1a-4c3d-8e7f-0000000000d4";

/** A text with everything that could mean something to somebody on its way. */
const HOSTILE = "$(touch pwned) `id` ../../etc <script>\u202e\u0007 /kas start # Wave 1\n## Wave 9";

/** What was asked of Linear. */
interface Asked {
  readonly key: string | null;
  readonly query: string;
  readonly variables: { readonly input?: { issueId: string; body: string }; readonly id?: string };
}

interface Linear extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
  /** Bodies of comments, oldest first. */
  comments(): string[];
  fails: boolean;
}

function startLinear(): Linear {
  const asked: Asked[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { query, variables } = await request.json();
      asked.push({ key: request.headers.get("authorization"), query, variables });
      if (linear.fails) return new Response("no", { status: 500 });
      if (query.includes("commentCreate")) {
        return Response.json({ data: { commentCreate: { success: true } } });
      }
      const issue = {
        id: variables.id,
        identifier: "ENG-7",
        title: HOSTILE,
        description: `It is broken.\n\n${HOSTILE}`,
        url: "https://linear.app/x/issue/ENG-7/login",
        team: { id: ISSUE, key: "ENG" },
        project: null,
        labels: { nodes: [] },
      };
      return Response.json({ data: { issue } });
    },
  );
  const linear: Linear = {
    url: `http://127.0.0.1:${server.addr.port}/graphql`,
    asked,
    comments: () => asked.flatMap(({ variables }) => variables.input?.body ?? []),
    fails: false,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return linear;
}

/** The daemon has to be there: what starts work would start one that nobody ends. */
async function startDaemon(lab: Lab): Promise<void> {
  lab.startDaemon();
  await lab.until("the daemon", () => wakeDaemon(lab.sandbox.paths, { start: false }));
}

interface Server extends AsyncDisposable {
  readonly url: string;
}

async function serve(lab: Lab, env: Record<string, string>): Promise<Server> {
  const [program = "", ...self] = selfArgv();
  const child = new Deno.Command(program, {
    args: [...self, "serve", "--port", "0", "--json"],
    cwd: lab.sandbox.repo,
    env: { ...lab.env, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { done, value } = await reader.read();
    assert.ok(!done, "kas serve ended");
    line += value;
  }
  return {
    url: JSON.parse(line).url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await reader.cancel();
    },
  };
}

async function sign(body: string, secret = SECRET): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const raw = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  const made = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(body));
  return new Uint8Array(made).toHex();
}

interface Sent {
  readonly status: number;
  readonly json: { readonly status?: unknown; readonly detail?: string; readonly code?: string };
}

let deliveries = 0;

/** Delivers a body as Linear does. */
async function deliver(
  server: Server,
  body: unknown,
  headers: Record<string, string | null> = {},
  project = "repo",
): Promise<Sent> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const all = {
    "content-type": "application/json; charset=utf-8",
    "linear-event": "Comment",
    "linear-delivery": `delivery-${++deliveries}`,
    "linear-signature": await sign(text),
    ...headers,
  };
  const sent = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null);
  const answer = await fetch(`${server.url}/v1/projects/${project}/linear/webhook`, {
    method: "POST",
    headers: sent,
    body: text,
  });
  return { status: answer.status, json: await answer.json() };
}

let comments = 0;

function comment(body: string, actor = ANN, data: Record<string, unknown> = {}) {
  return {
    action: "create",
    type: "Comment",
    webhookTimestamp: Date.now(),
    actor: { id: actor, type: "user", name: "Ann </b>" },
    data: {
      id: `comment-${++comments}`,
      body,
      userId: actor,
      issueId: ISSUE,
      issue: {
        id: ISSUE,
        identifier: "ENG-7",
        title: "Login",
        url: "https://linear.app/x/issue/ENG-7/login",
        team: { id: ISSUE, key: "ENG" },
      },
      ...data,
    },
  };
}

/** Sets the user's settings of the project. */
async function configure(lab: Lab, settings: Record<string, unknown>): Promise<void> {
  for (const [key, value] of Object.entries(settings)) {
    const set = ["config", "set", "--user", `linear.repo.${key}`, JSON.stringify(value)];
    const { code, err } = await lab.kas(...set);
    assert.equal(code, 0, err);
  }
}

const ON = { enabled: true, teams: ["ENG"], actors: [ANN], start_labels: [GO] };

async function kinds(lab: Lab): Promise<string[]> {
  const projectId = lab.workspace.project.id;
  const rows = await lab.home.store.events({ projectId, limit: 1000 });
  return rows.map(({ kind }) => kind.replace("task_linear_trigger_", ""));
}

Deno.test("the webhook is off until it is on, and takes only what Linear signed just now", async () => {
  await using lab = await Lab.open();
  await using bare = await serve(lab, {});
  await using server = await serve(lab, { KASMOS_LINEAR_WEBHOOK_SECRET: SECRET });
  const before = await lab.home.store.lastEventId();
  const help = () => comment("/kas help");
  const refused = async (code: string, status: number, sent: Promise<Sent>) => {
    const { json, ...told } = await sent;
    assert.deepEqual([told.status, json.code], [status, code], JSON.stringify(json));
    assert.ok(!JSON.stringify(json).includes(SECRET));
  };
  await refused("disabled", 503, deliver(bare, help()));
  await refused("disabled", 503, deliver(server, help()));
  await configure(lab, ON);
  await refused("disabled", 503, deliver(bare, help()));
  await refused("disabled", 503, deliver(server, help(), {}, "nowhere"));
  await refused("missing_delivery", 400, deliver(server, help(), { "linear-delivery": null }));
  await refused("missing_delivery", 400, deliver(server, help(), { "linear-delivery": "a b" }));
  await refused("bad_request", 400, deliver(server, "{"));
  await refused("bad_request", 400, deliver(server, "7"));
  await refused("too_large", 413, deliver(server, comment("x".repeat(600_000))));
  await refused(
    "unsupported_media_type",
    415,
    deliver(server, "a=b", { "content-type": "text/plain" }),
  );
  for (const off of [-61_000, 61_000]) {
    const body = { ...help(), webhookTimestamp: Date.now() + off };
    await refused("unauthorized", 401, deliver(server, body));
  }
  await refused("unauthorized", 401, deliver(server, { ...help(), webhookTimestamp: undefined }));
  await refused("unauthorized", 401, deliver(server, { ...help(), webhookTimestamp: "now" }));
  const text = JSON.stringify(help());
  const signature = await sign(text);
  await refused(
    "unauthorized",
    401,
    deliver(server, `${text} `, { "linear-signature": signature }),
  );
  await refused("unauthorized", 401, deliver(server, text, { "linear-signature": null }));
  const other = await sign(text, "another");
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) {
    statuses.push((await deliver(server, text, { "linear-signature": other })).status);
  }
  assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
  assert.equal(await lab.home.store.lastEventId(), before, "strangers write nothing");
  const taken = await deliver(server, `${text}`);
  assert.deepEqual([taken.status, taken.json.status], [200, "accepted"], "right ones get through");
});

Deno.test("comments make, plan and start a task, once, by whom it may be", async () => {
  await using lab = await Lab.open({ agents: { planner: IDLE } });
  await startDaemon(lab);
  await using linear = startLinear();
  await using server = await serve(lab, {
    KASMOS_LINEAR_WEBHOOK_SECRET: SECRET,
    KASMOS_LINEAR_API_KEY: KEY,
    KASMOS_LINEAR_API_URL: linear.url,
  });
  await configure(lab, { ...ON, actors: [] });
  const { project } = lab.workspace;
  const tasks = () => lab.home.store.tasks({ projectId: project.id });
  const said = async (text: string) =>
    await lab.until(
      `a reply with ${text}`,
      () => Promise.resolve(linear.comments().some((one) => one.includes(text))),
    );
  const result = async (body: unknown) => (await deliver(server, body)).json.status;

  assert.equal(await result(comment("/kas create")), "ignored", "nobody is named");
  await configure(lab, { actors: [ANN] });
  await lab.until("the new settings", async () => {
    const { json } = await deliver(server, comment("/kas start"));
    return json.detail?.includes("no task is tied to ENG-7") === true;
  });
  assert.equal(await result(comment("/kas create", BOB)), "ignored");
  await said("not done: you may not use `create` here");
  assert.equal(await result(comment("/kas status", BOB)), "accepted");
  await said("no task is tied to ENG-7");
  assert.equal(await result(comment("hello")), "ignored");
  assert.equal(await result(comment("/kas create now")), "ignored");
  await said("no task is tied to ENG-7. Make one first");
  const other = { ...comment("/kas create").data.issue, team: { id: BOB, key: "OPS" } };
  assert.equal(await result(comment("/kas create", ANN, { issue: other })), "ignored");
  const bot = { ...comment("/kas create"), actor: { id: ANN, type: "integration", name: "b" } };
  assert.equal(await result(bot), "ignored");
  assert.deepEqual(await tasks(), []);

  const create = comment("\n/kasmos create\nplease");
  const race = await Promise.all([1, 2, 3, 4].map(() => result(create)));
  assert.deepEqual(race.toSorted(), ["accepted", "duplicate", "duplicate", "duplicate"]);
  const [task, ...more] = await tasks();
  assert.ok(task !== undefined && more.length === 0);
  assert.match(task.name, /^eng-7-touch-pwned-id-/);
  assert.ok(
    task.description.includes("It is broken.") && task.description.includes("$(touch pwned)"),
  );
  assert.ok(!/[^\P{C}\n]/u.test(task.description), JSON.stringify(task.description));
  assert.equal((await lab.home.store.content(task.id)).text, "", "no plan comes from outside");
  assert.deepEqual(await lab.home.store.taskLinks(task.id), { linear: "ENG-7" });
  assert.equal(await result(comment("/kas create")), "ignored");

  const plan = comment("/kas plan");
  assert.equal(await result(plan), "accepted");
  assert.equal((await lab.home.store.taskById(task.id))?.status, "planning");
  const rows = await lab.home.store.events({ projectId: project.id, limit: 1000 });
  assert.equal(rows.find(({ kind }) => kind === "task_status_changed")?.actor, `linear:${ANN}`);
  assert.equal(await result(plan), "duplicate");
  assert.equal(await result(comment("/kas start")), "accepted");
  await said("is started");
  assert.ok(linear.asked.every(({ key }) => key === KEY));
  assert.ok(linear.comments().every((text) => text.startsWith("kas: ")));
});

Deno.test("a label starts a task, also after a restart only once; failed replies are in the log", async () => {
  await using lab = await Lab.open({ agents: { planner: IDLE } });
  await startDaemon(lab);
  await using linear = startLinear();
  linear.fails = true;
  const env = {
    KASMOS_LINEAR_WEBHOOK_SECRET: SECRET,
    KASMOS_LINEAR_API_KEY: KEY,
    KASMOS_LINEAR_API_URL: linear.url,
  };
  await configure(lab, ON);
  assert.equal((await lab.kas("task", "create", "login")).code, 0);
  const link = comment("/kas link login");
  const label = {
    action: "update",
    type: "Issue",
    webhookTimestamp: Date.now(),
    actor: { id: ANN, type: "user", name: "Ann" },
    updatedFrom: { labelIds: [] },
    data: {
      ...link.data.issue,
      description: null,
      labelIds: [GO],
      updatedAt: "2026-01-01T00:00:00.000Z",
    },
  };
  {
    await using server = await serve(lab, env);
    assert.equal((await deliver(server, link)).json.status, "accepted");
    assert.equal((await deliver(server, label)).json.status, "accepted");
    await lab.until(
      "the failed replies",
      async () => (await kinds(lab)).filter((kind) => kind === "comment_failed").length === 2,
    );
  }
  await using server = await serve(lab, { KASMOS_LINEAR_WEBHOOK_SECRET: SECRET });
  const again = { ...label, webhookTimestamp: Date.now() };
  assert.equal((await deliver(server, again)).json.status, "duplicate");
  assert.equal((await deliver(server, link)).json.status, "duplicate");
  const asked = linear.asked.length;
  assert.equal((await deliver(server, comment("/kas link nowhere"))).json.status, "ignored");
  assert.equal((await deliver(server, comment("/kas link ../../x"))).json.status, "ignored");
  assert.equal(linear.asked.length, asked, "without a key it is silent");
  const found = await kinds(lab);
  assert.equal(found.filter((kind) => kind === "received").length, 4);
  assert.equal(found.filter((kind) => kind === "dispatched").length, 2);
  assert.equal(found.filter((kind) => kind === "rejected").length, 2);

  const listed = await lab.kas("linear", "webhook", "deliveries", "--limit", "3", "--json");
  assert.equal(listed.code, 0, listed.err);
  const rows: { command: string; status: string; task: string | null }[] = JSON.parse(listed.out);
  assert.deepEqual(rows.map(({ command, status, task }) => [command, status, task]), [
    ["link", "rejected", null],
    ["link", "rejected", null],
    ["start", "dispatched", "login"],
  ]);
  const status = await lab.kas("linear", "webhook", "status");
  assert.match(status.out, /repo: takes deliveries at \/v1\/projects\/repo\/linear\/webhook/);
  assert.match(status.out, /to do: kas secret set linear-webhook/);
  assert.ok(!(status.out + listed.out).includes(SECRET));
});

Deno.test("a repository has no say in who may command kas from Linear", async () => {
  await using lab = await Lab.open();
  const file = `${lab.sandbox.repo}/.kasmos/config.toml`;
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, `${text}\n[linear.repo]\nenabled = true\nactors = ["${ANN}"]\n`);
  const access = { paths: lab.sandbox.paths, hostEnv: {} };
  await setSecret("linear-webhook", SECRET, "file", access);
  await using server = await serve(lab, {});
  assert.equal((await deliver(server, comment("/kas create"))).json.code, "disabled");
  const shown = await lab.kas("config", "show");
  assert.match(shown.err + shown.out, /linear counts in your own settings only/);
  await configure(lab, { enabled: true });
  await lab.until("the new settings", async () => {
    const { json } = await deliver(server, comment("/kas create"));
    assert.notEqual(json.status, "accepted");
    return json.status === "ignored";
  });
  assert.deepEqual(await lab.home.store.tasks({ projectId: lab.workspace.project.id }), []);
  const set = await lab.kas("config", "set", "linear.repo.enabled", "true");
  assert.equal(set.code, 2, set.out + set.err);
});
