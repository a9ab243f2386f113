/**
 * A small MCP server on stdio that only notes its calls: one JSON array per line (tool, arguments),
 * appended to the file named by the first argument, or by the variable `RECORD_TO`. A tool answers
 * with the value of the variable `KASMOS_TEST_MARK`, so that its environment can be seen.
 */

type Json = Readonly<Record<string, unknown>>;

const log = Deno.args[0] ?? Deno.env.get("RECORD_TO") ?? "";

const TOOLS = [
  { name: "signal_create", inputSchema: { type: "object" } },
  { name: "task_show", inputSchema: { type: "object" } },
];

/** The result of a request; undefined for a method this server does not have. */
async function resultOf(method: unknown, params: Json): Promise<Json | undefined> {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "recording", version: "1.0.0" },
      };
    case "ping":
      return {};
    case "tools/list":
      return { tools: TOOLS };
    case "tools/call": {
      const line = JSON.stringify([params.name, params.arguments ?? {}]);
      await Deno.writeTextFile(log, `${line}\n`, { append: true });
      const text = Deno.env.get("KASMOS_TEST_MARK") ?? "no mark";
      return { content: [{ type: "text", text }] };
    }
    default:
      return undefined;
  }
}

async function answer(line: string): Promise<void> {
  const { id, method, params = {} } = JSON.parse(line);
  if (id === undefined) return;
  const result = await resultOf(method, params);
  const failure = { error: { code: -32601, message: `No method "${method}"` } };
  const reply = { jsonrpc: "2.0", id, ...result === undefined ? failure : { result } };
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(reply)}\n`));
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) if (line.trim() !== "") await answer(line);
}
