import assert from "node:assert/strict";
import { type ApiWorld, inApi } from "./_testing.ts";
import type { Presentation } from "./turns.ts";

const SESSION = "11111111-2222-4333-8444-555555555555";

/** An instance whose runtime keeps transcripts, and the file of its own. */
async function withTranscript(api: ApiWorld, title: string): Promise<string> {
  const row = await api.session({ title, harness: "claude" });
  const launchDir = `${api.paths.sessionsDir}/${row.id}`;
  const projects = `${api.dir}/claude/projects`;
  await Deno.mkdir(launchDir, { recursive: true });
  await Deno.mkdir(`${projects}/tree`, { recursive: true });
  const place = { sessions: `${api.dir}/claude/sessions`, projects, session: SESSION };
  await Deno.writeTextFile(`${launchDir}/claude.json`, JSON.stringify(place));
  return `${projects}/tree/${SESSION}.jsonl`;
}

function said(type: "user" | "assistant", content: unknown, stop_reason: string | null = null) {
  const timestamp = "2026-01-02T03:04:05.000Z";
  return `${JSON.stringify({ type, uuid: "u", timestamp, message: { content, stop_reason } })}\n`;
}

Deno.test("the turns of an instance come from the transcript of its runtime", () =>
  inApi(async (api) => {
    const path = await withTranscript(api, "seen");
    const look = (query = "") => api.ok<Presentation>(`GET P/instances/seen/presentation${query}`);
    const none = await look();
    assert.deepEqual([none.supported, none.turns], [true, []]);
    assert.match(none.reason ?? "", /has not written a transcript yet/);

    const answer = said("assistant", [{ type: "text", text: "<b>Hi</b>" }], "end_turn");
    await Deno.writeTextFile(path, said("user", "Hello") + answer + said("user", "Go on"));
    const { turns, reason, is_cut } = await look();
    assert.deepEqual([reason, is_cut], [null, false]);
    assert.deepEqual(turns, [
      {
        id: "u",
        number: 1,
        started_at: "2026-01-02T03:04:05.000Z",
        completed_at: "2026-01-02T03:04:05.000Z",
        interrupted: false,
        tool_count: 0,
        rows: ([["system", "Hello"], ["response", "<b>Hi</b>"]] as const).map(([kind, text]) => ({
          kind,
          text,
          tool_name: null,
          timestamp: "2026-01-02T03:04:05.000Z",
          is_error: false,
          is_cut: false,
        })),
      },
      {
        id: "u",
        number: 2,
        started_at: "2026-01-02T03:04:05.000Z",
        completed_at: null,
        interrupted: false,
        tool_count: 0,
        rows: [{ ...turns[0]?.rows[0], text: "Go on" }],
      },
    ]);
    assert.deepEqual((await look("?since=2")).turns, turns.slice(1));
    const later = await look("?since=3");
    assert.deepEqual([later.turns, later.reason], [[], null]);
    await api.refused("GET P/instances/seen/presentation?since=0", "invalid");

    const session = await api.store.sessionByKey(
      (await api.ok("GET P/instances/seen")).key as string,
    );
    assert.ok(session);
    const patch = { status: "exited", exitReason: "died" } as const;
    await api.store.commit([{ kind: "session", id: session.id, patch }]);
    assert.equal((await look()).turns.length, 2);
    await Deno.remove(path);
    await Deno.symlink("/etc/hostname", path);
    assert.match((await look()).reason ?? "", /no transcript of it any more/);
  }));
