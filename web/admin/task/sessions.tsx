import type { JSX } from "preact";
import { api } from "../data/api.ts";
import type { Instance, Overview } from "../data/types.ts";
import { useLoaded, useNow } from "../data/use.ts";
import { pathOf } from "../pure/route.ts";
import { between } from "../pure/time.ts";
import { Activity, evidenceOf } from "../ui/activity.tsx";
import { Problem, Section, Skeleton } from "../ui/bits.tsx";

/** Every agent that worked on a task, the newest first. */

interface Props {
  readonly project: string;
  readonly task: string;
  readonly live: Overview["instances"];
}

/** The list. */
export function TaskSessions({ project, task, live }: Props): JSX.Element {
  const { value, error, reload } = useLoaded(
    async (signal) =>
      (await api.call("GET /v1/projects/:project/instances", {
        params: { project },
        query: { task, all: "true", limit: "100" },
        signal,
      })).items,
    // What lives is part of the overview: with it, this list changes.
    `${project}/${task}/${live.map(({ id, status }) => `${id}${status}`).join()}`,
  );
  if (value === null && error === null) return <Skeleton lines={3} />;
  return (
    <Section
      title="Agents"
      aside={<span class="muted num">{value?.length ?? 0}</span>}
    >
      {error !== null && <Problem error={error} retry={reload} />}
      {value?.length === 0 && <p class="muted">No agent has worked on this task yet.</p>}
      <ul class="sessions">
        {value?.map((session) => <Row key={session.id} session={session} />)}
      </ul>
    </Section>
  );
}

function Row({ session }: { session: Instance }): JSX.Element {
  const now = useNow(1_000);
  const { project, title } = session;
  return (
    <li>
      <a href={pathOf({ screen: "instance", project, title })}>
        <span class="title">{title}</span>
        <span class="role">{session.role}</span>
        <Activity seen={session} />
        <span class="muted evidence">
          {evidenceOf(session)}
        </span>
        <span class="muted">
          {session.harness}
          {session.model !== null && ` ${session.model}`}
        </span>
        <span class="num muted length">
          {between(
            session.started_at ?? session.created_at,
            session.ended_at,
            now,
          )}
        </span>
      </a>
    </li>
  );
}
