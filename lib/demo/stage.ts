import { VARIABLES } from "../agent/variables.ts";
import { pingDaemon } from "../daemon/client.ts";
import { runDaemon } from "../daemon/daemon.ts";
import { openHome, openWorkspaceAt } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { selfArgv } from "../self.ts";
import { makeSandbox, removeSandbox, type Sandbox, sandboxAt } from "./sandbox.ts";

/**
 * The sandbox and its daemon, in a process that knows by a pipe when the demo is over. However the
 * demo ends, by SIGKILL too, the kernel closes the pipe, and what the process made goes with it.
 */

/** What the demo says when everything is to stay; silence until the end means the opposite. */
const KEEP = "keep";

/** The other end of a stage, for the demo. */
export interface Stage {
  readonly sandbox: Sandbox;
  /** Ends it. @param keep whether the sandbox and its daemon stay */
  leave(keep: boolean): Promise<void>;
}

/**
 * Makes a sandbox, runs its daemon until the pipe on stdin closes, and removes both.
 * @param ready is told of the sandbox before the daemon starts
 * @throws KasError as {@link makeSandbox}, and what {@link runDaemon} throws
 */
export async function holdStage(
  signal: AbortSignal,
  ready: (sandbox: Sandbox) => void,
): Promise<void> {
  const sandbox = await makeSandbox();
  const over = new AbortController();
  let kept = false;
  try {
    await register(sandbox);
    ready(sandbox);
    new Response(Deno.stdin.readable).text().then((word) => {
      kept = word === KEEP;
      if (!kept) over.abort();
    });
    const stop = AbortSignal.any([signal, over.signal]);
    await runDaemon({ paths: sandbox.paths, echo: false, stop });
  } finally {
    if (!kept) await removeSandbox(sandbox);
  }
}

async function register({ paths, repo }: Sandbox): Promise<void> {
  await using home = await openHome(paths);
  const { project } = await openWorkspaceAt(home, repo);
  await home.store.setRegistered(project.id, true);
}

/** Starts the process of {@link holdStage} and waits until its daemon answers. @throws KasError */
export async function enterStage(): Promise<Stage> {
  const [program = "", ...args] = selfArgv();
  const env = Deno.env.toObject();
  // What belongs to one agent does not belong to those of the demo.
  for (const name of Object.values(VARIABLES)) delete env[name];
  const child = new Deno.Command(program, {
    args: [...args, "demo", "--stage", "--json"],
    cwd: "/",
    env,
    clearEnv: true,
    detached: true, // Ctrl-C is for the demo alone
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let ended = false;
  child.status.then(() => {
    ended = true;
  });
  const line = await firstLine(child.stdout);
  if (line === null) throw await didNotBegin(child);
  const sandbox = await sandboxAt((JSON.parse(line) as { root: string }).root);
  while (!(await pingDaemon(sandbox.paths))) {
    if (ended) throw await didNotBegin(child);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return { sandbox, leave: (keep) => leave(child, sandbox, keep) };
}

async function leave(child: Deno.ChildProcess, sandbox: Sandbox, keep: boolean): Promise<void> {
  const pipe = child.stdin.getWriter();
  try {
    if (keep) await pipe.write(new TextEncoder().encode(KEEP));
    await pipe.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // it has ended by itself
  }
  await child.stderr.cancel();
  if (keep) return child.unref();
  const { success } = await child.status;
  if (!success) await removeSandbox(sandbox); // somebody killed it
}

/** Null when there is none. */
async function firstLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string | null> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
  }
  return null;
}

async function didNotBegin(child: Deno.ChildProcess): Promise<KasError> {
  const text = (await new Response(child.stderr).text()).trim();
  const { message, hint } = errorIn(text);
  return new KasError(
    "internal",
    `The demo cannot begin: ${message}`,
    hint === undefined ? {} : { hint },
  );
}

function errorIn(text: string): { message: string; hint?: string } {
  try {
    return (JSON.parse(text) as { error: { message: string; hint?: string } }).error;
  } catch (error) {
    if (error instanceof SyntaxError) return { message: text };
    throw error;
  }
}
