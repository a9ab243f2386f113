import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { EventFilter, EventRow, Store } from "../../store/types.ts";
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
/** How long a look at the log serves other streams, in ms, and how many are kept. */
const KEEP_MS = 100;
const MAX_STRETCHES = 200;

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
  const tail = tailOf(store);
  const about = JSON.stringify(filter);
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
      const last = await tail.last(mark);
      if (last - cursor > MAX_LAG) {
        cursor = last;
        return `event: resync\nid: ${cursor}\ndata: {"last":${cursor}}\n\n`;
      }
      const found = last > cursor
        ? await tail.after(mark, `${cursor} ${about}`, { ...filter, afterId: cursor, limit: BATCH })
        : NOTHING;
      cursor = found.count < BATCH ? Math.max(cursor, last, found.lastId) : found.lastId;
      if (found.count > 0) return found.text;
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

/** A stretch of the log, ready to be sent. */
interface Stretch {
  readonly count: number;
  readonly lastId: number;
  readonly text: string;
}

const NOTHING: Stretch = { count: 0, lastId: 0, text: "" };

/**
 * The end of the log as it is read for many streams at once: what one has looked up since the last
 * news serves all that want the same. What is committed later brings news of its own.
 */
class Tail {
  readonly #store: Store;
  #mark = -1;
  #at = 0;
  #last: Promise<number> | null = null;
  readonly #stretches = new Map<string, Promise<Stretch>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Id of the newest event; looked up before any stretch of the same mark, which so has it. */
  last(mark: number): Promise<number> {
    this.#renew(mark);
    return this.#last ??= this.#kept(this.#store.lastEventId());
  }

  /** What follows; `key` stands for the filter. */
  after(mark: number, key: string, filter: EventFilter): Promise<Stretch> {
    this.#renew(mark);
    const known = this.#stretches.get(key);
    if (known !== undefined) return known;
    const made = this.#kept(
      this.#store.events(filter).then((rows) => ({
        count: rows.length,
        lastId: rows.at(-1)?.id ?? 0,
        text: rows.map(message).join(""),
      })),
    );
    this.#stretches.set(key, made);
    return made;
  }

  /** What failed is not kept: the next one tries again. */
  #kept<T>(work: Promise<T>): Promise<T> {
    work.then(undefined, () => this.#forget());
    return work;
  }

  #renew(mark: number): void {
    const now = Date.now();
    const isFresh = mark === this.#mark && now - this.#at < KEEP_MS && now >= this.#at;
    if (isFresh && this.#stretches.size < MAX_STRETCHES) return;
    this.#forget();
    this.#mark = mark;
    this.#at = now;
  }

  #forget(): void {
    this.#last = null;
    this.#stretches.clear();
  }
}

const tails = new WeakMap<Store, Tail>();

function tailOf(store: Store): Tail {
  const known = tails.get(store);
  if (known !== undefined) return known;
  const made = new Tail(store);
  tails.set(store, made);
  return made;
}

function message(row: EventRow): string {
  return `id: ${row.id}\ndata: ${JSON.stringify(eventJson(row))}\n\n`;
}

/** Waits for news. @returns false when none came before a heartbeat is due, or the end */
async function heard(news: Notifier, mark: number, ends: AbortSignal): Promise<boolean> {
  await news.wait(mark, ends, HEARTBEAT_MS);
  return news.mark !== mark && !ends.aborted;
}
