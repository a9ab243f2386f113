import { Fragment, type JSX } from "preact";
import { useState } from "preact/hooks";
import type { EventRow } from "../data/types.ts";
import { pathOf } from "../pure/route.ts";
import { clock, stamp } from "../pure/time.ts";

/** Lines of the log. */

interface Props {
  readonly events: readonly EventRow[];
  /** Says which task each is about. */
  readonly named: boolean;
}

const BAD = /error|failed|refused|conflict|lost|died|limit|rejected|stuck/;

function toneOf(kind: string): string {
  if (BAD.test(kind)) return "bad";
  if (/forced|overridden|warning|killed|requested|deleted/.test(kind)) {
    return "warn";
  }
  return /merged|approved|complete|answered/.test(kind) ? "good" : "";
}

/** What an event says beyond its message, as short lines. */
function details(event: EventRow): string {
  return Object.keys(event.detail).length === 0 ? "" : JSON.stringify(event.detail, null, 2);
}

/** The message, without the name of the task that many begin with. */
function messageOf({ message, task }: EventRow): string {
  return task !== null && message.startsWith(`${task}: `)
    ? message.slice(task.length + 2)
    : message;
}

/** The lines; one with details opens on a click. */
export function EventList({ events, named }: Props): JSX.Element {
  let day = "";
  const names = namesOf(events);
  return (
    <ol class="events">
      {events.map((event) => {
        const date = stamp(event.at).slice(0, 10);
        const first = date !== day;
        day = date;
        return (
          <Fragment key={event.id}>
            {first && <li class="day">{date}</li>}
            <EventLine event={event} named={named} names={names} />
          </Fragment>
        );
      })}
    </ol>
  );
}

function EventLine(
  { event, named, names }: {
    event: EventRow;
    named: boolean;
    names: ReadonlyMap<string, string>;
  },
): JSX.Element {
  const [open, setOpen] = useState(false);
  const more = details(event);
  return (
    <li class={open ? "event open" : "event"}>
      <time dateTime={event.at} title={stamp(event.at)}>{clock(event.at)}</time>
      <span class={`kind ${toneOf(event.kind)}`}>
        {event.kind.replaceAll("_", " ")}
      </span>
      <span class="message">
        {named && <About event={event} />}
        {messageOf(event)}
      </span>
      <span class="actor">
        <Actor event={event} names={names} />
      </span>
      {more === "" ? <span /> : (
        <button
          type="button"
          class="more"
          aria-expanded={open}
          aria-label={`Details of event ${event.id}`}
          onClick={() => setOpen(!open)}
        >
          {open ? "−" : "+"}
        </button>
      )}
      {open && <pre class="code"><code>{more}</code></pre>}
    </li>
  );
}

/** The names of the agents that these events are about, by how the log calls who did something. */
function namesOf(events: readonly EventRow[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { session_id, instance } of events) {
    if (session_id !== null && instance !== null) names.set(`session:${session_id}`, instance);
  }
  return names;
}

/** Who did it; an agent by the name that people know it by. */
export function Actor({ event: { project, actor }, names }: {
  event: EventRow;
  names: ReadonlyMap<string, string>;
}): JSX.Element {
  const title = names.get(actor);
  if (project === null || title === undefined) return <>{actor}</>;
  return <a href={pathOf({ screen: "instance", project, title })}>{title}</a>;
}

function About({ event }: { event: EventRow }): JSX.Element | null {
  const { project, task } = event;
  if (project === null || task === null) return null;
  const address = pathOf({ screen: "task", project, task, tab: "overview" });
  return <a class="about" href={address}>{task}</a>;
}
