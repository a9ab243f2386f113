import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { RUNTIMES } from "../../../lib/agent/types.ts";
import { PERMISSIONS } from "../../../lib/store/entities.ts";
import { say } from "../app/notice.ts";
import { go, query } from "../app/router.ts";
import { api, mayAdmin, reason } from "../data/api.ts";
import { projects } from "../data/store.ts";
import type { AgentRow } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { BASE, pathOf } from "../pure/route.ts";
import { Button, Empty, Field, Problem, Skeleton } from "../ui/bits.tsx";
import { Icon } from "../ui/icons.tsx";
import { Dialog } from "../ui/overlay.tsx";
import { Select } from "./board_bar.tsx";

/** Who can do the work: the agents of a project, those of the user, and the built-in ones. */

const SCOPE_WORDS: Readonly<Record<AgentRow["scope"], string>> = {
  builtin: "built in",
  global: "yours",
  project: "this project",
};

/** The screen. */
export default function Agents(): JSX.Element {
  const keys = (projects.value ?? []).map(({ key }) => key);
  const [making, setMaking] = useState(false);
  const asked = query.value.get("project") ?? "";
  const project = keys.includes(asked) ? asked : keys[0] ?? "";
  const pick = (key: string): void =>
    go(`${BASE}/agents?project=${encodeURIComponent(key)}`, { replace: true });
  return (
    <div class="page">
      <header class="page-head">
        <h1>Agents</h1>
        {keys.length > 1 && (
          <Select
            label="Project"
            value={project}
            options={keys.map((key) => [key, key] as const)}
            onPick={pick}
          />
        )}
        {mayAdmin.value && project !== "" && (
          <span class="end">
            <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
              New agent
            </Button>
          </span>
        )}
      </header>
      {projects.value === null
        ? <Skeleton lines={8} />
        : project === ""
        ? (
          <Empty icon="agents" title="No repository yet">
            Agents are looked up for a repository; register one under Settings.
          </Empty>
        )
        : <List key={project} project={project} />}
      {making && (
        <NewAgent
          project={project}
          onClose={() => setMaking(false)}
        />
      )}
    </div>
  );
}

function List({ project }: { project: string }): JSX.Element {
  const { value, error, reload } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/agents", {
        params: { project },
        signal,
      }),
    `agents/${project}`,
    (event) => event.kind.startsWith("agent_") || event.kind === "config_changed",
  );
  if (value === null) {
    return error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />;
  }
  return (
    <div class="table-scroll">
      <table class="table">
        <thead>
          <tr>
            <th>Agent</th>
            <th>What it is for</th>
            <th>Runtime</th>
            <th>Whose</th>
          </tr>
        </thead>
        <tbody>
          {value.items.map((row) => (
            <Row key={`${row.scope}/${row.name}`} project={project} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(
  { project, row }: { project: string; row: AgentRow },
): JSX.Element {
  return (
    <tr class={row.shadowed ? "muted" : undefined}>
      <td>
        {row.shadowed ? row.name : (
          <a href={pathOf({ screen: "agent", project, name: row.name })}>
            {row.name}
          </a>
        )}
      </td>
      <td class="wide">
        {row.error === null ? row.description : (
          <span class="error row">
            <Icon name="warning" /> {row.error}
          </span>
        )}
      </td>
      <td data-label="runtime">
        {row.runtime ?? "the default"}
        {row.model !== null && <span class="muted">{row.model}</span>}
      </td>
      <td>
        {SCOPE_WORDS[row.scope]}
        {row.shadowed && <span class="muted">another one of this name wins</span>}
      </td>
    </tr>
  );
}

function NewAgent(
  { project, onClose }: { project: string; onClose: () => void },
): JSX.Element {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [runtime, setRuntime] = useState("");
  const [permission, setPermission] = useState("");
  const [scope, setScope] = useState<"project" | "global">("project");
  const [error, setError] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    const body = {
      name: name.trim(),
      scope,
      description: description.trim() === "" ? null : description.trim(),
      runtime: RUNTIMES.find((one) => one === runtime) ?? null,
      permission: PERMISSIONS.find((one) => one === permission) ?? null,
    };
    try {
      await api.call("POST /v1/projects/:project/agents", {
        params: { project },
        body,
      });
    } catch (failure) {
      return setError(reason(failure));
    }
    say(`${body.name} is made; its soul is next`);
    onClose();
    go({ screen: "agent", project, name: body.name });
  };
  return (
    <Dialog title="New agent" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label="Name" error={error}>
          <input
            type="text"
            autofocus
            spellcheck={false}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <Field label="What it is for">
          <input
            type="text"
            value={description}
            onInput={(event) => setDescription(event.currentTarget.value)}
          />
        </Field>
        <div class="field-grid">
          <Choice
            label="Runtime"
            value={runtime}
            values={RUNTIMES}
            none="the default"
            onPick={setRuntime}
          />
          <Choice
            label="Permission"
            value={permission}
            values={PERMISSIONS}
            none="as its role"
            onPick={setPermission}
          />
        </div>
        <Field label="Whose">
          <select
            value={scope}
            onChange={(event) =>
              setScope(
                event.currentTarget.value === "global" ? "global" : "project",
              )}
          >
            <option value="project">This project</option>
            <option value="global">Yours, for all projects</option>
          </select>
        </Field>
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button submit kind="primary" disabled={name.trim() === ""}>
            Create
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

function Choice({ label, value, values, none, onPick }: {
  label: string;
  value: string;
  values: readonly string[];
  none: string;
  onPick: (value: string) => void;
}): JSX.Element {
  return (
    <Field label={label}>
      <select
        value={value}
        onChange={(event) => onPick(event.currentTarget.value)}
      >
        <option value="">{none}</option>
        {values.map((one) => <option key={one} value={one}>{one}</option>)}
      </select>
    </Field>
  );
}
