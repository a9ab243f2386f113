import assert from "node:assert/strict";
import { parsePanes } from "./panes.ts";

const MARK = "<m";

function record(
  over: { ours?: string; dead?: [string, string, string]; version?: string; command?: string },
): string {
  const { ours = "1", dead = ["0", "", ""], version = "3.3a", command = "sh" } = over;
  // deno-fmt-ignore
  return [
    `${MARK}>${ours}`, "a", "%1", "42", ...dead, version, "100", "200", "1", "80", "24", command, "t",
  ].join(MARK) + "\n";
}

Deno.test("parsePanes() reads a record whose process has a hostile name", () => {
  const command = "x\n<other>1<otherb<other%9\t|";
  const { panes } = parsePanes(record({ command }) + record({ ours: "0" }), MARK);
  assert.deepEqual(panes, [{
    name: "a",
    pane: "%1",
    pid: 42,
    dead: false,
    exitCode: null,
    exitSignal: null,
    title: "t",
    createdAt: 100_000,
    activityAt: 200_000,
    attached: true,
    command,
    width: 80,
    height: 24,
  }]);
});

Deno.test("parsePanes() tells exit codes and signals", () => {
  const [coded] = parsePanes(record({ dead: ["1", "3", ""] }), MARK).panes;
  assert.deepEqual([coded?.dead, coded?.exitCode, coded?.exitSignal], [true, 3, null]);
  const [killed] = parsePanes(record({ dead: ["1", "", "9"] }), MARK).panes;
  assert.deepEqual([killed?.dead, killed?.exitCode, killed?.exitSignal], [true, null, "SIGKILL"]);
  const [rare] = parsePanes(record({ dead: ["1", "", "31"] }), MARK).panes;
  assert.equal(rare?.exitSignal, "SIG31");
});

Deno.test("parsePanes() does not call a pane dead whose process may live", () => {
  const closed = parsePanes(record({ dead: ["1", "", ""] }), MARK);
  assert.deepEqual([closed.panes[0]?.dead, closed.unreaped], [false, true]);
  const old = parsePanes(record({ dead: ["1", "", ""], version: "3.2a" }), MARK);
  assert.deepEqual([old.panes[0]?.dead, old.unreaped], [true, false]);
});
