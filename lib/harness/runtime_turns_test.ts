import assert from "node:assert/strict";
import { claudeEvents, claudeTurns } from "./claude_turns.ts";
import { codexEvents, codexTurns } from "./codex_turns.ts";
import { copilotEvents, copilotTurns } from "./copilot_turns.ts";
import { geminiEvents, geminiTurns } from "./gemini_turns.ts";
import { opencodeEvents, opencodeTurns } from "./opencode_turns.ts";
import { testDirs } from "./test_request.ts";
import { buildTurns, type LineReader, type Turn, turnsOfLines } from "./turns.ts";

/** Transcripts that the real programs wrote of one script; paths and long texts were replaced. */
async function recorded(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(`./testdata/${name}`, import.meta.url));
}

const READERS: Readonly<Record<string, LineReader>> = {
  claude: claudeEvents,
  codex: codexEvents,
  copilot: copilotEvents,
  gemini: geminiEvents,
};

async function turnsOf(runtime: string): Promise<readonly Turn[]> {
  const read = READERS[runtime];
  if (read !== undefined) return turnsOfLines(await recorded(`${runtime}_turns.jsonl`), read).turns;
  return buildTurns(opencodeEvents(JSON.parse(await recorded("opencode_turns.json")))).turns;
}

const SHELLS: Readonly<Record<string, string>> = {
  claude: "Bash",
  codex: "exec_command",
  copilot: "bash",
  gemini: "run_shell_command",
  opencode: "bash",
};

for (const [runtime, shell] of Object.entries(SHELLS)) {
  Deno.test(`the turns of ${runtime} are read from what it wrote`, async () => {
    const turns = await turnsOf(runtime);
    assert.equal(turns.length, 1);
    const [turn] = turns;
    assert.ok(turn);
    const { id, startedAt, completedAt, interrupted, toolCount, rows } = turn;
    assert.ok(id !== "" && startedAt !== null && completedAt !== null);
    assert.deepEqual([interrupted, toolCount], [false, 3]);
    assert.deepEqual(rows.map(({ kind }) => kind), [
      "system",
      "prose",
      ...Array(3).fill(["tool", "result"]).flat(),
      "response",
    ]);
    assert.deepEqual([rows[0]?.text, rows[1]?.text, rows.at(-1)?.text], [
      "You are a coder\nWork in /home/ada/repo/.worktrees/w 1",
      "On it.",
      "All done.",
    ]);
    assert.deepEqual(rows.slice(2, 6).map(({ toolName }) => toolName), Array(4).fill(shell));
    assert.deepEqual([rows[2]?.text, rows[4]?.text], [
      "echo hello-out; echo second",
      "echo broken >&2; exit 3",
    ]);
    assert.match(rows[3]?.text ?? "", /hello-out\nsecond/);
    assert.match(rows[5]?.text ?? "", /broken/);
    assert.deepEqual(rows.filter(({ isError }) => isError), [rows[5]]);
    assert.match(rows[6]?.text ?? "", /made\.txt/);
    assert.ok(rows.every(({ timestamp }) => timestamp !== null));
  });
}

/** Values that stand where something else is expected. */
const ODD: readonly unknown[] = [
  null,
  7,
  "x",
  [],
  [null, 1, "x", {}],
  {},
  { type: null, text: 5, content: [[]], name: {}, id: [], timestamp: {}, __proto__: null },
];
const FIELDS = [
  ...["message", "payload", "data", "content", "timestamp", "id", "uuid", "toolCalls", "thoughts"],
  ...["$set", "$rewindTo", "info", "parts"],
];
const TYPES = [
  ...["user", "assistant", "system", "event_msg", "response_item", "compacted", "gemini", "error"],
  ...["user.message", "assistant.message", "tool.execution_start", "tool.execution_complete"],
  ...["permission.requested", "permission.completed", "session.error", "abort"],
];

Deno.test("no transcript makes a reader throw", () => {
  const lines = TYPES.flatMap((type) =>
    FIELDS.flatMap((field) => ODD.map((value) => ({ type, id: "i", [field]: value })))
  );
  const inner = TYPES.flatMap((type) =>
    ["message", "payload", "data"].flatMap((field) =>
      ODD.flatMap((value) =>
        [
          "message",
          "reasoning",
          "function_call",
          "function_call_output",
          "task_started",
          "item_completed",
          "turn_aborted",
        ].map((kind) => ({
          type,
          [field]: { type: kind, role: "assistant", content: value, item: value, arguments: value },
        }))
      )
    )
  );
  const text = [...lines, ...inner].map((line) => JSON.stringify(line)).join("\n");
  for (const [name, read] of Object.entries(READERS)) {
    const { turns } = turnsOfLines(`\u0000\n${"[".repeat(50_000)}\n${text}`, read);
    assert.ok(turns.length > 0, name);
    assert.match(JSON.stringify(turns), /2 lines of the transcript cannot be read/, name);
  }
  buildTurns(opencodeEvents([...ODD, ...lines]));
});

Deno.test("claude's turns: subagents are left out, an interruption and a refusal are seen", () => {
  const lines = [
    { type: "user", uuid: "u1", message: { content: "Go" }, timestamp: "2026-01-01T00:00:00Z" },
    { type: "assistant", isSidechain: true, message: { content: [{ type: "text", text: "sub" }] } },
    {
      type: "assistant",
      message: {
        content: [
          { type: "thinking", thinking: "Hm" },
          { type: "tool_use", id: "t", name: "Bash", input: { command: "rm x" } },
        ],
      },
    },
    {
      type: "user",
      permissionDecision: { decision: "reject", source: "user" },
      message: {
        content: [{ type: "tool_result", tool_use_id: "t", content: "no", is_error: true }],
      },
    },
    {
      type: "user",
      message: { content: [{ type: "text", text: "[Request interrupted by user]" }] },
    },
    { type: "user", uuid: "u2", message: { content: [{ type: "text", text: "Go on" }] } },
  ];
  const { turns } = turnsOfLines(lines.map((one) => JSON.stringify(one)).join("\n"), claudeEvents);
  assert.deepEqual(
    turns.map(({ id, interrupted, rows }) => [id, interrupted, ...rows.map(({ kind }) => kind)]),
    [
      ["u1", true, "system", "thinking", "tool", "permission", "result", "status"],
      ["u2", false, "system"],
    ],
  );
  assert.equal(turns[0]?.rows[3]?.text, "reject (user)");
});

Deno.test("gemini's turns: a message that is written anew counts once, going back drops the rest", () => {
  const lines = [
    { id: "1", type: "user", content: [{ text: "One" }] },
    { id: "2", type: "gemini", content: "half" },
    { id: "2", type: "gemini", content: "whole" },
    { id: "3", type: "user", content: "Two" },
    { $rewindTo: "3" },
    { $set: { messages: [{ id: "1", type: "user", content: "One, shorter" }] } },
    { id: "4", type: "user", content: "Three" },
  ];
  const { turns } = turnsOfLines(lines.map((one) => JSON.stringify(one)).join("\n"), geminiEvents);
  assert.deepEqual(turns.map(({ rows }) => rows.map(({ text }) => text)), [
    ["One", "whole"],
    ["Three"],
  ]);
});

Deno.test("a transcript is found by what the launch wrote down, and by nothing else", async () => {
  await using dirs = await testDirs();
  const { launchDir, home, root } = dirs;
  const cwd = `${root}/tree`;
  await Deno.mkdir(cwd);
  const put = async (path: string, text: string) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  };
  const query = { launchDir, cwd: await Deno.realPath(cwd), pid: null };
  const readers = { claudeTurns, codexTurns, copilotTurns, geminiTurns };
  for (const [name, turns] of Object.entries(readers)) {
    assert.equal(await turns(query), null, `${name} without a launch`);
  }

  const session = "44af8fad-c589-4ea4-a423-3b7e06de1f13";
  const place = (name: string, value: unknown) =>
    Deno.writeTextFile(`${launchDir}/${name}.json`, JSON.stringify(value));
  const prompt = JSON.stringify({ type: "user", uuid: "u", message: { content: "Hi" } });
  await put(`${home}/projects/some-dir/${session}.jsonl`, `${prompt}\n`);
  await place("claude", { sessions: `${home}/sessions`, projects: `${home}/projects`, session });
  assert.equal((await claudeTurns(query))?.turns[0]?.rows[0]?.text, "Hi");
  for (const odd of ["../../secret", "..", "", null, { a: 1 }]) {
    await place("claude", { sessions: "/", projects: `${home}/projects`, session: odd });
    assert.equal(await claudeTurns(query), null);
  }

  const chat = await recorded("gemini_turns.jsonl");
  await put(`${home}/tmp/p/chats/session-2026-44af8fad.jsonl`, chat);
  await place("gemini", { projects: `${home}/tmp`, session });
  assert.equal((await geminiTurns(query))?.turns.length, 1);
  await Deno.writeTextFile(`${launchDir}/gemini.json`, "not json");
  assert.equal(await geminiTurns(query), null);
  await place("gemini", { projects: `${home}/tmp`, session: session.replace("c589", "0000") });
  assert.equal(await geminiTurns(query), null);

  await put(`${home}/state/${session}/events.jsonl`, await recorded("copilot_turns.jsonl"));
  await place("copilot", { sessions: `${home}/state`, session, prompted: true });
  assert.equal((await copilotTurns(query))?.turns.length, 1);

  const since = Date.parse("2026-11-21T18:37:20.000Z");
  const rollout = (await recorded("codex_turns.jsonl"))
    .replaceAll("/home/ada/repo/.worktrees/w 1", query.cwd);
  const day = `${home}/codex/2026/11/21`;
  await put(`${day}/rollout-a-${session}.jsonl`, rollout);
  await place("codex", { sessions: `${home}/codex`, session: null, since });
  assert.equal((await codexTurns(query))?.turns.length, 1);
  assert.equal(await codexTurns({ ...query, cwd: home }), null, "another folder");
  await put(`${day}/rollout-b-other.jsonl`, rollout);
  assert.equal(await codexTurns(query), null, "two that fit");
  await place("codex", { sessions: `${home}/codex`, session, since: 1 });
  assert.equal((await codexTurns(query))?.turns.length, 1, "resumed");
  await place("codex", { sessions: `${home}/codex`, session: null, since: since - 600_000 });
  assert.equal(await codexTurns(query), null, "begun long after");
});

Deno.test("opencode's turns are asked of the agent's own server, fewer when they are too long", async () => {
  await using dirs = await testDirs();
  const messages = JSON.parse(await recorded("opencode_turns.json"));
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.headers.get("authorization") !== `Basic ${btoa("opencode:secret")}`) {
      return new Response(null, { status: 401 });
    }
    if (pathname === "/session") {
      // newest first, as opencode has them
      return Response.json([
        { id: "later", time: { created: 300 } },
        { id: "child", parentID: "own", time: { created: 150 } },
        { id: "own", time: { created: 120 } },
        { id: "before", time: { created: 50 } },
      ]);
    }
    const limit = searchParams.get("limit") ?? "";
    asked.push(`${pathname} ${limit}`);
    return Response.json(limit === "400" ? ["x".repeat(17 * 1024 * 1024)] : messages);
  });
  try {
    const place = { port: server.addr.port, password: "secret", since: 100, session: null };
    await Deno.writeTextFile(`${dirs.launchDir}/opencode.json`, JSON.stringify(place));
    const query = { launchDir: dirs.launchDir, cwd: dirs.root, pid: 7 };
    assert.equal((await opencodeTurns(query))?.turns[0]?.rows.at(-1)?.text, "All done.");
    assert.deepEqual(asked, ["/session/own/message 400", "/session/own/message 80"]);
    assert.equal(await opencodeTurns({ ...query, pid: null }), null);
    const closed = { ...place, port: 1 };
    await Deno.writeTextFile(`${dirs.launchDir}/opencode.json`, JSON.stringify(closed));
    assert.equal(await opencodeTurns(query), null);
  } finally {
    await server.shutdown();
  }
});
