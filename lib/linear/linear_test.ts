import assert from "node:assert/strict";
import type { LinearConfig } from "../config/types.ts";
import { KasError } from "../errors.ts";
import { apiUrl } from "./client.ts";
import { parseComment } from "./command.ts";
import { isRouted, type Issue, readEvent } from "./payload.ts";
import { isFresh, isSigned, MAX_SKEW_MS } from "./signature.ts";

const LABEL = "9c1f0d2e-5b1a-4c3d-8e7f-0123456789ab";
const OTHER = "9c1f0d2e-5b1a-4c3d-8e7f-0123456789ac";
const CONFIG: LinearConfig = {
  enabled: true,
  teams: [],
  projects: [],
  labels: [],
  actors: [],
  createLabels: [LABEL],
  planLabels: [],
  startLabels: [LABEL],
};

const utf8 = (text: string) => new TextEncoder().encode(text);

// RFC 4231, test case 2
const SIGNATURE = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

Deno.test("isSigned() takes the HMAC of these very bytes alone", async () => {
  const body = utf8("what do ya want for nothing?");
  assert.equal(await isSigned("Jefe", body, SIGNATURE), true);
  assert.equal(await isSigned("Jefe", body, SIGNATURE.toUpperCase()), true);
  const wrong = [
    SIGNATURE.replace(/.$/, "4"),
    SIGNATURE.slice(0, 62),
    `${SIGNATURE}00`,
    `sha256=${SIGNATURE}`,
    "0".repeat(64),
    "z".repeat(64),
    "",
  ];
  for (const text of wrong) assert.equal(await isSigned("Jefe", body, text), false, text);
  assert.equal(await isSigned("jefe", body, SIGNATURE), false);
  assert.equal(await isSigned("Jefe", utf8("what do ya want for nothing? "), SIGNATURE), false);
});

Deno.test("isFresh() takes a minute either way, and no other kind of value", () => {
  const now = 1_800_000_000_000;
  for (const off of [0, MAX_SKEW_MS, -MAX_SKEW_MS]) assert.equal(isFresh(now + off, now), true);
  for (
    const odd of [now + MAX_SKEW_MS + 1, now - MAX_SKEW_MS - 1, NaN, null, undefined, `${now}`]
  ) {
    assert.equal(isFresh(odd, now), false, String(odd));
  }
});

Deno.test("parseComment() reads the first line that is not empty, and nothing beside a command", () => {
  const verbs = ["help", "status", "create", "plan", "start"];
  for (const verb of verbs) {
    for (const text of [`/kas ${verb}`, `\n \r\n /kasmos \t${verb} \r\nmore`]) {
      assert.deepEqual(parseComment(text), { verb, argument: "" }, text);
    }
  }
  assert.deepEqual(parseComment("/kas link add-login"), { verb: "link", argument: "add-login" });
  for (
    const text of [
      "",
      "hello",
      "hello\n/kas start",
      "> /kas start",
      "`/kas start`",
      "/kasx start",
      "/kas\u00a0start",
      "kas start",
      "@kas /kas start",
    ]
  ) {
    assert.equal(parseComment(text), null, JSON.stringify(text));
  }
  for (
    const text of [
      "/kas",
      "/kas START",
      "/kas starts",
      "/kas start now",
      "/kas start; rm -rf /",
      "/kas constructor",
      "/kas link",
      "/kas link a b",
      `/kas link ${"x".repeat(300)}`,
    ]
  ) {
    assert.ok("problem" in (parseComment(text) ?? {}), text);
  }
});

const ISSUE = {
  id: "issue-1",
  identifier: "ENG-1",
  title: "Login",
  url: "https://linear.app/x/issue/ENG-1/login",
  team: { id: "team-1", key: "ENG" },
};
const ANN = { id: "ann-1", type: "user", name: "Ann" };

function comment(data: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) {
  return {
    action: "create",
    type: "Comment",
    actor: ANN,
    data: {
      id: "c1",
      body: "/kas start",
      issueId: "issue-1",
      userId: "ann-1",
      issue: ISSUE,
      ...data,
    },
    ...rest,
  };
}

Deno.test("readEvent() reads a comment of a person", () => {
  const event = readEvent(comment(), CONFIG);
  assert.deepEqual(event?.actor, { id: "ann-1", name: "Ann" });
  assert.deepEqual(event?.wishes, [{
    source: "comment:c1",
    command: { verb: "start", argument: "" },
  }]);
  assert.deepEqual(event?.issue.team, ["team-1", "eng"]);
  const bare = readEvent(comment({ issue: { id: "issue-1", url: ISSUE.url } }), CONFIG);
  assert.equal(bare?.issue.identifier, "ENG-1", "from the address");
  const odd = readEvent(comment({ issue: { ...ISSUE, identifier: "../x", url: "" } }), CONFIG);
  assert.equal(odd?.issue.identifier, "");
});

Deno.test("readEvent() knows nobody behind programs, comments of others and those taken over", () => {
  for (
    const body of [
      comment({}, { actor: { ...ANN, type: "integration" } }),
      comment({}, { actor: null }),
      comment({ userId: "bob-1" }),
      comment({ userId: null }),
      comment({ externalUserId: "slack-1" }),
    ]
  ) {
    const event = readEvent(body, CONFIG);
    assert.ok(event !== null);
    assert.equal(event.actor, null, JSON.stringify(body));
  }
});

Deno.test("readEvent() leaves everything else alone", () => {
  for (
    const body of [
      null,
      7,
      [],
      {},
      comment({}, { action: "update" }),
      comment({}, { action: "remove" }),
      comment({}, { type: "Reaction" }),
      comment({}, { data: null }),
      comment({ body: "hello" }),
      comment({ body: 7 }),
      comment({ id: "../c" }),
      comment({ issueId: null, issue: null }),
      labelled([LABEL], [LABEL]),
      labelled([], [LABEL]),
      labelled([OTHER], []),
      { ...labelled([LABEL], []), updatedFrom: { title: "x" } },
    ]
  ) {
    assert.equal(readEvent(body, CONFIG), null, JSON.stringify(body));
  }
});

function labelled(now: string[], before: string[]) {
  const data = { ...ISSUE, labelIds: now, projectId: null, updatedAt: "2026-01-01T00:00:00.000Z" };
  return { action: "update", type: "Issue", actor: ANN, data, updatedFrom: { labelIds: before } };
}

Deno.test("readEvent() sees labels that were put on, with the moment as their key", () => {
  const event = readEvent(labelled([OTHER, LABEL.toUpperCase()], [OTHER]), CONFIG);
  const source = `label:${LABEL}@2026-01-01T00:00:00.000Z`;
  assert.deepEqual(event?.wishes, [
    { source, command: { verb: "create", argument: "" } },
    { source, command: { verb: "start", argument: "" } },
  ]);
  const made = { ...labelled([LABEL], []), action: "create", updatedFrom: undefined };
  assert.equal(readEvent(made, CONFIG)?.wishes.length, 2);
});

Deno.test("isRouted() asks for one of each list, and says when it cannot tell", () => {
  const issue: Issue = {
    id: "i",
    identifier: "ENG-1",
    title: "",
    description: null,
    url: "",
    team: ["team-1", "eng"],
    project: null,
    labels: null,
  };
  const told: Issue = { ...issue, project: "p1", labels: ["l1", "l2"] };
  const routed = (over: Partial<LinearConfig>, of = told) => isRouted(of, { ...CONFIG, ...over });
  assert.equal(routed({}), true);
  assert.equal(routed({ teams: ["eng"] }), true);
  assert.equal(routed({ teams: ["ops", "team-1"] }), true);
  assert.equal(routed({ teams: ["ops"] }), false);
  assert.equal(routed({ teams: ["eng"], projects: ["p2"] }), false);
  assert.equal(routed({ projects: ["p1"], labels: ["l2"] }), true);
  assert.equal(routed({ projects: ["p1"] }, { ...told, project: "" }), false);
  assert.equal(routed({ projects: ["p1"] }, { ...told, ...issue }), null);
  assert.equal(routed({ labels: ["l1"] }, { ...told, ...issue }), null);
  assert.equal(routed({ teams: ["ops"], labels: ["l1"] }, { ...told, ...issue }), false);
  assert.equal(routed({ teams: ["eng"] }, { ...told, team: null }), null);
});

Deno.test("apiUrl() sends the key nowhere in the clear", () => {
  const of = (url: string) => apiUrl({ KASMOS_LINEAR_API_URL: url });
  assert.match(apiUrl({}), /^https:/);
  assert.equal(of("https://proxy.example/graphql"), "https://proxy.example/graphql");
  assert.equal(of("http://127.0.0.1:9/graphql"), "http://127.0.0.1:9/graphql");
  for (const url of ["http://proxy.example/", "http://127.0.0.1.evil.example/", "file:///x", "x"]) {
    assert.throws(() => of(url), KasError, url);
  }
});
