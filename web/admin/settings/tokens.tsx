import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { SCOPES } from "../../../lib/store/entities.ts";
import { ask, attempt, say } from "../app/notice.ts";
import { api, mayAdmin, reason } from "../data/api.ts";
import { projects } from "../data/store.ts";
import type { Token } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { stamp } from "../pure/time.ts";
import { Ago, Button, Empty, Field, Problem, Section, Skeleton } from "../ui/bits.tsx";
import { Dialog } from "../ui/overlay.tsx";

/** Who may call this server: tokens with a scope, revoked at once when they are not wanted. */

type Scope = typeof SCOPES[number];

const SCOPE_HINTS: Readonly<Record<Scope, string>> = {
  read: "see everything, change nothing",
  signal: "and report signals",
  operate: "and work with tasks and agents",
  admin: "and tokens, settings, repositories",
};

/** The tab. */
export function TokensTab(): JSX.Element {
  return mayAdmin.value ? <Tokens /> : (
    <Empty icon="settings" title="Tokens need the scope admin">
      Yours has less.
    </Empty>
  );
}

function Tokens(): JSX.Element {
  const [agents, setAgents] = useState(false);
  const [making, setMaking] = useState(false);
  const { value, error, reload } = useLoaded(
    async (signal) =>
      (await api.call("GET /v1/tokens", {
        query: { agents: agents ? "true" : "false" },
        signal,
      }))
        .items,
    `tokens/${agents}`,
    (event) => event.kind.startsWith("token"),
  );
  return (
    <Section
      title="Tokens"
      aside={
        <>
          <label class="row">
            <input
              type="checkbox"
              checked={agents}
              onChange={(event) => setAgents(event.currentTarget.checked)}
            />
            of agents too
          </label>
          <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
            New token
          </Button>
        </>
      }
    >
      {error !== null && <Problem error={error} retry={reload} />}
      {value === null
        ? error === null && <Skeleton lines={4} />
        : value.length === 0
        ? (
          <Empty icon="settings" title="No token yet">
            Make one for a script or a dashboard.
          </Empty>
        )
        : <List tokens={value} reload={reload} />}
      {making && (
        <NewToken
          onClose={() => {
            setMaking(false);
            reload();
          }}
        />
      )}
    </Section>
  );
}

async function revoke(token: Token): Promise<void> {
  const sure = await ask({
    title: `Revoke ${token.name}`,
    text: "Whoever uses it is refused from now on. It cannot be given back.",
    yes: "Revoke",
    danger: true,
  });
  if (sure === null) return;
  await attempt(
    () => api.call("DELETE /v1/tokens/:id", { params: { id: token.id } }),
    `${token.name} is revoked`,
  );
}

function List(
  { tokens, reload }: { tokens: readonly Token[]; reload: () => void },
): JSX.Element {
  return (
    <div class="table-scroll">
      <table class="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Scope</th>
            <th>Made</th>
            <th>Used</th>
            <th>Expires</th>
            <th class="end">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td>
                {token.name}
                {token.project_id !== null && <span class="muted">one project</span>}
              </td>
              <td>{token.scope}</td>
              <td data-label="made">
                <Ago at={token.created_at} />
              </td>
              <td data-label="used">
                <Ago at={token.last_used_at} />
              </td>
              <td class="muted" data-label="expires">
                {token.expires_at === null ? "never" : stamp(token.expires_at).slice(0, 16)}
              </td>
              <td class="end">
                <Button onClick={() => void revoke(token).then(reload)}>
                  Revoke
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NewToken({ onClose }: { onClose: () => void }): JSX.Element {
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Dialog
      title={secret === null ? "New token" : "Copy it now"}
      onClose={onClose}
    >
      {secret === null
        ? <NewForm onMade={setSecret} onClose={onClose} />
        : <Secret secret={secret} onClose={onClose} />}
    </Dialog>
  );
}

function Secret(
  { secret, onClose }: { secret: string; onClose: () => void },
): JSX.Element {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret);
    say("Copied");
  };
  return (
    <>
      <p class="ask">
        This is the only time it is shown; kas keeps a hash of it.
      </p>
      <div class="secret">
        <code>{secret}</code>
        <Button icon="copy" label="Copy" onClick={() => void attempt(copy)} />
      </div>
      <footer>
        <Button kind="primary" onClick={onClose}>Done</Button>
      </footer>
    </>
  );
}

function NewForm(
  { onMade, onClose }: {
    onMade: (secret: string) => void;
    onClose: () => void;
  },
): JSX.Element {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("read");
  const [project, setProject] = useState("");
  const [expires, setExpires] = useState("90d");
  const [error, setError] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    const body = {
      name: name.trim(),
      scope,
      ...(project === "" ? {} : { project }),
      ...(expires === "" ? {} : { expires }),
    };
    try {
      onMade((await api.call("POST /v1/tokens", { body })).secret);
    } catch (failure) {
      setError(reason(failure));
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field label="Name" hint="What it is for" error={error}>
        <input
          type="text"
          autofocus
          spellcheck={false}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field label="Scope">
        <select
          value={scope}
          onChange={(event) =>
            setScope(
              SCOPES.find((one) => one === event.currentTarget.value) ?? "read",
            )}
        >
          {SCOPES.map((one) => <option key={one} value={one}>{one}: {SCOPE_HINTS[one]}</option>)}
        </select>
      </Field>
      <div class="field-grid">
        <Field label="Project">
          <select
            value={project}
            onChange={(event) => setProject(event.currentTarget.value)}
          >
            <option value="">All</option>
            {(projects.value ?? []).map(({ key }) => <option key={key} value={key}>{key}</option>)}
          </select>
        </Field>
        <Field label="Expires">
          <select
            value={expires}
            onChange={(event) => setExpires(event.currentTarget.value)}
          >
            <option value="1d">in a day</option>
            <option value="30d">in 30 days</option>
            <option value="90d">in 90 days</option>
            <option value="365d">in a year</option>
            <option value="">never</option>
          </select>
        </Field>
      </div>
      <footer>
        <Button onClick={onClose}>Cancel</Button>
        <Button submit kind="primary" disabled={name.trim() === ""}>
          Create
        </Button>
      </footer>
    </form>
  );
}
