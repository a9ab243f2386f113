import assert from "node:assert/strict";
import { Client } from "mcp-client";
import { StdioTransport } from "../lib/mcp/stdio.ts";

const MODULE = new URL("./mcp.ts", import.meta.url).href;

/** `kas mcp` as a process of its own, in a fresh repository with a fresh store. */
async function start(
  root: string,
  env: Record<string, string>,
): Promise<{ client: Client; child: Deno.ChildProcess }> {
  const code = `import command from ${JSON.stringify(MODULE)};
await command.invoke({ path: "kas mcp", argv: [], json: false, signal: () => new AbortController().signal });`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--config", new URL("../deno.json", import.meta.url).pathname, code],
    cwd: `${root}/repo`,
    env: {
      KASMOS_HOME: `${root}/config`,
      KASMOS_STATE_DIR: `${root}/state`,
      KASMOS_RUNTIME_DIR: `${root}/run`,
      ...env,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const client = new Client({ name: "test", version: "1.0.0" });
  const transport = new StdioTransport(child.stdout, child.stdin);
  await client.connect(transport);
  return { client, child };
}

async function git(folder: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("git", {
    args: ["-C", folder, "-c", "user.name=T", "-c", "user.email=t@example.invalid", ...args],
  }).output();
  assert.ok(success, args.join(" "));
}

async function withRepo(body: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "kas-mcp-" });
  try {
    await git(root, "init", "-q", "-b", "main", "repo");
    await git(`${root}/repo`, "commit", "-q", "--allow-empty", "-m", "init");
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Ends the input, as an agent that quits does; the server must end by itself. */
async function quit(client: Client, child: Deno.ChildProcess): Promise<void> {
  await client.close();
  assert.equal((await child.status).code, 0);
}

Deno.test("kas mcp works on the repository it is started in and ends with its input", async () => {
  await withRepo(async (root) => {
    const { client, child } = await start(root, {});
    const call = async (name: string, args: Record<string, unknown>) =>
      (await client.callTool({ name, arguments: args })).structuredContent;
    const made = await call("task_create", { name: "add-login", content: "# Add a login\n" });
    assert.deepEqual(made, {
      name: "add-login",
      status: "ready",
      phase: "",
      state: "ready",
      topic: null,
      branch: "plan/add-login",
      description: "Add a login",
    });
    assert.deepEqual(await call("task_list", { status: "ready" }), { tasks: [made] });
    assert.deepEqual(await call("task_list", { status: "done" }), { tasks: [] });
    const shown = await client.callTool({
      name: "task_show",
      arguments: { filename: "add-login.md" },
    });
    assert.deepEqual(shown.content, [{ type: "text", text: "# Add a login\n" }]);
    assert.deepEqual(
      await call("signal_create", { signal_type: "plan-start", plan_file: "add-login" }),
      { id: 1, duplicate: false },
    );
    const missing = await client.callTool({ name: "task_show", arguments: { filename: "add" } });
    assert.equal(missing.isError, true);
    await quit(client, child);
  });
});

Deno.test("kas mcp keeps an agent of kas in its project and from steering", async () => {
  await withRepo(async (root) => {
    const { client: person, child: first } = await start(root, {});
    await person.callTool({ name: "task_create", arguments: { name: "add-login" } });
    await quit(person, first);

    const { client, child } = await start(root, { KASMOS_SESSION: "5", KASMOS_PROJECT: "repo" });
    const refused = async (name: string, args: Record<string, unknown>) => {
      const result = await client.callTool({ name, arguments: args });
      assert.equal(result.isError, true);
      return (result.structuredContent as { error: { code: string } }).error.code;
    };
    assert.equal(await refused("task_list", { project: "other" }), "guard");
    const event = { filename: "add-login", event: "plan_start" };
    assert.equal(await refused("task_transition", event), "guard");
    const forced = { filename: "add-login", event: "done", force: true };
    assert.equal(await refused("task_transition", forced), "guard");
    const own = await client.callTool({ name: "task_list", arguments: { project: "repo" } });
    assert.equal(own.isError, undefined);
    await quit(client, child);
  });
});
