/**
 * kas's MCP server on stdio with services that only note their calls: one JSON array per line,
 * appended to the file named by the first argument.
 */
import { serveMcp } from "../../lib/mcp/server.ts";

const [log = ""] = Deno.args;

function note<T>(name: string, result: T): (...args: unknown[]) => Promise<T> {
  return async (...args) => {
    await Deno.writeTextFile(log, JSON.stringify([name, ...args]) + "\n", { append: true });
    return result;
  };
}

await serveMcp(() =>
  Promise.resolve({
    listTasks: note("listTasks", []),
    showTask: note("showTask", { name: "a", status: "ready", phase: "", content: "" }),
    createTask: note("createTask", {}),
    updateContent: note("updateContent", { version: 1, findings: [] }),
    transition: note("transition", {}),
    emitSignal: note("emitSignal", { id: 1, duplicate: false }),
  }), {
  input: Deno.stdin.readable,
  output: Deno.stdout.writable,
  onError: (error) => console.error(error.message),
});
