import type { JSX } from "preact";
import { api } from "../data/api.ts";
import { readLog, WHOLE_LOG } from "../data/log.ts";
import type { EventRow, PullRequest, Review, Task } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { safeHref } from "../pure/markdown_inline.ts";
import { Ago, Empty, Problem, Section, Skeleton } from "../ui/bits.tsx";
import { Actor } from "../ui/event_list.tsx";
import { Icon } from "../ui/icons.tsx";
import { Markdown } from "../ui/markdown.tsx";

/** How a task was judged: the rounds with their findings, the verification, the pull request. */

const KINDS = [
  "changes_requested",
  "review_cycle_limit",
  "verification_refused",
];

interface Judged {
  readonly rounds: readonly EventRow[];
  readonly pull: PullRequest;
  readonly reviews: readonly Review[];
  /** Names of the task's agents, by how the log calls them. */
  readonly names: ReadonlyMap<string, string>;
}

async function read(
  project: string,
  task: string,
  signal: AbortSignal,
): Promise<Judged> {
  const params = { project, task };
  const [log, pull, reviews, agents] = await Promise.all([
    readLog({ ...WHOLE_LOG, project, task, kinds: KINDS }, null, {
      limit: "200",
      signal,
    }),
    api.call("GET /v1/projects/:project/tasks/:task/pr", { params, signal }),
    api.call("GET /v1/projects/:project/tasks/:task/pr-reviews", {
      params,
      signal,
    }),
    api.call("GET /v1/projects/:project/instances", {
      params: { project },
      query: { task, all: "true", limit: "100" },
      signal,
    }),
  ]);
  const names = new Map(agents.items.map(({ id, title }) => [`session:${id}`, title]));
  return { rounds: log.items, pull, reviews: reviews.items, names };
}

function feedbackOf(event: EventRow): string {
  const { feedback } = event.detail;
  return typeof feedback === "string" && feedback.trim() !== "" ? feedback : event.message;
}

/** The tab. */
export function ReviewsTab(
  { project, task }: { project: string; task: Task },
): JSX.Element {
  const { value, error, reload } = useLoaded(
    (signal) => read(project, task.name, signal),
    `${project}/${task.name}/reviews`,
    (event) => event.project === project && event.task === task.name,
  );
  if (value === null) {
    return error === null ? <Skeleton lines={6} /> : <Problem error={error} retry={reload} />;
  }
  const { rounds, pull, reviews, names } = value;
  const nothing = rounds.length === 0 && task.verified_sha === null &&
    pull.url === "";
  return (
    <div class="block">
      {nothing && (
        <Empty icon="check" title="Not reviewed yet">
          <p>
            A reviewer reads everything the branch changes. What it finds goes to a fixer, round by
            round; then another agent verifies one exact commit.
          </p>
        </Empty>
      )}
      {task.verified_sha !== null && <Verified task={task} />}
      {pull.url !== "" && <Pull pull={pull} reviews={reviews} />}
      {rounds.length > 0 && (
        <Section
          title="Rounds"
          aside={<span class="muted num">{rounds.length}</span>}
        >
          {rounds.map((event) => <Round key={event.id} event={event} names={names} />)}
        </Section>
      )}
    </div>
  );
}

function Round(
  { event, names }: { event: EventRow; names: Judged["names"] },
): JSX.Element {
  const { round } = event.detail;
  const title = event.kind === "changes_requested"
    ? `Round ${typeof round === "number" ? round : ""}: changes requested`
    : event.kind.replaceAll("_", " ");
  return (
    <article class="finding">
      <header>
        <strong>{title}</strong>
        <span class="muted">
          <Actor event={event} names={names} />
        </span>
        <span class="age">
          <Ago at={event.at} />
        </span>
      </header>
      <Markdown text={feedbackOf(event)} />
    </article>
  );
}

function Verified({ task }: { task: Task }): JSX.Element {
  return (
    <div class={task.stale_reason === null ? "verdict good" : "verdict warn"}>
      <Icon name={task.stale_reason === null ? "check" : "warning"} />
      <div>
        <p>
          Verified at <code>{task.verified_sha?.slice(0, 10)}</code> on{" "}
          <code>{task.verified_base_sha?.slice(0, 10)}</code> of {task.base_branch}
          {task.verified_by !== null && `, by ${task.verified_by}`}
        </p>
        {task.stale_reason !== null && <p>No longer: {task.stale_reason}</p>}
      </div>
      <span class="age">
        <Ago at={task.verified_at} />
      </span>
    </div>
  );
}

function Pull(
  { pull, reviews }: { pull: PullRequest; reviews: readonly Review[] },
): JSX.Element {
  const href = safeHref(pull.url);
  return (
    <Section title="Pull request">
      <p class="row">
        {href === null
          ? <span>{pull.url}</span>
          : (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {pull.url}
            </a>
          )}
        {pull.state !== "" && <span class="chip">{pull.state.toLowerCase()}</span>}
        {pull.checks !== "" && <span class="chip">checks {pull.checks}</span>}
      </p>
      {reviews.map((review) => (
        <article key={review.review_id} class="finding">
          <header>
            <strong>{review.author}</strong>
            <span class="chip">
              {review.state.toLowerCase().replaceAll("_", " ")}
            </span>
            <span class="muted">
              {review.fixer_dispatched_at === null ? "no fixer yet" : "a fixer was sent"}
            </span>
            <span class="age">
              <Ago at={review.submitted_at ?? review.created_at} />
            </span>
          </header>
          <Markdown text={review.body} />
        </article>
      ))}
    </Section>
  );
}
