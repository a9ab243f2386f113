import assert from "node:assert/strict";
import { HOOK_EVENTS, nudge, reportedActivity, reportEvent } from "./activity.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kas-hook-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("reportedActivity() gives what reportEvent() wrote last", () =>
  inFolder(async (folder) => {
    assert.equal(await reportedActivity(folder), null);
    for (const event of HOOK_EVENTS) {
      assert.ok(reportEvent(folder, event, 7));
      const report = await reportedActivity(folder);
      assert.deepEqual([report?.event, report?.at], [event, 7]);
    }
    reportEvent(folder, "Stop", 8);
    assert.deepEqual(await reportedActivity(folder), { activity: "idle", event: "Stop", at: 8 });
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["activity.json"]);
  }));

Deno.test("reportEvent() leaves events alone that mean nothing", () =>
  inFolder(async (folder) => {
    for (const event of ["", "PreCompact", "toString", "__proto__", "../x"]) {
      assert.equal(reportEvent(folder, event), false, event);
    }
    assert.equal(await reportedActivity(folder), null);
  }));

Deno.test("reportedActivity() believes nothing but a report", () =>
  inFolder(async (folder) => {
    for (const text of ["", "{", "null", "[]", '{"event":"toString","at":1}', '{"event":"Stop"}']) {
      await Deno.writeTextFile(`${folder}/activity.json`, text);
      assert.equal(await reportedActivity(folder), null, text);
    }
  }));

Deno.test("nudge() reaches a daemon and needs none", () =>
  inFolder(async (folder) => {
    const path = `${folder}/s.sock`;
    await nudge(path);
    const asked = Promise.withResolvers<string>();
    const server = Deno.serve({ path, onListen: () => {} }, (request) => {
      asked.resolve(`${request.method} ${new URL(request.url).pathname}`);
      return new Response();
    });
    await nudge(path);
    assert.equal(await asked.promise, "POST /v1/look");
    await server.shutdown();
  }));
