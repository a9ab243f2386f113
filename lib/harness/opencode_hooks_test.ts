import assert from "node:assert/strict";
import { hooksFile, hooksPlugin } from "./opencode_hooks.ts";
import { testDirs, testRequest } from "./test_request.ts";

function hook(command: string, matcher?: string) {
  const hooks = [{ type: "command" as const, command, timeout: 5 }];
  return matcher === undefined ? { hooks } : { matcher, hooks };
}

const TABLE = {
  SessionStart: [hook("started")],
  UserPromptSubmit: [hook("asked")],
  PreToolUse: [hook("before bash", "Bash|Write"), hook("before all"), hook("never", "Bas")],
  PostToolUse: [hook("after", "notes_.*")],
  Stop: [hook("stopped")],
};

/** A plugin with what its commands were given; `refuse` ends with status 2. */
async function plugged(refuse = "") {
  const ran: [string, Record<string, unknown>][] = [];
  const env = { KAS_AGENT_DIR: "/launch/agent" };
  const make = hooksPlugin(TABLE, (file, [flag, command = ""], options) => {
    assert.deepEqual([file, flag, options.cwd, options.timeout], ["/bin/sh", "-c", "/w", 5000]);
    assert.equal(options.env.CLAUDE_PLUGIN_ROOT, "/launch/agent");
    ran.push([command, JSON.parse(options.input)]);
    return command === refuse ? { status: 2, stderr: "not here\n" } : { status: 1, stderr: "" };
  }, env);
  const commands = () => ran.splice(0).map(([command]) => command);
  const last = () => ran.at(-1)?.[1] ?? {};
  return { plugin: await make({ directory: "/w" }), last, commands };
}

Deno.test("hooksPlugin() runs what fits, with claude's names and fields", async () => {
  const { plugin, last, commands } = await plugged();
  const tool = { tool: "bash", sessionID: "s" };
  plugin["tool.execute.before"](tool, { args: { command: "ls" } });
  assert.deepEqual(last(), {
    hook_event_name: "PreToolUse",
    cwd: "/w",
    session_id: "s",
    tool_name: "Bash",
    tool_input: { command: "ls" },
  });
  assert.deepEqual(commands(), ["before bash", "before all"]);
  plugin["tool.execute.after"]({ ...tool, args: {} }, { output: "x" });
  assert.deepEqual(commands(), []);
  plugin["tool.execute.after"]({ tool: "notes_show", sessionID: "s", args: {} }, { output: "x" });
  assert.equal(last().tool_response, "x");
  assert.deepEqual(commands(), ["after"]);
  plugin["chat.message"]({ sessionID: "s" }, { parts: [{ type: "text", text: "Do it" }] });
  assert.equal(last().prompt, "Do it");
});

Deno.test("hooksPlugin() refuses a tool when its hook ends with status 2", async () => {
  const { plugin, commands } = await plugged("before all");
  const call = () => plugin["tool.execute.before"]({ tool: "bash", sessionID: "s" }, { args: {} });
  assert.throws(call, /^Error: not here$/);
  assert.deepEqual(commands(), ["before bash", "before all"]);
});

Deno.test("hooksPlugin() tells of its own session, not of those below it", async () => {
  const { plugin, commands } = await plugged();
  const send = (type: string, properties: object) => plugin.event({ event: { type, properties } });
  send("session.created", { sessionID: "s", info: { id: "s" } });
  send("session.created", { sessionID: "c", info: { id: "c", parentID: "s" } });
  send("session.idle", { sessionID: "c" });
  plugin["chat.message"]({ sessionID: "c" }, { parts: [] });
  send("session.idle", { sessionID: "s" });
  send("catalog.updated", {});
  assert.deepEqual(commands(), ["started", "stopped"]);
});

Deno.test("hooksFile() writes a plugin that stands alone", async () => {
  await using dirs = await testDirs();
  assert.equal(hooksFile(testRequest(dirs)), null);
  const marker = `${dirs.root}/marker`;
  const hooks = { Stop: [hook(`cat > '${marker}'`)] };
  const file = hooksFile(testRequest(dirs, { parts: { hooks } }));
  assert.equal(file?.path, `${dirs.launchDir}/kas-hooks.mjs`);
  const script = `${file.text}
    const plugin = await KasHooks({ directory: "/" });
    plugin.event({ event: { type: "session.idle", properties: { sessionID: "s" } } });`;
  await Deno.writeTextFile(file.path, script);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-config", file.path],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  assert.equal(JSON.parse(await Deno.readTextFile(marker)).hook_event_name, "Stop");
});
