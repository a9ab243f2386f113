import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { attempt, say } from "../app/notice.ts";
import { creating } from "../app/palette.tsx";
import { go } from "../app/router.ts";
import { api, reason } from "../data/api.ts";
import { boardView, projects, putTasks } from "../data/store.ts";
import { slugOf } from "../pure/slug.ts";
import { Button, Empty, Field } from "../ui/bits.tsx";
import { Dialog } from "../ui/overlay.tsx";

/** The form for a new task. */

/** The form, while it is open. */
export function CreateTask(): JSX.Element | null {
  if (!creating.value) return null;
  const close = (): void => {
    creating.value = false;
  };
  return (
    <Dialog title="New task" wide onClose={close}>
      {projects.value !== null && projects.value.length === 0
        ? (
          <Empty icon="branch" title="No repository yet">
            Register one in its folder with <code>kas daemon add</code>, or under Settings.
          </Empty>
        )
        : <Form onDone={close} />}
    </Dialog>
  );
}

interface Draft {
  readonly project: string;
  readonly description: string;
  /** Null while it follows the description. */
  readonly name: string | null;
  readonly topic: string;
  readonly base: string;
}

async function create(
  draft: Draft,
  name: string,
  start: boolean,
): Promise<void> {
  const params = { project: draft.project };
  const body = {
    name,
    description: draft.description.trim(),
    ...(draft.topic.trim() === "" ? {} : { topic: draft.topic.trim() }),
    ...(draft.base.trim() === "" ? {} : { base: draft.base.trim() }),
  };
  const row = await api.call("POST /v1/projects/:project/tasks", {
    params,
    body,
  });
  putTasks([{ ...row, project: draft.project }]);
  go({
    screen: "task",
    project: draft.project,
    task: row.name,
    tab: "overview",
  });
  const made = { project: draft.project, task: row.name };
  if (!start) return say(`Created ${row.name}`);
  await attempt(
    () =>
      api.call("POST /v1/projects/:project/tasks/:task/start", {
        params: made,
        body: {},
      }),
    `Created ${row.name}; a planner begins`,
  );
}

/** What was typed into a form that was closed: Escape is pressed in error, too. */
let unfinished: Draft | null = null;

function Form({ onDone }: { onDone: () => void }): JSX.Element {
  const keys = (projects.value ?? []).map(({ key }) => key);
  const [draft, setDraft] = useState<Draft>(
    unfinished ?? {
      project: keys.find((key) => key === boardView.value.project) ?? keys[0] ??
        "",
      description: "",
      name: null,
      topic: boardView.value.topic,
      base: "",
    },
  );
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const name = draft.name ?? slugOf(draft.description);
  const change = (given: Partial<Draft>): void => {
    unfinished = { ...draft, ...given };
    setDraft(unfinished);
  };
  const discard = (): void => {
    unfinished = null;
    onDone();
  };
  const submit = async (start: boolean): Promise<void> => {
    if (busy || name === "") return;
    setBusy(true);
    try {
      await create(draft, name, start);
      discard();
    } catch (failure) {
      setError(reason(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit(false);
      }}
    >
      <Field label="What should be done?" error={error}>
        <textarea
          rows={4}
          autofocus
          maxLength={500}
          value={draft.description}
          placeholder="Add a --json switch to the report command, with tests"
          onInput={(event) => change({ description: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (
              event.key === "Enter" && (event.ctrlKey || event.metaKey)
            ) void submit(false);
          }}
        />
      </Field>
      <Fields draft={draft} name={name} keys={keys} change={change} />
      <footer>
        <Button onClick={discard}>Cancel</Button>
        <Button disabled={name === ""} busy={busy} submit>Create</Button>
        <Button
          kind="primary"
          disabled={name === ""}
          busy={busy}
          onClick={() => void submit(true)}
        >
          Create and plan
        </Button>
      </footer>
    </form>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly name: string;
  readonly keys: readonly string[];
  readonly change: (given: Partial<Draft>) => void;
}

function Fields({ draft, name, keys, change }: FieldsProps): JSX.Element {
  return (
    <div class="field-grid">
      <Field label="Name" hint="Also of its branch and worktree">
        <input
          type="text"
          value={name}
          spellcheck={false}
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
      </Field>
      <Field label="Project">
        <select
          value={draft.project}
          onChange={(event) => change({ project: event.currentTarget.value })}
        >
          {keys.map((key) => <option key={key} value={key}>{key}</option>)}
        </select>
      </Field>
      <Field
        label="Topic"
        hint="Tasks of one topic are implemented one at a time"
      >
        <input
          type="text"
          value={draft.topic}
          spellcheck={false}
          onInput={(event) => change({ topic: event.currentTarget.value })}
        />
      </Field>
      <Field label="Base branch" hint="Empty: the branch that is checked out">
        <input
          type="text"
          value={draft.base}
          spellcheck={false}
          onInput={(event) => change({ base: event.currentTarget.value })}
        />
      </Field>
    </div>
  );
}
