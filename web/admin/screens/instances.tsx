import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { query } from "../app/router.ts";
import { api } from "../data/api.ts";
import { instances, reloadInstances } from "../data/store.ts";
import type { Instance } from "../data/types.ts";
import { useLoaded, usePoll } from "../data/use.ts";
import { groupInstances, waitsForPerson } from "../pure/instances.ts";
import { pathOf } from "../pure/route.ts";
import { Activity, evidenceOf } from "../ui/activity.tsx";
import { Ago, Button, Empty, Problem, Skeleton } from "../ui/bits.tsx";
import { InstanceMenu } from "../ui/instance_menu.tsx";

/** Everything that runs, by task, with what it does and how that is known. */

/** What an agent does changes without an event. */
const POLL_MS = 3_000;

/** The screen. */
export default function Instances(): JSX.Element {
  const [ended, setEnded] = useState(query.peek().get("ended") === "1");
  usePoll(reloadInstances, POLL_MS);
  useEffect(reloadInstances, []);
  const live = instances.value;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Instances</h1>
        <span class="muted num">
          {live === null ? "" : `${live.length} live`}
        </span>
        <div class="segments" role="group" aria-label="Show">
          <button
            type="button"
            aria-pressed={!ended}
            onClick={() => setEnded(false)}
          >
            Live
          </button>
          <button
            type="button"
            aria-pressed={ended}
            onClick={() => setEnded(true)}
          >
            Ended
          </button>
        </div>
      </header>
      {ended
        ? <Ended />
        : live === null
        ? <Skeleton lines={8} />
        : live.length === 0
        ? (
          <Empty icon="instances" title="No agent is at work">
            <p>
              Agents appear here as soon as a task needs them: start one on the{" "}
              <a href={pathOf({ screen: "board" })}>board</a>. Each runs in its own terminal, which
              you can watch and type into.
            </p>
          </Empty>
        )
        : <Groups list={live} reload={reloadInstances} />}
    </div>
  );
}

function Groups(
  { list, reload }: { list: readonly Instance[]; reload: () => void },
): JSX.Element {
  const groups = useMemo(() => groupInstances(list), [list]);
  return (
    <>
      {groups.map(({ project, task, items }) => (
        <section key={`${project}/${task ?? ""}`} class="group">
          <h2>
            {task === null ? <span>Without a task</span> : (
              <a
                href={pathOf({
                  screen: "task",
                  project,
                  task,
                  tab: "overview",
                })}
              >
                {task}
              </a>
            )}
            <span class="muted">{project}</span>
          </h2>
          <ul class="instance-list">
            {items.map((item) => <Row key={item.id} item={item} reload={reload} />)}
          </ul>
        </section>
      ))}
    </>
  );
}

function Row(
  { item, reload }: { item: Instance; reload: () => void },
): JSX.Element {
  const { project, title } = item;
  return (
    <li class={waitsForPerson(item) ? "instance waits" : "instance"}>
      <a href={pathOf({ screen: "instance", project, title })}>
        <span class="title">{title}</span>
        <span class="role">{item.role}</span>
        <Activity seen={item} />
        <span class="muted evidence" title={evidenceOf(item)}>
          {evidenceOf(item)}
        </span>
        <span class="muted runtime">
          {item.harness}
          {item.model !== null && <span>{item.model}</span>}
        </span>
        <span class="age" title="Last activity">
          <Ago at={item.last_activity_at ?? item.started_at} every={3_000} />
        </span>
      </a>
      <InstanceMenu item={item} onDone={reload} />
    </li>
  );
}

function Ended(): JSX.Element {
  const [pages, setPages] = useState(1);
  const { value, error, reload } = useLoaded(
    async (signal) => {
      const items: Instance[] = [];
      let after: string | null = null;
      for (let page = 0; page < pages; page++) {
        const paging: { after?: string } = after === null ? {} : { after };
        const answer: { items: readonly Instance[]; next: string | null } = await api.call(
          "GET /v1/instances",
          { query: { status: "exited", limit: "50", ...paging }, signal },
        );
        items.push(...answer.items);
        after = answer.next;
        if (after === null) break;
      }
      return { items, more: after !== null };
    },
    `ended/${pages}`,
    (event) => event.kind === "agent_ended",
  );
  if (value === null) {
    return error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />;
  }
  if (value.items.length === 0) {
    return (
      <Empty icon="instances" title="No agent has ended yet">
        Ended ones stay listed.
      </Empty>
    );
  }
  return (
    <>
      <ul class="instance-list flat">
        {value.items.map((item) => <Row key={item.id} item={item} reload={reload} />)}
      </ul>
      {value.more && (
        <p class="row center">
          <Button onClick={() => setPages(pages + 1)}>Older ones</Button>
        </p>
      )}
    </>
  );
}
