import assert from "node:assert/strict";
import { inApi } from "../api/_testing.ts";
import { applyEvent } from "../engine/operations.ts";
import type { LinearConfig } from "../config/types.ts";
import { receive, type Received } from "./receive.ts";

/** Deliveries on a real store and a real repository; a server on loopback in the place of Linear. */

const CONFIG: LinearConfig = {
  enabled: true,
  teams: [],
  projects: [],
  labels: [],
  actors: ["ann"],
  createLabels: [],
  planLabels: [],
  startLabels: [],
};

let made = 0;

function comment(body: string, issue = "ENG-1", actor = "ann") {
  const id = issue.toLowerCase();
  const url = `https://linear.app/x/issue/${issue}/x`;
  return {
    action: "create",
    type: "Comment",
    actor: { id: actor, type: "user", name: actor },
    data: {
      id: `c${++made}`,
      body,
      userId: actor,
      issueId: id,
      issue: { id, identifier: issue, title: "Login", url, team: { id: "t", key: "ENG" } },
    },
  };
}

type Answer = (query: string, variables: { id?: string; input?: { body: string } }) => Response;

interface Scene {
  /** Delivers and waits for the reply. */
  send(body: unknown, config?: Partial<LinearConfig>): Promise<Received>;
  names(): Promise<string[]>;
  issueOf(task: string): Promise<string | undefined>;
  newTask(name: string): Promise<void>;
  /** Cancels it. */
  cancel(name: string): Promise<void>;
  kinds(): Promise<string[]>;
  /** Bodies of comments in Linear. */
  readonly comments: string[];
  /** Keys that came with requests. */
  readonly keys: (string | null)[];
  answer: Answer;
}

const ISSUE = {
  id: "eng-1",
  identifier: "ENG-1",
  title: "Login",
  description: "Mend it",
  url: "https://linear.app/x/issue/ENG-1/x",
  team: { id: "t", key: "ENG" },
  project: { id: "P1" },
  labels: { nodes: [{ id: "L1" }] },
};

const usual: Answer = (query) =>
  Response.json({
    data: query.includes("commentCreate") ? { commentCreate: { success: true } } : { issue: ISSUE },
  });

async function inScene(key: string | null, test: (scene: Scene) => Promise<void>): Promise<void> {
  await inApi(async (api) => {
    const workspace = await api.context.workspaces.open(api.project.key);
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        const { query, variables } = await request.json();
        scene.keys.push(request.headers.get("authorization"));
        if (query.includes("commentCreate")) scene.comments.push(variables.input.body);
        return scene.answer(query, variables);
      },
    );
    const failures: unknown[] = [];
    const scene: Scene = {
      comments: [],
      keys: [],
      answer: usual,
      async send(body, config = {}) {
        const replies: Promise<void>[] = [];
        const received = await receive(
          {
            home: { store: api.store, paths: api.paths },
            workspace,
            hostEnv: {
              KASMOS_LINEAR_API_URL: `http://127.0.0.1:${server.addr.port}/`,
              ...(key === null ? {} : { KASMOS_LINEAR_API_KEY: key }),
            },
            work: () => {},
            later: (reply) => replies.push(reply),
            onFailure: (_, error) => failures.push(error),
          },
          { ...CONFIG, ...config },
          "d1",
          body,
        );
        await Promise.all(replies);
        return received;
      },
      names: async () =>
        (await api.store.tasks({ projectId: api.project.id })).map(({ name }) => name),
      async issueOf(task) {
        const row = await api.store.task(api.project.id, task);
        return row === null ? undefined : (await api.store.taskLinks(row.id))["linear"];
      },
      newTask: async (name) => void await api.task(name),
      cancel: async (name) =>
        void await applyEvent(
          { store: api.store, paths: api.paths },
          workspace,
          name,
          "cancel",
          "t",
        ),
      kinds: async () =>
        (await api.store.events({ projectId: api.project.id, limit: 100 })).map(({ kind }) => kind),
    };
    try {
      await test(scene);
    } finally {
      await server.shutdown();
    }
    assert.deepEqual(failures, []);
  });
}

Deno.test("an issue of which too little is known is asked for, and not taken without a key", async () => {
  await inScene(null, async ({ send, names, keys }) => {
    const { status } = await send(comment("/kas create"), { labels: ["l1"] });
    assert.deepEqual([status, await names(), keys], ["ignored", [], []]);
  });
  await inScene("lin_api_x", async ({ send, names, comments, keys }) => {
    for (const config of [{ labels: ["l2"] }, { projects: ["p2"] }]) {
      assert.equal((await send(comment("/kas create"), config)).status, "ignored");
    }
    assert.deepEqual([await names(), comments], [[], []], "strangers are told nothing");
    const config = { labels: ["l2", "l1"], projects: ["p1"] };
    assert.equal((await send(comment("/kas create"), config)).status, "accepted");
    assert.deepEqual(await names(), ["eng-1-login"]);
    assert.ok(keys.length > 0 && keys.every((key) => key === "lin_api_x"));
  });
  await inScene("lin_oauth_x", async ({ send, keys }) => {
    await send(comment("/kas status"));
    assert.deepEqual(keys, ["Bearer lin_oauth_x"]);
  });
});

Deno.test("an issue has one task at a time, and a task one issue", () =>
  inScene(null, async ({ send, names, issueOf, newTask }) => {
    assert.equal((await send(comment("/kas create"))).status, "accepted");
    const renamed = comment("/kas create");
    renamed.data.issue.title = "Another title";
    assert.equal((await send(renamed)).status, "ignored");
    assert.deepEqual(await names(), ["eng-1-login"]);
    const taken = await send(comment("/kas link eng-1-login", "ENG-2"));
    assert.deepEqual([taken.status, await issueOf("eng-1-login")], ["ignored", "ENG-1"]);
    await newTask("other");
    assert.equal((await send(comment("/kas link other"))).status, "accepted");
    assert.equal(await issueOf("other"), "ENG-1");
    const unclear = await send(comment("/kas start"));
    assert.deepEqual(
      [unclear.status, /several tasks/.test(unclear.detail)],
      ["ignored", true],
    );
    assert.equal((await send(comment("/kas link other.md/../x"))).status, "ignored");
  }));

Deno.test("commands about one issue wait for each other", () =>
  inScene(null, async ({ send, names }) => {
    const received = await Promise.all(["One", "Two", "Three", "Four"].map((title) => {
      const body = comment("/kas create");
      body.data.issue.title = title;
      return send(body);
    }));
    assert.equal(received.filter(({ status }) => status === "accepted").length, 1);
    assert.equal((await names()).length, 1);
  }));

Deno.test("an issue whose task is over gets another; a name that is taken can be linked", () =>
  inScene(null, async ({ send, names, issueOf, newTask, cancel }) => {
    await newTask("eng-1-login");
    const taken = await send(comment("/kas create"));
    assert.match(taken.detail, /"eng-1-login" is there already.*\/kas link eng-1-login$/);
    assert.equal((await send(comment("/kas link eng-1-login"))).status, "accepted");
    for (const old of ["eng-1-login", "eng-1-login-2"]) {
      await cancel(old);
      assert.equal((await send(comment("/kas create"))).status, "accepted");
    }
    assert.deepEqual((await names()).toSorted(), [
      "eng-1-login",
      "eng-1-login-2",
      "eng-1-login-3",
    ]);
    assert.equal(await issueOf("eng-1-login-3"), "ENG-1");
  }));

Deno.test("what Linear answers is believed only in its form, and its key goes nowhere else", () =>
  inScene("lin_api_x", async (scene) => {
    const odd: Answer[] = [
      () => new Response("no", { status: 500 }),
      () => new Response("<html>"),
      () => Response.json({ errors: [{ message: "no" }] }),
      () => Response.json({ data: { issue: { ...ISSUE, identifier: "../../x" } } }),
      () => Response.json({ data: { issue: ISSUE }, more: "x".repeat(2 * 1024 * 1024) }),
      () => Response.json({ data: { issue: null } }),
      () =>
        new Response(null, { status: 307, headers: { location: "http://127.0.0.1:1/elsewhere" } }),
    ];
    for (const answer of odd) {
      scene.answer = answer;
      const { status, detail } = await scene.send(comment("/kas create"));
      assert.equal(status, "ignored");
      assert.match(detail, /^Cannot ask Linear: /);
    }
    assert.deepEqual(await scene.names(), []);
    const failed = (await scene.kinds()).filter((kind) => kind.endsWith("comment_failed"));
    assert.equal(failed.length, odd.length);
  }));

Deno.test("a redirect is not followed: what stands behind it would get the key", () =>
  inScene("lin_api_x", async (scene) => {
    const keys: (string | null)[] = [];
    const other = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => {
        keys.push(request.headers.get("authorization"));
        return usual("", {});
      },
    );
    try {
      const location = `http://127.0.0.1:${other.addr.port}/`;
      scene.answer = () => new Response(null, { status: 307, headers: { location } });
      await scene.send(comment("/kas create"));
      assert.deepEqual([keys, await scene.names()], [[], []]);
    } finally {
      await other.shutdown();
    }
  }));
