import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { attempt, say } from "../app/notice.ts";
import { go, query } from "../app/router.ts";
import { type LogFilter, readLog, useLog, WHOLE_LOG } from "../data/log.ts";
import { projects } from "../data/store.ts";
import type { EventRow } from "../data/types.ts";
import { BASE } from "../pure/route.ts";
import { Button, Empty, Problem, Skeleton } from "../ui/bits.tsx";
import { EventList } from "../ui/event_list.tsx";
import { Select } from "./board_bar.tsx";

/** The log of everything: who did what, when; searched, filtered, taken away as a file. */

const EXPORT_MOST = 20_000;
const TYPING_MS = 250;

/** Groups of kinds worth asking for, in words. */
const GROUPS: readonly (readonly [string, string, readonly string[]])[] = [
  ["", "All kinds", []],
  ["status", "Status changes", ["task_status_changed", "task_status_forced"]],
  ["agents", "Agents", [
    "agent_spawned",
    "agent_ended",
    "agent_paused",
    "agent_resumed",
    "agent_restarted",
    "agent_typed_into",
    "agent_activity",
  ]],
  ["waves", "Waves", [
    "wave_started",
    "wave_retried",
    "waves_complete",
    "subtask_reported",
    "subtask_complete",
    "subtask_failed",
  ]],
  ["decisions", "Decisions", [
    "decision_opened",
    "decision_answered",
    "decision_withdrawn",
  ]],
  ["errors", "Errors", [
    "engine_error",
    "project_error",
    "plan_rejected",
    "verification_refused",
  ]],
];

function filterOf(params: URLSearchParams): LogFilter {
  const group = GROUPS.find(([id]) => id === (params.get("kind") ?? ""));
  return {
    ...WHOLE_LOG,
    project: params.get("project") ?? "",
    task: params.get("task") ?? "",
    text: params.get("q") ?? "",
    kinds: group?.[2] ?? [],
  };
}

function setFilter(name: string, value: string): void {
  const params = new URLSearchParams(query.peek());
  if (value === "") params.delete(name);
  else params.set(name, value);
  go(`${BASE}/audit${params.size === 0 ? "" : `?${params}`}`, {
    replace: true,
  });
}

function TextFilter(
  { name, label }: { name: string; label: string },
): JSX.Element {
  const now = query.value.get(name) ?? "";
  const [typed, setTyped] = useState(now);
  useEffect(() => setTyped(now), [now]);
  useEffect(() => {
    if (typed === now) return;
    const timer = setTimeout(() => setFilter(name, typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <input
      type="text"
      aria-label={label}
      placeholder={label}
      value={typed}
      spellcheck={false}
      onInput={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

/** Hands a file to the browser. */
function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(
    new Blob([text], { type: "application/x-ndjson" }),
  );
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

/** Saves the log as a file. @returns what to tell about it */
async function exportLog(filter: LogFilter): Promise<string> {
  const rows: EventRow[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: readonly EventRow[]; next: string | null } = await readLog(
      filter,
      cursor,
      { limit: "500" },
    );
    rows.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && rows.length < EXPORT_MOST);
  const day = new Date().toISOString().slice(0, 10);
  download(
    `kas-audit-${day}.jsonl`,
    rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
  );
  return cursor === null
    ? `${rows.length} events are saved as JSON lines`
    : `The newest ${rows.length} events are saved; narrow the filter for the older ones`;
}

/** The screen. */
export default function Audit(): JSX.Element {
  const filter = filterOf(query.value);
  const { events, error, more, reload } = useLog(filter);
  const [busy, setBusy] = useState(false);
  const keys = (projects.value ?? []).map(({ key }) => key);
  const save = async (): Promise<void> => {
    setBusy(true);
    await attempt(async () => say(await exportLog(filter)));
    setBusy(false);
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>Audit</h1>
        <div class="filters" role="search">
          <TextFilter name="q" label="Words" />
          <TextFilter name="task" label="Task" />
          {keys.length > 1 && (
            <Select
              label="Project"
              value={filter.project}
              options={[
                ["", "All projects"],
                ...keys.map((key) => [key, key] as const),
              ]}
              onPick={(value) => setFilter("project", value)}
            />
          )}
          <Select
            label="Kind"
            value={query.value.get("kind") ?? ""}
            options={GROUPS.map(([id, text]) => [id, text] as const)}
            onPick={(value) => setFilter("kind", value)}
          />
        </div>
        <span class="end">
          <Button busy={busy} onClick={() => void save()}>Export</Button>
        </span>
      </header>
      {error !== null && <Problem error={error} retry={reload} />}
      {events === null
        ? error === null && <Skeleton lines={10} />
        : events.length === 0
        ? (
          <Empty icon="audit" title="No event fits">
            Every change of a task, an agent, a decision or a setting is one line here.
          </Empty>
        )
        : <EventList events={events} named />}
      {more !== null && (
        <p class="row center">
          <Button onClick={more}>Older events</Button>
        </p>
      )}
    </div>
  );
}
