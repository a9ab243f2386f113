import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { say } from "../app/notice.ts";
import { api, ApiError } from "../data/api.ts";
import { draftNote, useDraft } from "../data/drafts.ts";
import type { AgentFinding } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { standingOf } from "../pure/draft.ts";
import { Button, Problem, Skeleton } from "./bits.tsx";
import { Icon } from "./icons.tsx";

/**
 * A text file of an agent. It is saved only when nobody changed it meanwhile and it can be used; what
 * is being written is kept while other files and screens are looked at.
 */

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
    (event) => event.project === project && event.kind === "agent_edited",
  );
  const { draft, kept, change } = useDraft(`agent/${project}/${agent}/${file}`);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [findings, setFindings] = useState<readonly AgentFinding[]>([]);
  const [busy, setBusy] = useState(false);
  if (value === null) {
    return error === null ? <Skeleton lines={6} /> : <Problem error={error} retry={reload} />;
  }
  const stored = value.value.text ?? "";
  const etag = value.etag ?? "*";
  const mine = draft !== null && draft.text !== draft.base && draft.text !== stored ? draft : null;
  const text = mine?.text ?? stored;
  const standing = mine === null ? "clean" : standingOf(mine, etag, stored);
  const discard = (): void => {
    setFailure(null);
    change(null);
  };
  const save = async (ifMatch: string): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      setFindings((await api.call(WRITE, { params, body: { text }, ifMatch })).findings);
      change(null);
      say("Saved");
      onSaved();
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setFailure(caught);
    } finally {
      setBusy(false);
      // what is there now: what was saved, or what somebody else wrote
      reload();
    }
  };
  return (
    <div class="file-editor">
      {failure !== null && failure.status !== 401 && failure.status !== 412 && (
        <Problem error={failure} />
      )}
      {standing === "conflict" && (
        <div class="conflict" role="alert">
          <Icon name="warning" />
          <div>
            <p>
              <strong>Somebody else changed this file while you were writing.</strong>{" "}
              Nothing is lost: your draft is below, theirs is here.
            </p>
            <details>
              <summary>Their version</summary>
              <pre class="code" tabIndex={0}><code>{stored}</code></pre>
            </details>
            <div class="row">
              <Button kind="danger" onClick={() => void save(etag)}>Overwrite it with mine</Button>
              <Button onClick={discard}>Take what is there</Button>
            </div>
          </div>
        </div>
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
        onInput={(event) =>
          change({
            ...(mine ?? { etag, base: stored }),
            text: event.currentTarget.value,
          })}
      />
      <p class="row">
        <code class="muted path">{value.value.path}</code>
        <span class="end row">
          <span class="muted" role="status">
            {standing === "ahead" ? draftNote({ kept }) : ""}
          </span>
          <Button disabled={mine === null} onClick={discard}>
            Discard
          </Button>
          <Button
            kind="primary"
            busy={busy}
            disabled={mine === null || standing === "conflict"}
            onClick={() => void save(mine?.etag ?? etag)}
          >
            Save
          </Button>
        </span>
      </p>
    </div>
  );
}
