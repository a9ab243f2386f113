import type { JSX } from "preact";
import { memo } from "../ui/memo.ts";
import { go } from "../app/router.ts";
import { agentsOf, attention, projects } from "../data/store.ts";
import type { TaskRow } from "../data/types.ts";
import { pathOf } from "../pure/route.ts";
import { Ago } from "../ui/bits.tsx";
import { Icon, StatusMark } from "../ui/icons.tsx";

/** A task on the board: as a card, or as a line of the list. */

/** Their heights in pixels, with the space below; styles/board.css has the same numbers. */
export const CARD_HEIGHT = 108;
export const ROW_HEIGHT = 40;

function addressOf(row: TaskRow): string {
  return pathOf({
    screen: "task",
    project: row.project,
    task: row.name,
    tab: "overview",
  });
}

/** Opens a task. */
export function openTask(row: TaskRow): void {
  go(addressOf(row));
}

interface Props {
  readonly row: TaskRow;
  readonly selected: boolean;
}

function Signs({ row }: { row: TaskRow }): JSX.Element {
  const agents = agentsOf.value.get(row.id) ?? 0;
  return (
    <>
      {attention.value.has(row.id) && (
        <span class="sign hot" title="Waits for your decision">
          <Icon name="decisions" />
          <span>decide</span>
        </span>
      )}
      {agents > 0 && (
        <span
          class="sign live"
          title={`${agents} ${agents === 1 ? "agent" : "agents"} at work`}
        >
          <span class="beat" aria-hidden="true" />
          <span>{agents}</span>
          <span class="sr">at work</span>
        </span>
      )}
    </>
  );
}

function Labels({ row }: { row: TaskRow }): JSX.Element {
  const several = (projects.value?.length ?? 0) > 1;
  return (
    <>
      {several && <span class="chip">{row.project}</span>}
      {row.topic !== null && <span class="chip topic">{row.topic}</span>}
    </>
  );
}

/** A card. */
export const TaskCard = memo(({ row, selected }: Props): JSX.Element => (
  <a
    class={selected ? "card-link selected" : "card-link"}
    href={addressOf(row)}
    data-task={row.id}
  >
    <span class="top">
      <span class="name">{row.name}</span>
      <Signs row={row} />
    </span>
    <span class="description">{row.description || row.goal}</span>
    <span class="foot">
      {row.state !== row.status && <span class="state">{row.state}</span>}
      <Labels row={row} />
      <span class="age">
        <Ago at={row.updated_at} every={30_000} />
      </span>
    </span>
  </a>
));

/** A line. */
export const TaskLine = memo(({ row, selected }: Props): JSX.Element => (
  <a
    class={selected ? "line-link selected" : "line-link"}
    href={addressOf(row)}
    data-task={row.id}
  >
    <span class="what">
      <StatusMark status={row.status} />
      <span class="state">{row.state}</span>
    </span>
    <span class="name">{row.name}</span>
    <span class="description">{row.description || row.goal}</span>
    <span class="labels">
      <Signs row={row} />
      <Labels row={row} />
    </span>
    <span class="age">
      <Ago at={row.updated_at} every={30_000} />
    </span>
  </a>
));
