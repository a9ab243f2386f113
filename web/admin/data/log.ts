import { useEffect, useState } from "preact/hooks";
import { api, ApiError } from "./api.ts";
import { onNews } from "./live.ts";
import type { EventRow } from "./types.ts";

/** The log, newest first, page by page, with what is new on top. */

/** What of the log is wanted; what is empty is not asked for. */
export interface LogFilter {
  readonly project: string;
  readonly task: string;
  readonly instance: string;
  readonly kinds: readonly string[];
  readonly text: string;
}

export const WHOLE_LOG: LogFilter = {
  project: "",
  task: "",
  instance: "",
  kinds: [],
  text: "",
};
const PAGE = "100";
const GATHER_MS = 150;

/** Reads one page. @throws ApiError */
export async function readLog(
  filter: LogFilter,
  cursor: string | null,
  options: { limit?: string; signal?: AbortSignal } = {},
): Promise<{ items: readonly EventRow[]; next: string | null }> {
  const query = {
    limit: options.limit ?? PAGE,
    ...(filter.task === "" ? {} : { task: filter.task }),
    ...(filter.instance === "" ? {} : { instance: filter.instance }),
    ...(filter.kinds.length === 0 ? {} : { kind: [...filter.kinds] }),
    ...(filter.text.trim() === "" ? {} : { text: filter.text.trim() }),
    ...(cursor === null ? {} : { cursor }),
  };
  const rest = options.signal === undefined ? {} : { signal: options.signal };
  if (filter.project === "") {
    return await api.call("GET /v1/audit-events", { query, ...rest });
  }
  const params = { project: filter.project };
  return await api.call("GET /v1/projects/:project/audit-events", {
    params,
    query,
    ...rest,
  });
}

/** See {@link useLog}. */
export interface Log {
  readonly events: readonly EventRow[] | null;
  readonly error: ApiError | null;
  /** Null at the end of the log. */
  readonly more: (() => void) | null;
  readonly reload: () => void;
}

interface State {
  readonly key: string;
  readonly events: readonly EventRow[] | null;
  readonly next: string | null;
  readonly error: ApiError | null;
}

/** A part of the log that stays true. */
export function useLog(filter: LogFilter): Log {
  const key = JSON.stringify(filter);
  const [state, setState] = useState<State>({
    key,
    events: null,
    next: null,
    error: null,
  });
  const run = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setState((now) => ({ ...now, key, error }));
    }
  };
  const first = (): void =>
    void run(async () => {
      const page = await readLog(filter, null);
      setState({ key, events: page.items, next: page.next, error: null });
    });
  const newest = (): void =>
    void run(async () => {
      const page = await readLog(filter, null);
      setState((now) => {
        const top = now.events?.[0]?.id ?? 0;
        const fresh = page.items.filter(({ id }) => id > top);
        // With more new ones than a page there would be a gap.
        const gap = fresh.length === page.items.length && page.next !== null;
        if (now.key !== key || gap) {
          return { key, events: page.items, next: page.next, error: null };
        }
        return { ...now, events: [...fresh, ...now.events ?? []], error: null };
      });
    });
  useEffect(() => {
    first();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onNews(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        newest();
      }, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [key]);
  const current = state.key === key ? state : { events: null, next: null, error: null };
  const { next } = current;
  const more = next === null ? null : (): void =>
    void run(async () => {
      const page = await readLog(filter, next);
      setState((now) =>
        now.key !== key || now.next !== next ? now : {
          ...now,
          events: [...now.events ?? [], ...page.items],
          next: page.next,
        }
      );
    });
  return { events: current.events, error: current.error, more, reload: first };
}
