import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { say } from "../app/notice.ts";
import { api, ApiError } from "../data/api.ts";
import type { AgentFinding } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { Button, Problem, Skeleton } from "./bits.tsx";

/** A text file of an agent. It is saved only when nobody changed it meanwhile and it can be used. */

interface Props {
  readonly project: string;
  readonly agent: string;
  readonly file: string;
  readonly onSaved: () => void;
}

const READ = "GET /v1/projects/:project/agents/:agent/files/:file";
const WRITE = "PUT /v1/projects/:project/agents/:agent/files/:file";

/** The editor. */
export function FileEditor(
  { project, agent, file, onSaved }: Props,
): JSX.Element {
  const params = { project, agent, file };
  const { value, error, reload } = useLoaded(
    (signal) => api.tagged(READ, { params, signal }),
    `${project}/${agent}/${file}`,
  );
  const [draft, setDraft] = useState<string | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [findings, setFindings] = useState<readonly AgentFinding[]>([]);
  const [busy, setBusy] = useState(false);
  if (value === null) {
    return error === null ? <Skeleton lines={6} /> : <Problem error={error} retry={reload} />;
  }
  const stored = value.value.text ?? "";
  const text = draft ?? stored;
  const moved = failure?.status === 412;
  const save = async (ifMatch: string | null): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const options = {
        params,
        body: { text },
        ...(ifMatch === null ? {} : { ifMatch }),
      };
      setFindings((await api.call(WRITE, options)).findings);
      setDraft(null);
      say("Saved");
      reload();
      onSaved();
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setFailure(caught);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="file-editor">
      {failure !== null && failure.status !== 401 && (
        <Problem
          error={failure}
        />
      )}
      {moved && (
        <p class="row">
          <Button kind="danger" onClick={() => void save("*")}>
            Overwrite it with mine
          </Button>
          <Button
            onClick={() => {
              setDraft(null);
              setFailure(null);
              reload();
            }}
          >
            Take what is there
          </Button>
        </p>
      )}
      {findings.map((finding) => (
        <p
          key={finding.id}
          class={finding.severity === "error" ? "error" : "muted"}
        >
          {finding.message}
        </p>
      ))}
      <textarea
        class="mono"
        rows={20}
        aria-label={value.value.path}
        spellcheck={false}
        value={text}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <p class="row">
        <code class="muted path">{value.value.path}</code>
        <span class="end row">
          <Button disabled={draft === null} onClick={() => setDraft(null)}>
            Discard
          </Button>
          <Button
            kind="primary"
            busy={busy}
            disabled={draft === null || draft === stored}
            onClick={() => void save(value.etag)}
          >
            Save
          </Button>
        </span>
      </p>
    </div>
  );
}
