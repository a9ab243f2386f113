import { deepEqual, rejects } from "node:assert/strict";
import { resolvePaths } from "../lib/config/paths.ts";
import { closeClients, daemonFetch } from "../lib/daemon/client.ts";

Deno.test("R53: the client speaks to the socket alone, also when nobody answers there", async () => {
  const dir = await Deno.makeTempDir({ prefix: "kas-client-" });
  const seen: string[] = [];
  // who would be asked if the socket were ignored: the client's URL names localhost
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      seen.push(request.url);
      return new Response("wrong");
    },
  );
  try {
    const paths = resolvePaths({ HOME: dir, KASMOS_RUNTIME_DIR: dir });
    const path = `:${other.addr.port}/v1/ping`;
    await rejects(daemonFetch(paths, path), {
      code: "daemon_unreachable",
      hint: /kas daemon start/,
    });
    deepEqual(seen, []);
    await using own = Deno.serve(
      { path: paths.socket, onListen: () => {} },
      () => new Response("right"),
    );
    const answer = await (await daemonFetch(paths, path)).text();
    deepEqual([answer, seen, own.addr.transport], ["right", [], "unix"]);
  } finally {
    closeClients();
    await Deno.remove(dir, { recursive: true });
  }
});
