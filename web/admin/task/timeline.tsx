import type { JSX } from "preact";
import { api } from "../data/api.ts";
import type { Task, Timeline } from "../data/types.ts";
import { useLoaded, useNow } from "../data/use.ts";
import { duration, stamp } from "../pure/time.ts";
import { Problem, Section, Skeleton } from "../ui/bits.tsx";
import { StatusMark } from "../ui/icons.tsx";

/** The statuses a task went through, and how long each took. */

type Span = Timeline["spans"][number];

/** Below this share of the whole a span is drawn this wide, so that it can be seen. */
const LEAST = 0.012;

interface Props {
  readonly project: string;
  readonly task: Task;
}

/** The bar, with the spans as a list below it. */
export function TimelineBar({ project, task }: Props): JSX.Element {
  const { value, error, reload } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/tasks/:task/timeline", {
        params: { project, task: task.name },
        signal,
      }),
    `${task.id}/${task.status}/${task.version}`,
  );
  const now = useNow(1_000);
  if (value === null) {
    return error === null ? <Skeleton lines={2} /> : <Problem error={error} retry={reload} />;
  }
  const spans = value.spans.map((span) => ({
    ...span,
    ms: lengthOf(span, now),
  }));
  const total = spans.reduce((sum, { ms }) => sum + ms, 0);
  return (
    <Section
      title="Timeline"
      aside={<span class="muted num">{duration(total)}</span>}
    >
      <div class="timeline" role="img" aria-label={spoken(spans)}>
        {spans.map((span, index) => (
          <span
            key={index}
            class={`span s-${span.status}${span.ended_at === null ? " now" : ""}`}
            style={{
              flexGrow: Math.max(LEAST, total === 0 ? 1 : span.ms / total),
            }}
            title={`${span.status}, ${duration(span.ms)}`}
          />
        ))}
      </div>
      <ol class="spans">
        {spans.map((span, index) => (
          <li key={index} title={`${stamp(span.started_at)}, by ${span.actor}`}>
            <span class={`s-${span.status}`}>
              <StatusMark status={span.status} />
            </span>
            <span>{span.status}</span>
            <span class="num muted">{duration(span.ms)}</span>
            {span.forced && <span class="chip">forced</span>}
          </li>
        ))}
      </ol>
    </Section>
  );
}

function lengthOf(span: Span, now: number): number {
  return span.ended_at === null ? Math.max(0, now - Date.parse(span.started_at)) : span.duration_ms;
}

function spoken(spans: readonly (Span & { ms: number })[]): string {
  return spans.map(({ status, ms }) => `${status} ${duration(ms)}`).join(", ");
}
