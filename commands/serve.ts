import { requirePerson } from "./_shared.ts";
import { type Command, defineCommand, note, warn } from "../lib/cli/mod.ts";
import type { Paths } from "../lib/config/paths.ts";
import { KasError, messageOf } from "../lib/errors.ts";
import { quote } from "../lib/names.ts";
import type { Mount } from "../lib/api/app.ts";
import type { Serving } from "../lib/api/serve.ts";

const DEFAULT_PORT = 7433;

/** `kas serve` */
const command: Command = defineCommand({
  description: "Serve the HTTP API, the web admin and MCP on this machine",
  details: "Callers need a token: kas makes one for you in a file that only you can read, and " +
    `--open logs your browser in. Others get theirs with "kas token create".`,
  args: {
    port: {
      type: "number",
      default: DEFAULT_PORT,
      metavar: "n",
      description: "Port to listen on",
    },
    bind: {
      type: "string",
      default: "127.0.0.1",
      metavar: "address",
      description: "Address to listen on",
    },
    db: { type: "string", metavar: "path", description: "Database; default the user's" },
    open: { type: "boolean", description: "Log a browser in, and show it where that can be done" },
    cert: { type: "string", metavar: "file", description: "TLS certificate (PEM)" },
    key: { type: "string", metavar: "file", description: "Its private key (PEM)" },
    insecure: { type: "boolean", description: "Serve others than this machine without TLS" },
    allowHost: {
      type: "string",
      multiple: true,
      metavar: "name",
      description: "Answer for this name in the Host header too, as behind a proxy",
    },
    widget: {
      type: "boolean",
      description: "Let pages opened from a file read the monitor, with a token",
    },
    adminDir: { type: "string", metavar: "folder", description: "Serve this build of the admin" },
  },
  examples: [
    ["kas serve --open", "Look at everything in the browser"],
    ["kas serve --bind 0.0.0.0 --cert c.pem --key k.pem --allow-host kas.lan", "For a team"],
  ],
  async run(ctx) {
    requirePerson("serve the API");
    const values = ctx.values;
    checkPort(values.port);
    const stop = ctx.signal;
    const { checkBind, serveApi } = await import("../lib/api/serve.ts");
    const tls = await readTls(values.cert, values.key);
    const insecure = values.insecure === true;
    checkBind({ bind: values.bind, tls, insecure });
    const { paths, ownDatabase } = await pathsFor(values.db);
    const { openHome } = await import("../lib/engine/workspace.ts");
    await using home = await openHome(paths);
    const { ensureLocalToken } = await import("../lib/api/local_token.ts");
    const secret = await ensureLocalToken(home.store, paths);
    await using mcp = await openMcp(home);
    const { mounts, built } = await mountsOf(values.adminDir, mcp);
    if (values.open && !built) warn("this kas was built without its admin");
    const serving = await serveApi({
      home,
      port: values.port,
      bind: values.bind,
      allowHosts: values.allowHost ?? [],
      tls,
      insecure,
      filePages: values.widget === true,
      daemon: !ownDatabase,
      mounts,
      onFailure: (what, error) => warn(`${what}: ${messageOf(error)}`),
      stop,
    }).catch((error: unknown) => openRunning(error, values, secret, tls !== null));
    if (serving === null) return;
    const login = values.open ? await loginLink(serving) : null;
    const { url } = serving;
    const facts = { url, database: paths.database, pid: Deno.pid, login };
    ctx.print(facts, () =>
      [
        `serving ${url}/admin/`,
        `database: ${paths.database}`,
        ...(login === null ? [] : ["log in within a minute:", login]),
      ].join("\n"));
    if (login !== null) await showBrowser(paths, login);
    await serving.finished;
  },
});

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new KasError("usage", `Cannot listen on port ${port}`, {
    hint: "Give a number from 0 to 65535; 0 takes any free one",
  });
}

/** Another database than the daemon's is served without the daemon. */
async function pathsFor(db: string | undefined): Promise<{ paths: Paths; ownDatabase: boolean }> {
  const { homePaths } = await import("../lib/engine/workspace.ts");
  const paths = await homePaths();
  if (db === undefined) return { paths, ownDatabase: false };
  const database = db.startsWith("/") ? db : `${Deno.cwd()}/${db}`;
  return { paths: { ...paths, database }, ownDatabase: database !== paths.database };
}

async function readTls(
  cert: string | undefined,
  key: string | undefined,
): Promise<{ cert: string; key: string } | null> {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    throw new KasError("usage", "Cannot speak TLS with half of a pair", {
      hint: "Give both --cert and --key",
    });
  }
  const { readText } = await import("./_shared.ts");
  return { cert: await readText(cert, "the certificate"), key: await readText(key, "the key") };
}

/** MCP at /mcp; it looks at tokens by itself. */
async function openMcp(home: import("../lib/engine/workspace.ts").OpenHome) {
  const { mcpHttpHandler } = await import("../lib/mcp/http.ts");
  return mcpHttpHandler({
    home,
    hostEnv: Deno.env.toObject(),
    onError: (error) => warn(`mcp: ${messageOf(error)}`),
  });
}

/** What hangs on the server beside the API. */
async function mountsOf(
  adminDir: string | undefined,
  mcp: { fetch(request: Request): Promise<Response> },
): Promise<{ mounts: Mount[]; built: boolean }> {
  const { adminMounts, readAssets } = await import("../lib/api/static.ts");
  const assets = await readAssets(adminDir ?? builtIn());
  if (adminDir !== undefined && assets === null) {
    throw new KasError("not_found", `Cannot serve ${quote(adminDir, 200)}: it has no index.html`, {
      hint: `Build the admin with "deno task build:admin"`,
    });
  }
  const mounts = [...adminMounts(assets), { path: "/mcp", fetch: mcp.fetch }];
  return { mounts, built: assets !== null };
}

/** The admin lies beside the bundle; a run from the sources has it in dist/. */
function builtIn(): string {
  const main = decodeURIComponent(new URL(Deno.mainModule).pathname);
  const folder = main.slice(0, main.lastIndexOf("/"));
  return main.endsWith(".ts") ? `${folder}/dist/admin` : `${folder}/admin`;
}

async function loginLink({ authority, url }: Serving): Promise<string> {
  const { code } = await authority.newCode("kas");
  return `${url}/admin/login#${code}`;
}

/** With --open, a kas that serves this port already is asked for a link instead. */
async function openRunning(
  error: unknown,
  values: { readonly open?: boolean | undefined; readonly bind: string; readonly port: number },
  secret: string,
  tls: boolean,
): Promise<null> {
  const taken = error instanceof KasError && error.code === "conflict";
  if (!taken || values.open !== true) throw error;
  const base = `${tls ? "https" : "http"}://${values.bind}:${values.port}`;
  let answer: Response;
  try {
    answer = await fetch(`${base}/v1/login/codes`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(3_000),
    });
  } catch (cause) {
    if (cause instanceof TypeError || cause instanceof DOMException) throw error;
    throw cause;
  }
  const body = await jsonOf(answer);
  const url = typeof body === "object" && body !== null && "url" in body ? body.url : null;
  if (!answer.ok || typeof url !== "string") throw error;
  note(`kas serves there already; log in within a minute: ${url}`);
  return null;
}

/** The JSON of an answer; null for one of a program that speaks something else. */
async function jsonOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/**
 * Opens a browser. The link is handed over in a file that only the user can read: the words of a
 * command line are seen by everybody on the machine.
 */
async function showBrowser(paths: Paths, link: string): Promise<void> {
  if (!Deno.stdout.isTerminal()) return;
  const { ensurePrivateDir } = await import("../lib/files/private_dir.ts");
  await ensurePrivateDir(paths.runtimeDir);
  const file = `${paths.runtimeDir}/login.html`;
  const page = `<!doctype html><meta charset="utf-8"><title>kas</title>` +
    `<meta http-equiv="refresh" content="0;url=${link}"><a href="${link}">Log in to kas</a>\n`;
  await Deno.writeTextFile(file, page, { mode: 0o600 });
  const program = Deno.build.os === "darwin" ? "open" : "xdg-open";
  try {
    const { success } = await new Deno.Command(program, {
      args: [file],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) note("open the link above in a browser");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    note("open the link above in a browser");
  }
}

export default command;
