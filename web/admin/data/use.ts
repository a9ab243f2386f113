import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api.ts";
import { onNews } from "./live.ts";
import type { EventRow } from "./types.ts";

/** What a component knows of something it reads from the server. */
export interface Loaded<T> {
  /** Null before the first answer. */
  readonly value: T | null;
  /** Why the last attempt failed; the value before it stays. */
  readonly error: ApiError | null;
  readonly reload: () => void;
}

const GATHER_MS = 80;
/** A text up to this long is drawn with each key; a longer one when nobody types for a moment. */
const SHORT_TEXT = 20_000;
const REST_MS = 250;

/**
 * Reads something when the component appears, and again whenever an event says that it may have
 * changed.
 * @param load is called with a signal that is aborted when the answer is no longer wanted
 * @param key what is read: another key reads anew and forgets the value
 * @param concerns whether an event changes it; without it nothing does
 */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  key: string,
  concerns?: (event: EventRow) => boolean,
): Loaded<T> {
  const [state, setState] = useState<
    { key: string; value: T | null; error: ApiError | null }
  >({
    key,
    value: null,
    error: null,
  });
  const latest = useRef({ load, concerns });
  latest.current = { load, concerns };
  const running = useRef<AbortController | null>(null);
  const reload = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const read = async (): Promise<void> => {
      try {
        const value = await latest.current.load(controller.signal);
        if (!controller.signal.aborted) setState({ key, value, error: null });
      } catch (error) {
        if (controller.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setState((before) => ({
          key,
          value: before.key === key ? before.value : null,
          error,
        }));
      }
    };
    void read();
  }, [key]);
  useEffect(() => {
    reload();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onNews((news) => {
      if (news !== "resync" && latest.current.concerns?.(news) !== true) return;
      if (timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        reload();
      }, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
      running.current?.abort();
    };
  }, [key]);
  const current = state.key === key ? state : { value: null, error: null };
  return { value: current.value, error: current.error, reload };
}

/** The time, renewed every so often while the page is in view. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Calls again and again while the page is in view. */
export function usePoll(work: () => void, everyMs: number): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

/** A text that is being written, as it was when it last rested; a short one as it is. */
export function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return text.length <= SHORT_TEXT ? text : rested;
}
