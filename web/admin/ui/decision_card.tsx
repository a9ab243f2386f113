import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { attempt } from "../app/notice.ts";
import { api, mayOperate } from "../data/api.ts";
import type { Decision } from "../data/types.ts";
import { pathOf } from "../pure/route.ts";
import { Ago, Button } from "./bits.tsx";
import { Icon } from "./icons.tsx";
import { Markdown } from "./markdown.tsx";

/** A question to a person, with its answers as buttons. */

type Asked = Omit<Decision, "project">;

interface Props {
  readonly project: string;
  readonly decision: Asked;
  /** Says which task it is about. */
  readonly named: boolean;
  readonly onAnswered: () => void;
}

const KIND_NAMES: Readonly<Record<Decision["kind"], string>> = {
  wave_failed: "Wave failed",
  wave_advance: "Next wave",
  topic_collision: "Topic in use",
  merge_conflict: "Merge conflict",
  review_limit: "Review limit",
  stuck_agent: "Stuck agent",
  agent_failed: "Agent failed",
  plan_invalid: "Plan invalid",
};

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function About(
  { project, decision }: { project: string; decision: Asked },
): JSX.Element | null {
  if (decision.task === null) return <span class="muted">{project}</span>;
  const place = {
    screen: "task" as const,
    project,
    task: decision.task,
    tab: "overview" as const,
  };
  return (
    <span class="about">
      <a href={pathOf(place)}>{decision.task}</a> <span class="muted">{project}</span>
    </span>
  );
}

/** The card. An answered question shows its answer instead of buttons. */
export function DecisionCard(
  { project, decision, named, onAnswered }: Props,
): JSX.Element {
  const open = decision.status === "open";
  return (
    <article
      class={open ? "decision open" : "decision"}
      aria-label={decision.question}
    >
      <header>
        <Icon name="decisions" />
        <strong>{KIND_NAMES[decision.kind]}</strong>
        {named && <About project={project} decision={decision} />}
        <span class="age">
          <Ago at={open ? decision.created_at : decision.closed_at} />
        </span>
      </header>
      <p class="question">{decision.question}</p>
      {decision.detail !== "" && (
        <div class="detail">
          <Markdown text={decision.detail} breaks />
        </div>
      )}
      {open
        ? (
          <Answers
            project={project}
            decision={decision}
            onAnswered={onAnswered}
          />
        )
        : (
          <p class="muted">
            {decision.status === "answered"
              ? `${decision.answer ?? ""}, by ${decision.answered_by ?? "nobody"}`
              : "withdrawn: the task moved on"}
            {decision.feedback !== "" && `: ${decision.feedback}`}
          </p>
        )}
    </article>
  );
}

function Answers(
  { project, decision, onAnswered }: Omit<Props, "named">,
): JSX.Element {
  const [feedback, setFeedback] = useState("");
  const [writing, setWriting] = useState(false);
  const [busy, setBusy] = useState<string | null>(null);
  if (!mayOperate.value) {
    return (
      <p class="muted">
        Your token may read; an answer needs the scope operate.
      </p>
    );
  }
  const answer = async (option: string): Promise<void> => {
    setBusy(option);
    const params = { project, id: decision.id };
    const body = {
      option,
      ...(feedback.trim() === "" ? {} : { feedback: feedback.trim() }),
    };
    await attempt(
      () =>
        api.call("POST /v1/projects/:project/decisions/:id/answer", {
          params,
          body,
        }),
      `Answered: ${option}`,
    );
    setBusy(null);
    onAnswered();
  };
  return (
    <div class="answers">
      {writing && (
        <textarea
          rows={3}
          autofocus
          aria-label="Note for the agent"
          placeholder="Note for the agent"
          value={feedback}
          onInput={(event) => setFeedback(event.currentTarget.value)}
        />
      )}
      <div class="row">
        {decision.options.map((option, index) => (
          <Button
            key={option.id}
            kind={option.id === "abort" ? "quiet" : index === 0 ? "primary" : "plain"}
            busy={busy === option.id}
            disabled={busy !== null}
            title={option.id}
            onClick={() => void answer(option.id)}
          >
            {capital(option.label)}
          </Button>
        ))}
        {!writing && (
          <Button kind="quiet" onClick={() => setWriting(true)}>
            Add a note
          </Button>
        )}
      </div>
    </div>
  );
}
