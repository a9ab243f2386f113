import { KasError, messageOf } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { isoTime } from "../json.ts";
import { metricsText } from "../metrics.ts";
import { bind, type Bound, textAnswer } from "../route.ts";
import { HEALTH_ROUTES } from "../schema/system.ts";

/** Whether all is well, in words and in numbers; and what the API is. */
export const healthRoutes: readonly Bound[] = bind(HEALTH_ROUTES, {
  "GET /v1/ping": async ({ context, site }) => {
    await context.store.ping();
    // The pid is for the commands on the socket; others have no use for it.
    return {
      ok: true as const,
      version: VERSION,
      ...(site.door === null ? { pid: Deno.pid } : {}),
    };
  },
  "GET /v1/health": async ({ context }) => {
    const { store } = context;
    const daemon = await context.daemon.state();
    const store_ = await storeHealth(store);
    const [projects, sessions, decisions, pending, failed] = await Promise.all([
      store.projects(),
      store.sessions({ statuses: ["starting", "running", "paused"] }),
      store.decisions({ status: "open" }),
      store.signals({ statuses: ["pending", "processing"], limit: 10_000 }),
      store.signals({ statuses: ["failed"], limit: 10_000 }),
    ]);
    return {
      version: VERSION,
      started_at: isoTime(context.startedAt),
      store: store_,
      daemon: {
        running: daemon !== null,
        pid: daemon?.pid ?? null,
        version: daemon?.version ?? null,
        started_at: daemon === null ? null : isoTime(daemon.startedAt),
      },
      projects: projects.length,
      live_instances: sessions.length,
      open_decisions: decisions.length,
      pending_signals: pending.length,
      failed_signals: failed.length,
    };
  },
  "GET /v1/metrics": async (call) =>
    textAnswer(
      call,
      "text/plain; version=0.0.4; charset=utf-8",
      await metricsText(call.context, call.site.counts),
    ),
  "GET /v1/openapi.json": async () => (await import("../openapi.ts")).openapiDocument(),
  "GET /docs": async (call) => {
    const { docsPage, docsPolicy } = await import("../docs_page.ts");
    call.headers["content-security-policy"] = await docsPolicy();
    return textAnswer(call, "text/html; charset=utf-8", docsPage());
  },
});

async function storeHealth(
  store: { ping(): Promise<void>; lastEventId(): Promise<number> },
): Promise<{ ok: boolean; detail: string; last_event: number }> {
  try {
    await store.ping();
    return { ok: true, detail: "", last_event: await store.lastEventId() };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return { ok: false, detail: messageOf(error), last_event: 0 };
  }
}
