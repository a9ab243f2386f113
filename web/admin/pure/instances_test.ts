import assert from "node:assert/strict";
import {
  type Grouped,
  groupInstances,
  isReply,
  screenBytes,
  waitsForPerson,
  widthOf,
} from "./instances.ts";

function item(id: number, given: Partial<Grouped>): Grouped {
  return {
    id,
    project: "p",
    task: "t",
    wave: null,
    subtask: null,
    status: "running",
    activity: "busy",
    ...given,
  };
}

Deno.test("groupInstances() puts those that wait first and those without a task last", () => {
  const groups = groupInstances([
    item(1, { task: null }),
    item(2, { task: "a" }),
    item(3, { task: "z", activity: "asking" }),
    item(4, { task: "a", project: "o" }),
  ]);
  assert.deepEqual(groups.map(({ project, task }) => `${project}/${task}`), [
    "p/z",
    "o/a",
    "p/a",
    "p/null",
  ]);
});

Deno.test("groupInstances() orders by wave and subtask", () => {
  const [group] = groupInstances([
    item(1, { wave: 2, subtask: 1 }),
    item(2, { wave: 1, subtask: 2 }),
    item(3, { wave: 1, subtask: 1 }),
  ]);
  assert.deepEqual(group?.items.map(({ id }) => id), [3, 2, 1]);
});

Deno.test("waitsForPerson() means only agents that run", () => {
  assert.ok(waitsForPerson({ status: "running", activity: "asking" }));
  assert.ok(!waitsForPerson({ status: "paused", activity: "asking" }));
});

Deno.test("screenBytes() clears each line and what is below, and places the cursor", () => {
  const bytes = screenBytes("a\nb", { x: 3, y: 1 });
  assert.ok(bytes.includes("a\x1b[0m\x1b[K\r\n"));
  assert.ok(bytes.includes("\x1b[J\x1b[2;4H\x1b[?25h"));
  assert.ok(screenBytes("", null).includes("\x1b[?25l"));
});

Deno.test("widthOf() does not count colours", () => {
  assert.equal(widthOf("\x1b[1;31mab\x1b[0mc"), 3);
  assert.equal(widthOf(""), 0);
});

Deno.test("isReply() knows answers of a terminal from keys", () => {
  assert.ok(isReply("\x1b[?1;2c"));
  assert.ok(isReply("\x1b[12;40R"));
  for (const typed of ["a", "\x1b[A", "\x1b", "\x1b[3~", "\r"]) {
    assert.ok(!isReply(typed));
  }
});
