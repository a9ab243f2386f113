import { quote } from "../names.ts";
import { HttpError } from "./problem.ts";

/** What is asked of a request before anybody looks at what it wants. */

/** Hosts and origins a server on TCP answers to. */
export interface Door {
  readonly scheme: "http" | "https";
  readonly port: number;
  /** Names in the Host header that are meant for this server, without port, in lower case. */
  readonly hosts: ReadonlySet<string>;
}

/** Names of this machine that no other page can have. */
export const LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"] as const;

/**
 * Fields of an answer that is data: it is not cached, and no page can take it for a script, a style
 * or a frame.
 */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
};

/** Fields of every other answer: nothing is cached, framed, sniffed or told to others. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/**
 * Pages that load scripts and styles of this server, and nothing else.
 */
export const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; " +
  "img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
  "worker-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/**
 * Refuses a request for another host: a name that a foreign page had point here.
 * @throws HttpError "forbidden"
 * @see https://en.wikipedia.org/wiki/DNS_rebinding
 */
export function checkHost(request: Request, door: Door): void {
  const host = hostOf(request);
  if (isOwn(host, door)) return;
  throw new HttpError("forbidden", `Cannot answer for the host ${quote(host)}`, {
    hint: "Use 127.0.0.1, or start kas serve with --allow-host",
  });
}

/** The host a request is for. HTTP/2 has it in the address instead of a Host header. */
export function hostOf(request: Request): string {
  return request.headers.get("host") ?? /^https?:\/\/([^/]*)/.exec(request.url)?.[1] ?? "";
}

function isOwn(host: string, door: Door): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}))?$/i.exec(host);
  if (match === null) return false;
  const port = match[2] === undefined ? (door.scheme === "https" ? 443 : 80) : Number(match[2]);
  const name = (match[1] ?? "").toLowerCase();
  // Behind a proxy the port may be another one; a name that was allowed by hand is enough then.
  const loopback = (LOOPBACK_HOSTS as readonly string[]).includes(name);
  return door.hosts.has(name) && (!loopback || port === door.port);
}

/**
 * Refuses what a foreign page had a browser send.
 * @param page the request is for a page or its parts, which anybody may link to
 * @throws HttpError "forbidden"
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function checkOrigin(request: Request, door: Door, page: boolean): void {
  const origin = request.headers.get("origin");
  if (origin !== null && !isOwnOrigin(origin, door)) {
    throw new HttpError("forbidden", `Cannot answer a page of ${quote(origin)}`, {
      hint: "Only the admin of this server may call it from a browser",
    });
  }
  const site = request.headers.get("sec-fetch-site");
  if (page || site === null || site === "same-origin" || site === "none") return;
  throw new HttpError("forbidden", "Cannot answer a page of another site", {
    hint: "Only the admin of this server may call it from a browser",
  });
}

function isOwnOrigin(origin: string, door: Door): boolean {
  const match = /^(https?):\/\/(.+)$/.exec(origin);
  // A proxy may speak TLS in front of a name that was allowed by hand.
  if (match === null) return false;
  const [, scheme, host = ""] = match;
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const loopback = (LOOPBACK_HOSTS as readonly string[]).includes(name);
  if (loopback && scheme !== door.scheme) return false;
  return isOwn(host, door);
}

/** Whether the browser itself says that a page of this server sent it. */
export function isSameOrigin(request: Request): boolean {
  return request.headers.has("origin") ||
    request.headers.get("sec-fetch-site") === "same-origin";
}

/**
 * Reads a body of at most `limit` bytes as UTF-8.
 * @throws HttpError "too_large", "bad_request" when it is not UTF-8 or breaks off
 */
export async function readBody(request: Request, limit: number): Promise<string> {
  const tooLarge = () =>
    new HttpError("too_large", `Cannot take a body of more than ${limit} bytes`, {
      hint: "Send less",
      headers: { connection: "close" },
    });
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  const { body } = request;
  if (body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > limit) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const why = error instanceof TypeError ? "it is not UTF-8" : "it broke off";
    throw new HttpError("bad_request", `Cannot read the body: ${why}`, {
      hint: "Send UTF-8 text",
    });
  }
}

/**
 * Refuses a body of another type; forms and plain text are what a foreign page could send unasked.
 * @throws HttpError "unsupported_media_type"
 */
export function checkType(request: Request, wanted: "application/json" | "text/markdown"): void {
  const given = request.headers.get("content-type") ?? "";
  const [type = "", ...parameters] = given.toLowerCase().split(";").map((part) => part.trim());
  const charset = parameters.find((part) => part.startsWith("charset="))?.slice(8) ?? "utf-8";
  if (type === wanted && charset.replaceAll('"', "") === "utf-8") return;
  throw new HttpError("unsupported_media_type", `Cannot take a body of type ${quote(given)}`, {
    hint: `Send it as ${wanted}`,
  });
}
