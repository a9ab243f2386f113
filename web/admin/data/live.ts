import { signal } from "@preact/signals";
import { api, identify, who } from "./api.ts";
import type { EventRow } from "./types.ts";

/** The log as it grows: one stream for the whole page. */

/** "down": no answer; the browser keeps trying. */
export const link = signal<"connecting" | "live" | "down">("connecting");
/** When the stream was lost, in ms; null while it stands. */
export const downSince = signal<number | null>(null);

/** What a listener is given: an event, or the word that everything should be read anew. */
export type News = EventRow | "resync";

const listeners = new Set<(news: News) => void>();
let source: EventSource | null = null;
let lastId = "";
let retry: ReturnType<typeof setTimeout> | undefined;

/** Calls `listener` for all news until the answer is called. */
export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tell(news: News): void {
  for (const listener of [...listeners]) listener(news);
}

/** Opens the stream; does nothing when it is open. */
export function connect(): void {
  if (source !== null) return;
  const query = lastId === "" ? {} : { query: { after: lastId } };
  const stream = new EventSource(api.url("GET /v1/events", query));
  source = stream;
  const keep = (event: MessageEvent): void => {
    if (event.lastEventId !== "") lastId = event.lastEventId;
  };
  stream.addEventListener("hello", (event) => {
    const again = downSince.value !== null;
    keep(event);
    link.value = "live";
    downSince.value = null;
    // What changes without an event, such as what an agent does, may be old after a gap.
    if (again) tell("resync");
  });
  stream.addEventListener("resync", (event) => {
    keep(event);
    tell("resync");
  });
  stream.addEventListener("message", (event) => {
    keep(event);
    tell(JSON.parse(event.data) as EventRow);
  });
  stream.addEventListener("error", () => {
    link.value = "down";
    downSince.value ??= Date.now();
    if (stream.readyState !== EventSource.CLOSED) return;
    disconnect();
    clearTimeout(retry);
    retry = setTimeout(() => void tryAgain(), 3_000);
  });
}

/** The browser gave up: the session is over, or the server refused. */
async function tryAgain(): Promise<void> {
  try {
    await identify();
  } catch (error) {
    console.warn("The server does not answer", error);
  }
  if (who.value === "out") return;
  connect();
}

/** Closes the stream. */
export function disconnect(): void {
  source?.close();
  source = null;
}
