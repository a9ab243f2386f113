import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { api } from "../data/api.ts";
import type { Instance, Presentation } from "../data/types.ts";
import { type Loaded, useLoaded, usePoll } from "../data/use.ts";
import { Empty, Problem, Skeleton } from "../ui/bits.tsx";
import { countsOf, KINDS, merged, type RowKind, sinceOf } from "./merge.ts";
import { TurnItem } from "./turn.tsx";

/** What an instance did, turn by turn, from the transcript of its runtime. */

const POLL_MS = 3_000;
/** Somebody who is this near to the end follows what is added, in pixels. */
const NEAR_END = 80;

/** The view. */
export default function Turns({ item }: { item: Instance }): JSX.Element {
  const { value, error, reload } = useTurns(item);
  const [hidden, setHidden] = useState<ReadonlySet<RowKind>>(new Set());
  const label = `Turns of ${item.title}`;
  if (value === null) {
    return (
      <section class="turns" aria-label={label}>
        {error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />}
      </section>
    );
  }
  const isCut = value.is_cut || (value.turns[0]?.number ?? 1) > 1;
  const turns = value.turns.filter(({ rows }) => rows.some(({ kind }) => !hidden.has(kind)));
  return (
    <section class="turns" aria-label={label}>
      {error !== null && <Problem error={error} retry={reload} />}
      {value.reason !== null ? <Empty icon="list" title="No turns">{value.reason}.</Empty> : (
        <>
          <Filters value={value} hidden={hidden} setHidden={setHidden} />
          <Scroller last={value} label={label}>
            {isCut && <p class="muted note">Earlier turns are not shown.</p>}
            {turns.length === 0 && <p class="muted note">Nothing of these kinds.</p>}
            <ol class="turn-list">
              {turns.map((turn) => <TurnItem key={turn.number} turn={turn} hidden={hidden} />)}
            </ol>
          </Scroller>
        </>
      )}
    </section>
  );
}

/** Reads what is new when the instance does something, and nothing while it rests or has ended. */
function useTurns(item: Instance): Loaded<Presentation> {
  const { project, title, status, activity, last_activity_at } = item;
  const key = `${project}/${title}`;
  const known = useRef<{ key: string; value: Presentation } | null>(null);
  const loaded = useLoaded(
    async (signal) => {
      const before = known.current?.key === key ? known.current.value : null;
      const read = (since: number | null): Promise<Presentation> =>
        api.call("GET /v1/projects/:project/instances/:title/presentation", {
          params: { project, title },
          query: since === null ? {} : { since: String(since) },
          signal,
        });
      const value = merged(before, await read(sinceOf(before))) ?? await read(null);
      known.current = { key, value };
      return value;
    },
    key,
    (event) => event.instance === title,
  );
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) loaded.reload();
    isFirst.current = false;
  }, [status, activity, last_activity_at]);
  usePoll(() => {
    if (status === "running" && activity !== "idle") loaded.reload();
  }, POLL_MS);
  return loaded;
}

interface FiltersProps {
  readonly value: Presentation;
  readonly hidden: ReadonlySet<RowKind>;
  readonly setHidden: (hidden: ReadonlySet<RowKind>) => void;
}

function Filters({ value, hidden, setHidden }: FiltersProps): JSX.Element {
  const counts = countsOf(value.turns);
  const toggle = (kind: RowKind): void => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    setHidden(next);
  };
  return (
    <div class="turn-filters" role="group" aria-label="Kinds that are shown">
      {KINDS.filter((kind) => counts.has(kind)).map((kind) => (
        <button
          key={kind}
          type="button"
          aria-pressed={!hidden.has(kind)}
          onClick={() => toggle(kind)}
        >
          {kind} <span class="num">{counts.get(kind)}</span>
        </button>
      ))}
    </div>
  );
}

/** Stays at the end while somebody is there. */
function Scroller(
  { last, label, children }: {
    last: Presentation;
    label: string;
    children: JSX.Element | (JSX.Element | false)[];
  },
): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [last]);
  return (
    <div
      ref={box}
      class="turn-scroll"
      role="region"
      aria-label={`${label}, list`}
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      }}
    >
      {children}
    </div>
  );
}
