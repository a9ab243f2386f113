import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Status } from "../../../lib/task/types.ts";
import { attempt } from "../app/notice.ts";
import { api } from "../data/api.ts";
import type { Task } from "../data/types.ts";
import { Button } from "../ui/bits.tsx";
import { StatusMark } from "../ui/icons.tsx";
import { Dialog } from "../ui/overlay.tsx";

/** Setting a status past the lifecycle: for repairs, and the log shows it. */

/** The statuses to choose from while the dialog is open; null while it is not. */
export const forcing = signal<readonly Status[] | null>(null);

interface Props {
  readonly project: string;
  readonly task: Task;
  readonly reload: () => void;
}

/** The dialog, while it is open. */
export function ForceStatus(
  { project, task, reload }: Props,
): JSX.Element | null {
  const [chosen, setChosen] = useState<Status>(task.status);
  const statuses = forcing.value;
  if (statuses === null) return null;
  const close = (): void => {
    forcing.value = null;
  };
  const apply = async (): Promise<void> => {
    const params = { project, task: task.name };
    const done = await attempt(
      () =>
        api.call("PUT /v1/projects/:project/tasks/:task/status", {
          params,
          body: { status: chosen },
        }),
      `${task.name} is ${chosen}`,
    );
    if (!done) return;
    close();
    reload();
  };
  return (
    <Dialog title="Set status past the lifecycle" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void apply();
        }}
      >
        <p class="ask">
          No rule is checked and no agent is told. Use it to repair a task; the log names you.
        </p>
        <fieldset class="choices">
          <legend class="sr">Status</legend>
          {statuses.map((status) => (
            <label key={status}>
              <input
                type="radio"
                name="status"
                checked={status === chosen}
                onChange={() => setChosen(status)}
              />
              <StatusMark status={status} />
              {status}
            </label>
          ))}
        </fieldset>
        <footer>
          <Button onClick={close}>Cancel</Button>
          <Button submit kind="danger" disabled={chosen === task.status}>
            Set status
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
