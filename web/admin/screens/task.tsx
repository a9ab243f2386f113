import type { JSX } from "preact";
import { useKeys } from "../app/keys.ts";
import { go } from "../app/router.ts";
import { api } from "../data/api.ts";
import type { Overview } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { pathOf, type Route, TASK_TABS, type TaskTab } from "../pure/route.ts";
import { Problem, Skeleton, Tabs, Unread } from "../ui/bits.tsx";
import { Lazy } from "../ui/lazy.tsx";
import { TaskEvents } from "../task/events.tsx";
import { TaskHead } from "../task/head.tsx";
import { OverviewTab } from "../task/overview.tsx";
import { ReviewsTab } from "../task/reviews.tsx";
import { boardAddress } from "./board_view.ts";

/** One task: where it stands, its plan, what it changed, how it was judged. */

type TaskRoute = Route & { screen: "task" };

const TAB_NAMES: Readonly<Record<TaskTab, string>> = {
  overview: "Overview",
  plan: "Plan",
  changes: "Changes",
  reviews: "Reviews",
  events: "Events",
};

/** The task screen. */
export default function TaskScreen(
  { place }: { place: TaskRoute },
): JSX.Element {
  const { project, task, tab } = place;
  const loaded = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/tasks/:task/overview", {
        params: { project, task },
        signal,
      }),
    `${project}/${task}`,
    (event) => event.project === project && event.task === task,
  );
  const group = "Task";
  useKeys([
    {
      keys: "Escape",
      group,
      label: "Back to the board",
      run: () => go(boardAddress()),
    },
    ...TASK_TABS.map((name, index) => ({
      keys: String(index + 1),
      group,
      label: TAB_NAMES[name],
      run: () => go({ ...place, tab: name }),
    })),
  ]);
  const { value, error, reload } = loaded;
  if (value === null) {
    return (
      <div class="page">
        {error === null ? <Skeleton lines={9} /> : (
          <Unread
            name={task}
            error={error}
            retry={reload}
            list={{ text: "Go to the board", href: boardAddress() }}
          />
        )}
      </div>
    );
  }
  return (
    <div class="page task-page">
      <TaskHead project={project} overview={value} reload={reload} />
      {error !== null && <Problem error={error} retry={reload} />}
      <Tabs
        label="Parts of the task"
        current={tab}
        href={(to) => pathOf({ ...place, tab: to })}
        tabs={TASK_TABS.map((id) => ({ id, text: TAB_NAMES[id] }))}
      />
      <Body place={place} overview={value} reload={reload} />
    </div>
  );
}

interface BodyProps {
  readonly place: TaskRoute;
  readonly overview: Overview;
  readonly reload: () => void;
}

function Body({ place, overview, reload }: BodyProps): JSX.Element {
  const { project, task } = place;
  const props = { project, overview, reload };
  switch (place.tab) {
    case "overview":
      return <OverviewTab {...props} />;
    case "plan":
      return (
        <Lazy
          load={() => import("../task/plan.tsx")}
          props={{ project, task }}
        />
      );
    case "changes":
      return (
        <Lazy
          load={() => import("../task/changes.tsx")}
          props={{ project, task }}
        />
      );
    case "reviews":
      return <ReviewsTab project={project} task={overview.task} />;
    case "events":
      return <TaskEvents project={project} task={task} />;
  }
}
