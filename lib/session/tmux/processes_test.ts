import assert from "node:assert/strict";
import { listProcesses, parseStat, type Process, processesOf, runPs } from "./processes.ts";

const process = (pid: number, ppid: number, sid: number, started = "s"): Process => ({
  pid,
  ppid,
  sid,
  started,
});
const pids = (found: Process[]) => found.map((it) => it.pid).sort((a, b) => a - b);

Deno.test("parseStat() survives a name with spaces and brackets and skips zombies", () => {
  const rest = `1 7 7 34816 7 ${"0 ".repeat(13)}777 0 0`;
  assert.deepEqual(parseStat(`7 (a) S 1 (b)) S ${rest}`), process(7, 1, 7, "777"));
  assert.equal(parseStat(`7 (a) Z ${rest}`), null);
});

Deno.test("processesOf() takes the session, its orphans and its descendants, but not kas", () => {
  const table = [
    process(10, 1, 10),
    process(11, 10, 11), // a child that left the session
    process(12, 11, 11),
    process(13, 1, 10), // an orphan of the session
    process(14, 10, 10), // kas itself, run by the agent
    process(15, 14, 15),
    process(20, 1, 20),
  ];
  const found = processesOf(table, [{ pid: 10, started: "s" }], new Map(), 14);
  assert.deepEqual(pids(found), [10, 11, 12, 13]);
});

Deno.test("processesOf() leaves a process alone that took over the pid", () => {
  const table = [process(10, 1, 10, "later"), process(11, 10, 10), process(30, 1, 30, "later")];
  assert.deepEqual(processesOf(table, [{ pid: 10, started: "s" }], new Map(), 1), []);
  assert.deepEqual(processesOf(table, [{ pid: 10, started: null }], new Map(), 1), []);
  assert.deepEqual(processesOf(table, [], new Map([[30, "s"]]), 1), []);
  assert.deepEqual(pids(processesOf(table, [], new Map([[30, "later"]]), 1)), [30]);
});

Deno.test("listProcesses() and runPs() both find this process", async () => {
  for (const table of [await listProcesses(), await runPs()]) {
    const self = table.find((it) => it.pid === Deno.pid);
    assert.equal(self?.ppid, Deno.ppid);
    assert.notEqual(self?.started, "");
  }
});
