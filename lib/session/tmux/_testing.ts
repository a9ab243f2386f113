import assert from "node:assert/strict";
import { type Started, type StartOptions, TmuxServer } from "./mod.ts";

/** A real tmux server on a private socket, and the temporary directory it lives in. */
export interface Fixture {
  server: TmuxServer;
  /** Temporary directory; programs run in it. */
  dir: string;
  socket: string;
  /** Starts `sh -c script sh ...args` with a marker of its own. */
  sh(
    name: string,
    script: string,
    args?: string[],
    more?: Partial<StartOptions>,
  ): Promise<Started>;
  /** Runs the tmux client a person would use and returns what it prints. */
  tmux(...args: string[]): Promise<string>;
}

/** Gives `test` a server and removes all of it afterwards. */
export async function withServer(
  test: (fixture: Fixture) => Promise<void>,
  onChange?: () => void,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-tmux-" });
  const socket = `${dir}/s`;
  const env = { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", HOME: dir, LANG: "C.UTF-8" };
  const server = TmuxServer.open({ socket, env, ...(onChange === undefined ? {} : { onChange }) });
  const sh: Fixture["sh"] = (name, script, args = [], more = {}) =>
    server.start({
      name,
      cwd: dir,
      argv: ["sh", "-c", script, "sh", ...args],
      env: {},
      marker: `${dir}/marker-${name}`,
      ...more,
    });
  const tmux = async (...args: string[]) => {
    const { stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", socket, ...args],
      env: { TMUX: "", DISPLAY: "leak" },
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  try {
    await test({ server, dir, socket, sh, tmux });
  } finally {
    try {
      await server.killServer();
    } finally {
      await server.close();
      await Deno.remove(dir, { recursive: true });
    }
  }
}

/** Waits until `check` returns something; fails after ten seconds. */
export async function until<T>(check: () => Promise<T | false | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const found = await check();
    if (found !== false && found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("nothing happened within ten seconds");
}

/** The text of a file once it is there and not empty. */
export function fileText(path: string): Promise<string> {
  return until(async () => {
    try {
      return await Deno.readTextFile(path) || undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  });
}
