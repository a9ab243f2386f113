import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { EventFilter, EventRow } from "../../store/types.ts";
import type { Notifier } from "../../daemon/notifier.ts";
import { eventJson } from "../json.ts";
import { type Call, narrowed } from "../route.ts";
import type { QueryOf } from "../schema/route.ts";
import type { AUDIT_ROUTES } from "../schema/work.ts";
import { stillAllowed } from "./_terminal.ts";

/**
 * Server-sent events from the durable log: replay after an id, then live. Nothing is queued for a
 * client: it is asked what it has, and gets what follows when it can take more.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

/** Rows of one chunk, and how long a stream may be silent before a heartbeat, in ms. */
const BATCH = 200;
export const HEARTBEAT_MS = 15_000;
/** A client this many events behind reads anew instead. */
export const MAX_LAG = 10_000;

type EventsCall =
  & Pick<Call, "context" | "request" | "caller" | "site" | "headers">
  & { readonly query: QueryOf<typeof AUDIT_ROUTES["GET /v1/events"]> };

/** Opens the stream. @throws KasError "invalid" for an id that is none, "not_found" for the project */
export async function openEvents(call: EventsCall): Promise<Response> {
  const { query, context, headers } = call;
  const project = await narrowed(call, query.project);
  const from = call.request.headers.get("last-event-id") ?? query.after;
  const cursor = from === undefined ? await context.store.lastEventId() : Number(from);
  if (!Number.isSafeInteger(cursor) || cursor < 0) {
    throw new KasError("invalid", `Cannot follow events after ${quote(String(from))}`, {
      hint: "Give the id of an event",
    });
  }
  const filter: Omit<EventFilter, "limit" | "afterId"> = {
    ...(project === null ? {} : { projectId: project.id }),
    ...(query.task === undefined ? {} : { task: query.task }),
    ...(query.kind === undefined ? {} : { kinds: query.kind }),
  };
  return new Response(streamOf(call, filter, cursor), {
    headers: { ...headers, "content-type": "text/event-stream" },
  });
}

function streamOf(
  call: EventsCall,
  filter: Omit<EventFilter, "limit" | "afterId">,
  start: number,
): ReadableStream<Uint8Array> {
  const { store, news, stop } = call.context;
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const ends = AbortSignal.any([gone.signal, stop]);
  let cursor = start;
  let greeted = false;
  /** The next chunk; null at the end of the stream. */
  const next = async (): Promise<string | null> => {
    if (!greeted) {
      greeted = true;
      return `event: hello\nid: ${cursor}\ndata: {"last":${cursor}}\n\n`;
    }
    for (;;) {
      // Asked each time: a token may be revoked while the stream is open.
      if (ends.aborted || !(await stillAllowed(call))) return null;
      const { mark } = news;
      const last = await store.lastEventId();
      if (last - cursor > MAX_LAG) {
        cursor = last;
        return `event: resync\nid: ${cursor}\ndata: {"last":${cursor}}\n\n`;
      }
      const rows = last > cursor
        ? await store.events({ ...filter, afterId: cursor, limit: BATCH })
        : [];
      cursor = rows.length < BATCH ? Math.max(cursor, last, rows.at(-1)?.id ?? 0) : cursorAt(rows);
      if (rows.length > 0) return rows.map(message).join("");
      if (!(await heard(news, mark, ends)) && !ends.aborted) return ": still here\n\n";
    }
  };
  return new ReadableStream({
    async pull(controller) {
      const chunk = await next();
      if (chunk !== null) return controller.enqueue(encoder.encode(chunk));
      // The client is told why, unless it left.
      if (!gone.signal.aborted) {
        controller.enqueue(
          encoder.encode(`event: bye\ndata: {"reason":"closed by the server"}\n\n`),
        );
      }
      controller.close();
    },
    cancel: () => gone.abort(),
  }, { highWaterMark: 0 });
}

function cursorAt(rows: readonly EventRow[]): number {
  return rows.at(-1)?.id ?? 0;
}

function message(row: EventRow): string {
  return `id: ${row.id}\ndata: ${JSON.stringify(eventJson(row))}\n\n`;
}

/** Waits for news. @returns false when none came before a heartbeat is due, or the end */
async function heard(news: Notifier, mark: number, ends: AbortSignal): Promise<boolean> {
  await news.wait(mark, ends, HEARTBEAT_MS);
  return news.mark !== mark && !ends.aborted;
}
