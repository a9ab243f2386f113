import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { STATUSES } from "../../../lib/task/types.ts";
import { useKeys } from "../app/keys.ts";
import { creating } from "../app/palette.tsx";
import { query } from "../app/router.ts";
import { mayOperate } from "../data/api.ts";
import { agentsOf, attention, boardView, loadAll, tasks, trouble } from "../data/store.ts";
import type { TaskRow } from "../data/types.ts";
import { byStatus, parseView, selectCards, step } from "../pure/board.ts";
import { Button, Empty, Problem } from "../ui/bits.tsx";
import { StatusMark } from "../ui/icons.tsx";
import { VirtualList } from "../ui/virtual.tsx";
import { BoardBar } from "./board_bar.tsx";
import { CARD_HEIGHT, openTask, ROW_HEIGHT, TaskCard, TaskLine } from "./board_card.tsx";
import { setView } from "./board_view.ts";

/** All tasks by status, live. */

/** The board. */
export function Board(): JSX.Element {
  const view = useMemo(() => parseView(query.value), [query.value]);
  useEffect(() => {
    boardView.value = view;
  }, [view]);
  const marks = useMemo(() => ({
    attention: attention.value,
    running: new Set(agentsOf.value.keys()),
  }), [attention.value, agentsOf.value]);
  const all = tasks.value;
  const cards = useMemo(
    () => all === null ? [] : selectCards(all.values(), view, marks),
    [all, view, marks],
  );
  return (
    <div class="board-page">
      <BoardBar view={view} shown={cards.length} />
      {trouble.value !== null && (
        <Problem
          error={trouble.value}
          retry={() => void loadAll()}
        />
      )}
      {all !== null && all.size === 0
        ? <NoTasks />
        : all !== null && cards.length === 0
        ? <NothingFits />
        : view.layout === "list"
        ? <List cards={cards} loading={all === null} />
        : <Columns cards={cards} loading={all === null} />}
    </div>
  );
}

function NoTasks(): JSX.Element {
  return (
    <Empty icon="board" title="No tasks yet">
      <p>
        A task is one piece of work in a repository: a name, a plan, a branch. Describe what you
        want; a planner writes the plan, coders carry it out, a reviewer and a verifier judge it.
      </p>
      {mayOperate.value && (
        <p>
          <Button
            kind="primary"
            icon="plus"
            onClick={() => creating.value = true}
          >
            New task
          </Button>
        </p>
      )}
      <p>
        Or in a terminal: <code>kas task create</code>. <code>kas demo</code>{" "}
        shows a whole run without any AI account.
      </p>
    </Empty>
  );
}

function NothingFits(): JSX.Element {
  return (
    <Empty icon="search" title="No task fits">
      <p>
        <Button
          onClick={() => setView({ text: "", topic: "", project: "", filter: "all" })}
        >
          Show all tasks
        </Button>
      </p>
    </Empty>
  );
}

interface BodyProps {
  readonly cards: readonly TaskRow[];
  readonly loading: boolean;
}

/** The card the keyboard is on, and the keys that move it. */
function useSelection(columns: readonly (readonly TaskRow[])[]): number | null {
  const [selected, setSelected] = useState<number | null>(null);
  const latest = useRef({ columns, selected });
  latest.current = { columns, selected };
  const move = (key: Parameters<typeof step>[2]) => (): void => {
    const ids = latest.current.columns.map((column) => column.map(({ id }) => id));
    setSelected(step(ids, latest.current.selected, key));
  };
  const open = (): void => {
    const row = latest.current.columns.flat().find(({ id }) => id === latest.current.selected);
    if (row !== undefined) openTask(row);
  };
  const group = "Board";
  useKeys([
    { keys: "j", group, label: "Next task", run: move("down") },
    { keys: "k", group, label: "Task before", run: move("up") },
    { keys: "h", group, label: "Column to the left", run: move("left") },
    { keys: "l", group, label: "Column to the right", run: move("right") },
    { keys: "Home", group, label: "First task", run: move("first") },
    { keys: "End", group, label: "Last task", run: move("last") },
    {
      keys: "ArrowDown",
      group,
      silent: true,
      label: "Next task",
      run: move("down"),
    },
    {
      keys: "ArrowUp",
      group,
      silent: true,
      label: "Task before",
      run: move("up"),
    },
    {
      keys: "ArrowLeft",
      group,
      silent: true,
      label: "Column to the left",
      run: move("left"),
    },
    {
      keys: "ArrowRight",
      group,
      silent: true,
      label: "Column to the right",
      run: move("right"),
    },
    { keys: "o", group, label: "Open the task", run: open },
    {
      keys: "v",
      group,
      label: "Columns or list",
      run: () =>
        setView({
          layout: parseView(query.peek()).layout === "list" ? "columns" : "list",
        }),
    },
  ]);
  // The selected card has the focus, so that Enter follows its link and a screen reader reads it.
  useEffect(() => {
    if (selected === null) return;
    const element = document.querySelector(`[data-task="${selected}"]`);
    if (element instanceof HTMLElement) element.focus({ preventScroll: true });
    element?.closest(".column")?.scrollIntoView({
      block: "nearest",
      inline: "nearest",
    });
  }, [selected]);
  return selected;
}

function Columns({ cards, loading }: BodyProps): JSX.Element {
  const columns = useMemo(() => byStatus(cards, STATUSES), [cards]);
  const selected = useSelection([...columns.values()]);
  return (
    <div class="columns" tabIndex={-1}>
      {[...columns].map(([status, rows]) => (
        <section
          key={status}
          class={rows.length === 0 && !loading ? "column bare" : "column"}
          aria-label={`${status}, ${rows.length}`}
        >
          <header>
            <StatusMark status={status} />
            <h2>{status}</h2>
            <span class="count">{loading ? "" : rows.length}</span>
          </header>
          {loading ? <Ghosts /> : (
            <VirtualList
              items={rows}
              rowHeight={CARD_HEIGHT}
              label={`Tasks that are ${status}`}
              keyOf={(row) => row.id}
              focusIndex={rows.findIndex(({ id }) => id === selected)}
              draw={(row) => <TaskCard row={row} selected={row.id === selected} />}
            />
          )}
        </section>
      ))}
    </div>
  );
}

function Ghosts(): JSX.Element {
  return (
    <div class="ghosts" role="status" aria-label="Loading">
      <span />
      <span />
      <span />
    </div>
  );
}

function List({ cards, loading }: BodyProps): JSX.Element {
  const selected = useSelection([cards]);
  if (loading) return <Ghosts />;
  return (
    <div class="task-list">
      <VirtualList
        items={cards}
        rowHeight={ROW_HEIGHT}
        label="Tasks"
        keyOf={(row) => row.id}
        focusIndex={cards.findIndex(({ id }) => id === selected)}
        draw={(row) => <TaskLine row={row} selected={row.id === selected} />}
      />
    </div>
  );
}
