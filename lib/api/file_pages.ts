import type { App } from "./app.ts";

/**
 * Lets a page that was opened from a file, which has no origin, read snapshots of the monitor. Any
 * site can make such a page too: it is a token in the header that opens the door, never a cookie, and
 * a wrong one slows down nobody but such pages. Off unless a person asks for it.
 */

const PATH = "/v1/monitor/snapshot";
/** Stands for the address of all such pages where guessing is slowed down. */
const ADDRESS = "a page without an origin";

/** What the browser is told about every answer. */
const ALLOWED: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "null",
  "vary": "origin",
};

/**
 * The same server, open to such pages for that one route; everything else is refused as before.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function withFilePages(app: App): App {
  return {
    async fetch(request, address) {
      const isPage = request.headers.get("origin") === "null" &&
        new URL(request.url).pathname === PATH;
      if (!isPage) return await app.fetch(request, address);
      if (request.method === "OPTIONS") return preflight();
      if (!request.headers.has("authorization")) return await app.fetch(request, address);
      const headers = new Headers(request.headers);
      // What is left is the request of a program with a token.
      for (const name of ["origin", "cookie", "sec-fetch-site"]) headers.delete(name);
      const { method, body, url } = request;
      // Not made of the request itself: asking that for its signal has the runtime warn on stderr.
      const plain = new Request(url, { method, headers, body });
      const response = await app.fetch(plain, () => ADDRESS);
      for (const [name, value] of Object.entries(ALLOWED)) response.headers.set(name, value);
      return response;
    },
  };
}

function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...ALLOWED,
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "authorization, content-type",
      "access-control-max-age": "600",
      "cache-control": "no-store",
    },
  });
}
