import { main } from "../mod.ts";

/**
 * Runs command lines for tests, one after the other, in this process: each line of stdin is a JSON
 * request, each line of stdout the JSON answer. The environment is that of the process.
 */

interface Request {
  argv: string[];
  cwd: string;
  /** What the command reads from its stdin. */
  stdin: string;
  /** Whether its stdin says that it is a terminal. */
  tty: boolean;
  /** Number of the session it runs in as an agent; empty for a person. */
  session: string;
  /** Its token. */
  identity: string;
}

const requests = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
const answer = Deno.stdout.writeSync.bind(Deno.stdout);
const said = { out: "", err: "" };
const given = { text: "", tty: false };

function collector(stream: "out" | "err") {
  return (bytes: Uint8Array): number => {
    said[stream] += new TextDecoder().decode(bytes);
    return bytes.length;
  };
}

Deno.stdout.writeSync = collector("out");
Deno.stderr.writeSync = collector("err");
Deno.stdin.isTerminal = () => given.tty;
Object.defineProperty(Deno.stdin, "readable", {
  get: () => new Response(given.text).body ?? new ReadableStream(),
});

async function handle(request: Request): Promise<void> {
  Deno.chdir(request.cwd);
  Deno.env.set("KASMOS_SESSION", request.session);
  Deno.env.set("KASMOS_IDENTITY", request.identity);
  Object.assign(said, { out: "", err: "" });
  Object.assign(given, { text: request.stdin, tty: request.tty });
  const code = await main(request.argv);
  const bytes = new TextEncoder().encode(`${JSON.stringify({ code, ...said })}\n`);
  for (let sent = 0; sent < bytes.length;) sent += answer(bytes.subarray(sent));
}

let rest = "";
for await (const chunk of requests) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) await handle(JSON.parse(line));
}
Deno.exit(0);
