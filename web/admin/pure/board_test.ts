import assert from "node:assert/strict";
import {
  byStatus,
  type Card,
  DEFAULT_VIEW,
  parseView,
  selectCards,
  step,
  type View,
  viewQuery,
  windowOf,
} from "./board.ts";

function card(id: number, given: Partial<Card> = {}): Card {
  const at = new Date(Date.UTC(2026, 0, 1, 0, id)).toISOString();
  return {
    id,
    project: "demo",
    name: `task-${id}`,
    description: "",
    topic: null,
    status: "ready",
    state: "ready",
    created_at: at,
    updated_at: at,
    ...given,
  };
}
const none = { attention: new Set<number>(), running: new Set<number>() };
const ids = (cards: readonly Card[]): number[] => cards.map(({ id }) => id);
const view = (given: Partial<View>): View => ({ ...DEFAULT_VIEW, ...given });

Deno.test("parseView() reads what viewQuery() writes, and forgets nonsense", () => {
  const full = view({
    project: "a b",
    text: "x&y",
    sort: "name",
    filter: "running",
    layout: "list",
  });
  assert.deepEqual(parseView(viewQuery(full)), full);
  assert.equal(viewQuery(DEFAULT_VIEW).toString(), "");
  assert.deepEqual(
    parseView(new URLSearchParams("sort=evil&show=1&layout=%00")),
    DEFAULT_VIEW,
  );
});

Deno.test("selectCards() wants all words, and none with a minus", () => {
  const cards = [
    card(1, { description: "Fix the login" }),
    card(2, { topic: "login" }),
    card(3),
  ];
  assert.deepEqual(ids(selectCards(cards, view({ text: "LOGIN" }), none)), [
    2,
    1,
  ]);
  assert.deepEqual(
    ids(selectCards(cards, view({ text: "login -fix" }), none)),
    [2],
  );
  assert.deepEqual(ids(selectCards(cards, view({ text: " - " }), none)), [
    3,
    2,
    1,
  ]);
});

Deno.test("selectCards() filters by project, topic and marks, and sorts", () => {
  const cards = [
    card(1, { project: "b", name: "z" }),
    card(2, { topic: "t" }),
    card(3),
  ];
  const marks = { attention: new Set([3]), running: new Set([1]) };
  assert.deepEqual(ids(selectCards(cards, view({ project: "b" }), marks)), [1]);
  assert.deepEqual(ids(selectCards(cards, view({ topic: "t" }), marks)), [2]);
  assert.deepEqual(
    ids(selectCards(cards, view({ filter: "attention" }), marks)),
    [3],
  );
  assert.deepEqual(
    ids(selectCards(cards, view({ filter: "running" }), marks)),
    [1],
  );
  assert.deepEqual(ids(selectCards(cards, view({ sort: "name" }), marks)), [
    2,
    3,
    1,
  ]);
});

Deno.test("byStatus() has a column for each status asked for", () => {
  const columns = byStatus([card(1), card(2, { status: "done" })], [
    "ready",
    "planning",
    "done",
  ]);
  assert.deepEqual(
    [...columns].map(([status, cards]) => [status, cards.length]),
    [
      ["ready", 1],
      ["planning", 0],
      ["done", 1],
    ],
  );
});

Deno.test("windowOf() stays inside the list", () => {
  assert.deepEqual(windowOf(0, 500, 50, 5_000), { first: 0, last: 16 });
  assert.deepEqual(windowOf(100_000, 500, 50, 5_000, 0), {
    first: 2_000,
    last: 2_010,
  });
  assert.deepEqual(windowOf(100_000, 500, 50, 3), { first: 3, last: 3 });
  assert.deepEqual(windowOf(0, 500, 50, 0), { first: 0, last: 0 });
});

Deno.test("step() walks down a column and over empty ones", () => {
  const columns = [[1, 2, 3], [], [4]];
  assert.equal(step(columns, null, "down"), 1);
  assert.equal(step(columns, 1, "down"), 2);
  assert.equal(step(columns, 3, "down"), 3);
  assert.equal(step(columns, 3, "right"), 4);
  assert.equal(step(columns, 4, "left"), 1);
  assert.equal(step(columns, 1, "left"), 1);
  assert.equal(step(columns, 1, "last"), 3);
  assert.equal(step(columns, 99, "up"), 1);
  assert.equal(step([], 1, "up"), null);
});
