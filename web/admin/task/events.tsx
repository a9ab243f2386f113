import type { JSX } from "preact";
import { useLog, WHOLE_LOG } from "../data/log.ts";
import { Button, Empty, Problem, Skeleton } from "../ui/bits.tsx";
import { EventList } from "../ui/event_list.tsx";

/** What happened to one task. */
export function TaskEvents(
  { project, task }: { project: string; task: string },
): JSX.Element {
  const { events, error, more, reload } = useLog({
    ...WHOLE_LOG,
    project,
    task,
  });
  if (events === null) {
    return error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />;
  }
  return (
    <div class="block">
      {error !== null && <Problem error={error} retry={reload} />}
      {events.length === 0
        ? (
          <Empty icon="audit" title="Nothing happened yet">
            Every step will be listed here.
          </Empty>
        )
        : <EventList events={events} named={false} />}
      {more !== null && (
        <p class="row center">
          <Button onClick={more}>Older events</Button>
        </p>
      )}
    </div>
  );
}
