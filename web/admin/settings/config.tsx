import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { say } from "../app/notice.ts";
import { api, mayAdmin, reason } from "../data/api.ts";
import { projects } from "../data/store.ts";
import type { ConfigEntry, ConfigFinding } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { Button, Empty, Field, Problem, Section, Skeleton } from "../ui/bits.tsx";
import { Icon } from "../ui/icons.tsx";
import { Dialog } from "../ui/overlay.tsx";
import { Select } from "../screens/board_bar.tsx";

/** The settings in force, where each comes from, and a way to change one; comments stay. */

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The tab. */
export function ConfigTab(): JSX.Element {
  const keys = (projects.value ?? []).map(({ key }) => key);
  const [chosen, setChosen] = useState("");
  const project = chosen === "" ? keys[0] ?? "" : chosen;
  if (projects.value === null) return <Skeleton lines={6} />;
  if (project === "") {
    return (
      <Empty icon="settings" title="No repository yet">
        Settings belong to one.
      </Empty>
    );
  }
  return (
    <Section
      title="Settings in force"
      aside={keys.length > 1 && (
        <Select
          label="Project"
          value={project}
          options={keys.map((key) => [key, key] as const)}
          onPick={setChosen}
        />
      )}
    >
      <Entries key={project} project={project} />
    </Section>
  );
}

function Entries({ project }: { project: string }): JSX.Element {
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<ConfigEntry | "new" | null>(null);
  const { value, error, reload } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/config", {
        params: { project },
        signal,
      }),
    project,
    (event) => event.kind === "config_changed",
  );
  if (value === null) {
    return error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />;
  }
  const words = text.toLowerCase().trim();
  const items = value.items.filter(({ key }) => key.toLowerCase().includes(words));
  return (
    <>
      <Warnings warnings={value.warnings} />
      <div class="filters">
        <input
          type="text"
          aria-label="Find a setting"
          placeholder="Find a setting"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {mayAdmin.value && <Button onClick={() => setEditing("new")}>Set another key</Button>}
      </div>
      <div class="table-scroll">
        <table class="table">
          <thead>
            <tr>
              <th>Key</th>
              <th>Value</th>
              <th>From</th>
              <th class="end">
                <span class="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((entry) => (
              <tr key={entry.key}>
                <td>
                  <code>{entry.key}</code>
                </td>
                <td>
                  <code>{shown(entry.value)}</code>
                </td>
                <td class="muted">{entry.source}</td>
                <td class="end">
                  {mayAdmin.value && entry.value !== "(hidden)" && (
                    <Button
                      kind="quiet"
                      onClick={() => setEditing(entry)}
                    >
                      Change
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {editing !== null && (
        <EditDialog
          project={project}
          entry={editing === "new" ? null : editing}
          onClose={(changed) => {
            setEditing(null);
            if (changed) reload();
          }}
        />
      )}
    </>
  );
}

function Warnings(
  { warnings }: { warnings: readonly ConfigFinding[] },
): JSX.Element | null {
  if (warnings.length === 0) return null;
  return (
    <ul class="findings" aria-label="What is wrong in the settings files">
      {warnings.map((finding, index) => (
        <li key={index} class={finding.level}>
          <Icon name="warning" />
          <span>{finding.message}</span>
          <code class="muted">{finding.file}:{finding.line}</code>
        </li>
      ))}
    </ul>
  );
}

interface EditProps {
  readonly project: string;
  readonly entry: ConfigEntry | null;
  readonly onClose: (changed: boolean) => void;
}

function EditDialog({ project, entry, onClose }: EditProps): JSX.Element {
  const [key, setKey] = useState(entry?.key ?? "");
  const [value, setValue] = useState(entry === null ? "" : shown(entry.value));
  const [scope, setScope] = useState<"project" | "user">("project");
  const [error, setError] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    try {
      await api.call("PUT /v1/projects/:project/config", {
        params: { project },
        body: { key: key.trim(), value, scope },
      });
    } catch (failure) {
      return setError(reason(failure));
    }
    say(`${key.trim()} is set`);
    onClose(true);
  };
  return (
    <Dialog
      title={entry === null ? "Set a key" : entry.key}
      onClose={() => onClose(false)}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {entry === null && (
          <Field label="Key" hint="Dotted, as kas config set takes it">
            <input
              type="text"
              autofocus
              spellcheck={false}
              value={key}
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          </Field>
        )}
        <Field label="Value" error={error}>
          <input
            type="text"
            autofocus={entry !== null}
            spellcheck={false}
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        </Field>
        <Field label="In whose file" hint="Comments in the file stay">
          <select
            value={scope}
            onChange={(event) =>
              setScope(
                event.currentTarget.value === "user" ? "user" : "project",
              )}
          >
            <option value="project">This project</option>
            <option value="user">Yours, for all projects</option>
          </select>
        </Field>
        <footer>
          <Button onClick={() => onClose(false)}>Cancel</Button>
          <Button submit kind="primary" disabled={key.trim() === ""}>
            Save
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
