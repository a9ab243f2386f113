import type { JSX } from "preact";
import type { Status } from "../../../lib/task/types.ts";

/** Icons of 16 by 16, drawn with the colour of the text. They say nothing to a screen reader. */

const PATHS = {
  agents: "M8 2.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM3 13.5c.4-2.6 2.4-4 5-4s4.6 1.4 5 4",
  board: "M2.5 3h3v10h-3zM6.5 3h3v6h-3zM10.5 3h3v8h-3z",
  instances: "M2 3.5h12v9H2zM4.5 6l2 2-2 2M8 10.5h3.5",
  decisions:
    "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.3M8 11.2v.1",
  audit: "M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5",
  settings:
    "M2.5 4.5h7M12.5 4.5h1M2.5 8h2M7.5 8h6M2.5 11.5h6M11.5 11.5h2M9.5 3v3M4.5 6.5v3M8.5 10v3",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3 3",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5l3.5 3.5L13 4.5",
  chevron: "M6 4l4 4-4 4",
  down: "M4 6l4 4 4-4",
  branch: "M5 2.5v11M5 9.5c4 0 6-1 6-4.5M11 2.5a1.25 1.25 0 1 1 0 2.5 1.25 1.25 0 0 1 0-2.5",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  sun:
    "M8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  system: "M2.5 3h11v8h-11zM6 13.5h4M8 11v2.5",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  list: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  warning: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.2v.1",
  external: "M9 3h4v4M13 3L7.5 8.5M11 9.5V13H3V5h3.5",
  copy: "M5.5 5.5h7.5v7.5H5.5zM10.5 5.5V3H3v7.5h2.5",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.5l7 4.5-7 4.5z",
  restart: "M12.8 6.5A5 5 0 1 0 13 9M13 3v3.5H9.5",
  stop: "M4 4h8v8H4z",
  keyboard: "M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M11.7 7h.01M5 9.3h6",
} as const;
export type IconName = keyof typeof PATHS;

/** An icon. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The part of a status's circle that is filled, so that the colour is not its only sign. */
const SHARE: Readonly<Record<Status, number>> = {
  ready: 0,
  planning: 0.25,
  implementing: 0.5,
  reviewing: 0.75,
  verifying: 0.9,
  done: 1,
  cancelled: 0,
};

/** The sign of a status. */
export function StatusMark({ status }: { status: Status }): JSX.Element {
  const length = 2 * Math.PI * 3;
  return (
    <svg class={`mark s-${status}`} viewBox="0 0 16 16" aria-hidden="true">
      <circle
        class={status === "ready" ? "ring dashed" : "ring"}
        cx="8"
        cy="8"
        r="6"
      />
      {status === "cancelled" && <path class="stroke" d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6" />}
      {status === "done" && (
        <>
          <circle class="disc" cx="8" cy="8" r="6.7" />
          <path class="tick" d="M5 8.2l2.2 2.2L11.2 6" />
        </>
      )}
      {status !== "done" && SHARE[status] > 0 && (
        <circle
          class="pie"
          cx="8"
          cy="8"
          r="3"
          stroke-dasharray={`${length * SHARE[status]} ${length}`}
        />
      )}
    </svg>
  );
}
