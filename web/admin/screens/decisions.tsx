import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useKeys } from "../app/keys.ts";
import { api } from "../data/api.ts";
import { decisions, loadAll } from "../data/store.ts";
import { useLoaded } from "../data/use.ts";
import { DecisionCard } from "../ui/decision_card.tsx";
import { Empty, Problem, Skeleton } from "../ui/bits.tsx";

/** Every question to a person, of all projects, in one place; the oldest first. */

/** The screen. */
export default function Decisions(): JSX.Element {
  const [closed, setClosed] = useState(false);
  const open = decisions.value;
  useCardKeys();
  return (
    <div class="page decision-list">
      <header class="page-head">
        <h1>Decisions</h1>
        <span class="muted num">
          {open === null ? "" : `${open.length} open`}
        </span>
        <div class="segments" role="group" aria-label="Show">
          <button
            type="button"
            aria-pressed={!closed}
            onClick={() => setClosed(false)}
          >
            Open
          </button>
          <button
            type="button"
            aria-pressed={closed}
            onClick={() => setClosed(true)}
          >
            Answered
          </button>
        </div>
      </header>
      {closed
        ? <Closed />
        : open === null
        ? <Skeleton lines={8} />
        : open.length === 0
        ? (
          <Empty icon="check" title="Nothing waits for you">
            <p>
              When kas must not go on by itself (a wave failed, an agent is stuck, a merge
              conflicts), it asks here. The work it asks about is left alone until you answer.
            </p>
          </Empty>
        )
        : open.map((decision) => (
          <DecisionCard
            key={decision.id}
            project={decision.project}
            decision={decision}
            named
            onAnswered={() => void loadAll()}
          />
        ))}
    </div>
  );
}

/** j and k go from card to card; Tab goes on to its answers. */
function useCardKeys(): void {
  const move = (by: number) => (): void => {
    const cards = [...document.querySelectorAll<HTMLElement>(".decision")];
    const at = cards.findIndex((card) => card.contains(document.activeElement));
    const next = cards[at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + by))];
    next?.querySelector<HTMLElement>("button, a")?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  useKeys([
    { keys: "j", group: "Decisions", label: "Next question", run: move(1) },
    { keys: "k", group: "Decisions", label: "Question before", run: move(-1) },
  ]);
}

function Closed(): JSX.Element {
  const { value, error, reload } = useLoaded(
    async (signal) =>
      (await api.call("GET /v1/decisions", {
        query: { status: "answered", limit: "200" },
        signal,
      })).items.toReversed(),
    "answered",
    (event) => event.kind.startsWith("decision"),
  );
  if (value === null) {
    return error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />;
  }
  if (value.length === 0) {
    return <Empty icon="decisions" title="No question was answered yet" />;
  }
  return (
    <>
      {value.map((decision) => (
        <DecisionCard
          key={decision.id}
          project={decision.project}
          decision={decision}
          named
          onAnswered={reload}
        />
      ))}
    </>
  );
}
