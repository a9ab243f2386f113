/** Load over plain sockets: a client that costs little beside the server it measures. */

/** What to ask for. */
export interface Target {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** What came of one round. */
export interface Measured {
  readonly perSecond: number;
  /** Milliseconds, of each request. */
  readonly latencies: readonly number[];
  /** CPU time of the server for one request. */
  readonly cpuMicros: number;
}

const CONNECTIONS = 16;
/** Clock ticks per second of /proc; 100 on every Linux. */
const TICKS = 100;

/** Asks for `ms` over a number of connections, each with one request at a time. */
export async function load(
  server: { readonly url: string; readonly token: string; readonly pid: number },
  request: () => Target,
  ms: number,
): Promise<Measured> {
  const { hostname, port } = new URL(server.url);
  const latencies: number[] = [];
  const before = await cpu(server.pid);
  const start = performance.now();
  const until = start + ms;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    using conn = await Deno.connect({ hostname, port: Number(port), transport: "tcp" });
    conn.setNoDelay();
    const buffer = new Uint8Array(256 * 1024);
    while (performance.now() < until) {
      const sent = performance.now();
      await conn.write(bytesOf(request(), `${hostname}:${port}`, server.token));
      await readAnswer(conn, buffer);
      latencies.push(performance.now() - sent);
    }
  }));
  const seconds = (performance.now() - start) / 1000;
  const used = await cpu(server.pid) - before;
  return {
    perSecond: latencies.length / seconds,
    latencies,
    cpuMicros: used / latencies.length * 1e6,
  };
}

const encoder = new TextEncoder();
const made = new Map<string, Uint8Array>();

function bytesOf({ method, path, body }: Target, host: string, token: string): Uint8Array {
  const key = `${method} ${path} ${host}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const auth = token === "" ? "" : `Authorization: Bearer ${token}\r\n`;
  const rest = body === undefined
    ? ""
    : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  const bytes = encoder.encode(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${auth}${rest}\r\n${body ?? ""}`,
  );
  made.set(key, bytes);
  return bytes;
}

const decoder = new TextDecoder("latin1");

/** Reads one answer to its end. @throws Error unless it is a success */
async function readAnswer(conn: Deno.Conn, buffer: Uint8Array): Promise<void> {
  let size = 0;
  let whole = -1;
  while (whole < 0 || size < whole) {
    const read = await conn.read(buffer.subarray(size));
    if (read === null) throw new Error("the server hung up");
    size += read;
    if (whole >= 0) continue;
    const head = decoder.decode(buffer.subarray(0, Math.min(size, 2048)));
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) continue;
    if (!head.startsWith("HTTP/1.1 2")) throw new Error(head);
    whole = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  }
}

/** CPU seconds a process has used. */
async function cpu(pid: number): Promise<number> {
  if (Deno.build.os !== "linux") return Number.NaN;
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
