import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../app/keys.ts";
import { creating } from "../app/palette.tsx";
import { mayOperate } from "../data/api.ts";
import { agentsOf, attention, projects, tasks, tasksComplete } from "../data/store.ts";
import { FILTERS, SORTS, type View } from "../pure/board.ts";
import { Button } from "../ui/bits.tsx";
import { Icon } from "../ui/icons.tsx";
import { setView } from "./board_view.ts";

/** What is shown of all tasks, and how. */

const SORT_NAMES = {
  updated: "Last changed",
  created: "Newest",
  name: "Name",
} as const;
const FILTER_NAMES = {
  all: "All",
  attention: "Needs you",
  running: "Running",
} as const;
const TYPING_MS = 120;

function Search({ text }: { text: string }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => setView({ text: typed }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useKeys([{
    keys: "/",
    group: "Board",
    label: "Search",
    run: () => input.current?.focus(),
  }]);
  return (
    <label class="search">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label="Search tasks"
        placeholder="Search"
        value={typed}
        spellcheck={false}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          setTyped("");
          event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

function Filters({ view }: { view: View }): JSX.Element {
  const counts = {
    all: null,
    attention: attention.value.size,
    running: agentsOf.value.size,
  };
  return (
    <div class="segments" role="group" aria-label="Show">
      {FILTERS.map((filter) => (
        <button
          key={filter}
          type="button"
          aria-pressed={view.filter === filter}
          onClick={() => setView({ filter })}
        >
          {FILTER_NAMES[filter]}
          {counts[filter] !== null && counts[filter] > 0 && (
            <span class={`count${filter === "attention" ? " hot" : ""}`}>
              {counts[filter]}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onPick: (value: string) => void;
}

/** A choice of one; the browser's own. */
export function Select(
  { label, value, options, onPick }: SelectProps,
): JSX.Element {
  return (
    <select
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => onPick(event.currentTarget.value)}
    >
      {options.map(([id, text]) => <option key={id} value={id}>{text}</option>)}
    </select>
  );
}

function topicsOf(project: string): string[] {
  const topics = new Set<string>();
  for (const row of tasks.value?.values() ?? []) {
    if (row.topic !== null && (project === "" || row.project === project)) {
      topics.add(row.topic);
    }
  }
  return [...topics].sort();
}

/** The bar above the board. */
export function BoardBar(
  { view, shown }: { view: View; shown: number },
): JSX.Element {
  const keys = (projects.value ?? []).map(({ key }) => key);
  const topics = topicsOf(view.project);
  const total = tasks.value?.size ?? 0;
  return (
    <header class="bar">
      <h1>Board</h1>
      <span class="muted num total" role="status">
        {shown === total ? total : `${shown} of ${total}`}
        {tasksComplete.value ? "" : "…"}
      </span>
      <Search text={view.text} />
      <Filters view={view} />
      <div class="selects">
        {keys.length > 1 && (
          <Select
            label="Project"
            value={view.project}
            options={[
              ["", "All projects"],
              ...keys.map((key) => [key, key] as const),
            ]}
            onPick={(project) => setView({ project, topic: "" })}
          />
        )}
        {(topics.length > 0 || view.topic !== "") && (
          <Select
            label="Topic"
            value={view.topic}
            options={[
              ["", "All topics"],
              ...topics.map((topic) => [topic, topic] as const),
            ]}
            onPick={(topic) => setView({ topic })}
          />
        )}
        <Select
          label="Sort by"
          value={view.sort}
          options={SORTS.map((sort) => [sort, SORT_NAMES[sort]] as const)}
          onPick={(value) =>
            setView({
              sort: SORTS.find((sort) => sort === value) ?? "updated",
            })}
        />
      </div>
      <div class="segments icons" role="group" aria-label="Layout">
        {(["columns", "list"] as const).map((layout) => (
          <button
            key={layout}
            type="button"
            aria-pressed={view.layout === layout}
            aria-label={layout === "columns" ? "Columns" : "List"}
            title={layout === "columns" ? "Columns" : "List"}
            onClick={() => setView({ layout })}
          >
            <Icon name={layout} />
          </button>
        ))}
      </div>
      {mayOperate.value && (
        <Button
          kind="primary"
          icon="plus"
          onClick={() => creating.value = true}
        >
          New task
        </Button>
      )}
    </header>
  );
}
