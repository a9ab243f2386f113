import type { JSX } from "preact";
import { STATUSES } from "../../../lib/task/types.ts";
import { ask, attempt, say } from "../app/notice.ts";
import { go } from "../app/router.ts";
import { api, mayOperate } from "../data/api.ts";
import type { Action, Overview, Task } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { Button, StatusBadge } from "../ui/bits.tsx";
import { Icon } from "../ui/icons.tsx";
import { Menu, type MenuItem } from "../ui/overlay.tsx";
import { boardAddress } from "../screens/board_view.ts";
import { ForceStatus, forcing } from "./force.tsx";

/** The name of a task, where it stands, and what may be done to it now. */

interface Props {
  readonly project: string;
  readonly overview: Overview;
  readonly reload: () => void;
}

/** The head of the task screen. */
export function TaskHead({ project, overview, reload }: Props): JSX.Element {
  const { task } = overview;
  return (
    <header class="task-head">
      <p class="crumbs">
        <a href={boardAddress()}>Board</a>
        <Icon name="chevron" />
        <span>{project}</span>
        {task.topic !== null && <span class="chip">{task.topic}</span>}
      </p>
      <div class="title">
        <h1>{task.name}</h1>
        <StatusBadge status={task.status} text={task.state} />
        <div class="actions">
          {mayOperate.value && <Actions project={project} task={task} reload={reload} />}
        </div>
      </div>
      {(task.description || task.goal) !== "" && <p class="lead">{task.description || task.goal}
      </p>}
      <ForceStatus project={project} task={task} reload={reload} />
    </header>
  );
}

/** Starts a task as the command `kas task start` does. */
async function start(project: string, task: Task): Promise<void> {
  const params = { project, task: task.name };
  await attempt(async () => {
    await api.call("POST /v1/projects/:project/tasks/:task/start", {
      params,
      body: {},
    });
  }, `${task.name} is under way`);
}

async function perform(
  project: string,
  task: Task,
  action: Action,
): Promise<void> {
  const params = { project, task: task.name };
  const work = async (feedback: string): Promise<void> => {
    if (action.event === "start_over") {
      await api.call("POST /v1/projects/:project/tasks/:task/start-over", { params });
    } else {
      const body = {
        event: action.event,
        ...(feedback === "" ? {} : { feedback }),
        ...(action.blocked === null ? {} : { override_topic: true }),
      };
      await api.call("POST /v1/projects/:project/tasks/:task/transition", { params, body });
    }
    say(`${task.name}: ${action.label}`);
  };
  if (!action.destructive && !action.needs_feedback && action.blocked === null) {
    await attempt(() => work(""));
    return;
  }
  await ask({
    title: `${capital(action.label)}: ${task.name}`,
    text: warningOf(action),
    // Two buttons that both say "Cancel" would be a riddle.
    ...(action.event === "cancel"
      ? { yes: "Cancel the task", no: "Keep it" }
      : { yes: capital(action.label) }),
    danger: action.destructive,
    ...(action.needs_feedback ? { input: "Findings for the fixer", required: true } : {}),
  }, work);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function warningOf(action: Action): string {
  if (action.blocked !== null) {
    return `${action.blocked}. Tasks of one topic are implemented one at a time; going on lets ` +
      "this one through as well, and the log shows it.";
  }
  if (action.event === "cancel") {
    return "Its agents are ended. Its branch and its work are kept.";
  }
  if (action.event === "start_over") {
    return "It is planned anew on a fresh branch. What it has now is saved as rescued work first.";
  }
  return "The task goes into a fix round with what you write here.";
}

function Actions({ project, task, reload }: {
  project: string;
  task: Task;
  reload: () => void;
}): JSX.Element {
  const { value } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/tasks/:task/available-actions", {
        params: { project, task: task.name },
        signal,
      }),
    `${task.id}/${task.version}`,
  );
  const all = value?.actions ?? [];
  const ready = task.status === "ready" && task.phase === "";
  // The rest would step over agents: it is there, but not in the way.
  const first = all.find(({ event }) => event === "implement_start" || event === "reopen");
  const rest = all.filter((action) => action !== first || ready);
  const items: MenuItem[] = rest.map((action) => ({
    // In a menu the word alone would seem to close it.
    text: action.event === "cancel" ? "Cancel the task" : capital(action.label),
    danger: action.destructive,
    run: () => void perform(project, task, action).then(reload),
  }));
  return (
    <>
      {ready
        ? (
          <Button
            kind="primary"
            icon="play"
            onClick={() => void start(project, task).then(reload)}
          >
            Start
          </Button>
        )
        : first !== undefined && (
          <Button
            kind={first.event === "implement_start" ? "primary" : "plain"}
            title={first.blocked ?? `To ${first.to}`}
            onClick={() => void perform(project, task, first).then(reload)}
          >
            {capital(first.label)}
          </Button>
        )}
      {mergeable(task) && (
        <Button
          kind="primary"
          icon="branch"
          onClick={() => void merge(project, task).then(reload)}
        >
          Merge
        </Button>
      )}
      <Menu label="Move the task" icon="down" text="Move" items={items} />
      <Menu label="More for this task" items={moreOf(project, task, reload)} />
    </>
  );
}

function mergeable(task: Task): boolean {
  return task.status === "done" && task.verified_sha !== null &&
    task.merged_sha === null;
}

async function merge(project: string, task: Task): Promise<void> {
  const given = await ask({
    title: `Merge ${task.name}`,
    text: `${task.branch} is merged into ${task.base_branch}. A checkout of ${task.base_branch} ` +
      "is moved forward when its tracked files are unchanged.",
    yes: "Merge",
    danger: false,
  });
  if (given === null) return;
  const params = { project, task: task.name };
  await attempt(
    () => api.call("POST /v1/projects/:project/tasks/:task/merge", { params }),
    `${task.name} is merged into ${task.base_branch}`,
  );
}

function moreOf(project: string, task: Task, reload: () => void): MenuItem[] {
  const params = { project, task: task.name };
  const edit = (
    title: string,
    input: string,
    value: string,
    work: (text: string) => Promise<unknown>,
  ) =>
  () =>
    void ask({ title, text: "", yes: "Save", danger: false, input, value }, async (text) => {
      await work(text);
      say("Saved");
    }).then(reload);
  return [
    {
      text: "Describe",
      run: edit(
        "Description",
        "What should be done",
        task.description,
        (description) =>
          api.call("PUT /v1/projects/:project/tasks/:task", {
            params,
            body: { description: description.trim() },
          }),
      ),
    },
    {
      text: "Set topic",
      run: edit(
        "Topic",
        "Topic; empty for none",
        task.topic ?? "",
        (topic) =>
          api.call("PUT /v1/projects/:project/tasks/:task/topic", {
            params,
            body: { topic: topic.trim() === "" ? null : topic.trim() },
          }),
      ),
    },
    {
      text: "Rename",
      run: edit(
        "Rename",
        "New name; branch and worktree keep theirs",
        task.name,
        async (name) => {
          const made = await api.call(
            "POST /v1/projects/:project/tasks/:task/rename",
            {
              params,
              body: { new_filename: name.trim() },
            },
          );
          go({ screen: "task", project, task: made.name, tab: "overview" }, {
            replace: true,
          });
        },
      ),
    },
    {
      text: "Push branch",
      run: () =>
        void attempt(
          () =>
            api.call("POST /v1/projects/:project/tasks/:task/push", {
              params,
              body: {},
            }),
          `${task.branch} is pushed`,
        ),
    },
    {
      text: "Set status past the lifecycle",
      run: () => forcing.value = STATUSES,
    },
    {
      text: "Delete",
      danger: true,
      run: () => void remove(project, task),
    },
  ];
}

async function remove(project: string, task: Task): Promise<void> {
  const given = await ask({
    title: `Delete ${task.name}`,
    text: "The task and its plan are deleted; its events stay in the log. A task with agents or " +
      "worktrees is refused.",
    yes: "Delete",
    danger: true,
  });
  if (given === null) return;
  const params = { project, task: task.name };
  const done = await attempt(
    () => api.call("DELETE /v1/projects/:project/tasks/:task", { params }),
    `${task.name} is deleted`,
  );
  if (done) go({ screen: "board" });
}
