import assert from "node:assert/strict";
import { selfArgv } from "../../lib/self.ts";
import type { Lab } from "./lab.ts";

/** A `kas serve` of a lab, as a process of its own. */
export interface ApiServer extends AsyncDisposable {
  readonly url: string;
  /** The token of its user. */
  readonly token: string;
  readonly child: Deno.ChildProcess;
  /** Ends it and returns its status. */
  end(): Promise<number>;
  /** What it has written to stderr, once it has ended. */
  said(): Promise<string>;
}

/** Starts `kas serve` on a free port and waits until it listens. */
export async function startApiServer(lab: Lab, ...args: string[]): Promise<ApiServer> {
  const { paths } = lab.sandbox;
  const [program = "", ...self] = selfArgv();
  const child = new Deno.Command(program, {
    args: [...self, "serve", "--port", "0", "--json", ...args],
    cwd: lab.sandbox.repo,
    env: lab.env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { done, value } = await reader.read();
    assert.ok(!done, done ? `kas serve ended: ${await said}` : "");
    line += value;
  }
  const { url } = JSON.parse(line);
  const token = (await Deno.readTextFile(`${paths.configDir}/token`)).trim();
  let ended: Promise<number> | undefined;
  const end = (): Promise<number> =>
    ended ??= (async () => {
      child.kill("SIGTERM");
      const { code } = await child.status;
      await reader.cancel();
      const text = await said;
      if (text !== "") console.error(text);
      return code;
    })();
  return {
    url,
    token,
    child,
    end,
    said: () => said,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

/** What an {@link ApiServer} answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON value, or the text of anything else. */
  readonly body: unknown;
}

/**
 * Sends a request such as "PUT /v1/projects/shop/tasks/a/goal" with the token of the user.
 * @param body JSON; a text is sent as Markdown
 */
export async function askServer(
  { url, token }: Pick<ApiServer, "url" | "token">,
  key: string,
  body?: unknown,
): Promise<Answer> {
  const space = key.indexOf(" ");
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const init: RequestInit = { method: key.slice(0, space), headers };
  if (body !== undefined) {
    const isText = typeof body === "string";
    headers.set("content-type", isText ? "text/markdown" : "application/json");
    init.body = isText ? body : JSON.stringify(body);
  }
  const response = await fetch(`${url}${key.slice(space + 1)}`, init);
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}
