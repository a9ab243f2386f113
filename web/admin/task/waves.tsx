import type { JSX } from "preact";
import type { Subtask, Task } from "../data/types.ts";
import { useNow } from "../data/use.ts";
import { pathOf } from "../pure/route.ts";
import { between } from "../pure/time.ts";
import { Section } from "../ui/bits.tsx";

/** The waves of a plan and the subtasks in them, as they run. */

interface Props {
  readonly project: string;
  readonly task: Task;
  readonly subtasks: readonly Subtask[];
}

const SIGNS: Readonly<Record<Subtask["status"], string>> = {
  pending: "○",
  running: "◐",
  reported: "◕",
  complete: "●",
  failed: "✕",
};

/** In these nothing runs any more. */
const OVER: readonly Task["status"][] = ["done", "cancelled"];

/** The waves; a task without subtasks says where they come from. */
export function Waves({ project, task, subtasks }: Props): JSX.Element {
  const waves = Map.groupBy(subtasks, ({ wave }) => wave);
  const complete = subtasks.filter(({ status }) => status === "complete").length;
  const plan = pathOf({
    screen: "task",
    project,
    task: task.name,
    tab: "plan",
  });
  return (
    <Section
      title="Waves"
      aside={subtasks.length > 0
        ? (
          <span class="muted num">
            {complete} of {subtasks.length} complete
          </span>
        )
        : undefined}
    >
      {subtasks.length === 0 && (
        <p class="muted">
          Subtasks appear when the <a href={plan}>plan</a>{" "}
          is implemented in waves. A small plan goes to one coder and has none.
        </p>
      )}
      {[...waves].map(([number, list]) => (
        <div
          key={number}
          class={number === task.wave ? "wave current" : "wave"}
        >
          <h3>
            Wave {number}
            {number === task.wave && task.status === "implementing" && (
              <span class="chip live">
                {task.phase === "wave_waiting" ? "waits" : "running"}
              </span>
            )}
          </h3>
          <ul>
            {list.map((subtask) => (
              <Row key={subtask.id} subtask={subtask} over={OVER.includes(task.status)} />
            ))}
          </ul>
        </div>
      ))}
    </Section>
  );
}

function Row({ subtask, over }: { subtask: Subtask; over: boolean }): JSX.Element {
  const now = useNow(1_000);
  const { started_at, ended_at, reported_at } = subtask;
  // The row keeps what it was at the end of the task, for the case that it is reopened.
  const stopped = over && subtask.status === "running";
  const status = stopped ? "pending" : subtask.status;
  return (
    <li class={`subtask st-${status}`}>
      <span class="sign-text" aria-hidden="true">{SIGNS[status]}</span>
      <span class="number num">T{subtask.number}</span>
      <span class="what">
        <span>{subtask.title}</span>
        {subtask.note !== "" && <span class="note">{subtask.note}</span>}
      </span>
      {subtask.files.length > 0 && (
        <span class="muted files" title={subtask.files.join("\n")}>
          {subtask.files.length} {subtask.files.length === 1 ? "file" : "files"}
        </span>
      )}
      {subtask.attempt > 1 && <span class="chip">try {subtask.attempt}</span>}
      {subtask.assignment === "resolve" && <span class="chip">resolving a conflict</span>}
      {subtask.commit !== null && <code class="muted">{subtask.commit.slice(0, 8)}</code>}
      <span class="status">{stopped ? "stopped" : status}</span>
      <span class="num muted length">
        {!stopped && between(started_at, ended_at ?? reported_at, now)}
      </span>
    </li>
  );
}
