import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, say } from "../app/notice.ts";
import { guardLeaving } from "../app/router.ts";
import { api, ApiError, mayOperate, who } from "../data/api.ts";
import { draftNote, useDraft } from "../data/drafts.ts";
import type { Finding } from "../data/types.ts";
import { useLoaded, useRested } from "../data/use.ts";
import { type Draft, standingOf } from "../pure/draft.ts";
import { Button, Empty, Problem, Skeleton } from "../ui/bits.tsx";
import { Icon } from "../ui/icons.tsx";
import { Markdown } from "../ui/markdown.tsx";

/**
 * The plan: read, or edited beside its preview. A draft is kept in this browser until it is saved, so
 * that neither a closed tab nor an ended session loses it; the ETag keeps two people from overwriting
 * each other.
 */

interface Props {
  readonly project: string;
  readonly task: string;
}

/** The tab. */
export default function PlanTab(props: Props): JSX.Element {
  const { project, task } = props;
  const { draft, kept, change } = useDraft(`${project}/${task}`);
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  const loaded = useLoaded(
    (signal) =>
      api.tagged("GET /v1/projects/:project/tasks/:task/content", {
        params: { project, task },
        signal,
      }),
    `${project}/${task}/content`,
    (event) => event.project === project && event.task === task,
  );
  // A session that was renewed may let the plan be read again.
  useEffect(() => {
    if (typeof who.value === "object" && loaded.error !== null) loaded.reload();
  }, [who.value]);
  const { value, error, reload } = loaded;
  if (draft !== null) {
    const server = value ?? { value: draft.base, etag: draft.etag };
    return (
      <Editor
        place={props}
        draft={draft}
        kept={kept}
        server={server}
        change={change}
        onSaved={(found) => {
          setFindings(found);
          change(null);
          reload();
        }}
      />
    );
  }
  if (value === null) {
    return error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />;
  }
  const edit = (): void =>
    change({ etag: value.etag ?? "*", base: value.value, text: value.value });
  return <Reader text={value.value} findings={findings} edit={edit} />;
}

function Reader({ text, findings, edit }: {
  text: string;
  findings: readonly Finding[];
  edit: () => void;
}): JSX.Element {
  const button = mayOperate.value ? <Button onClick={edit}>Edit plan</Button> : null;
  if (text.trim() === "") {
    return (
      <Empty icon="audit" title="No plan yet">
        <p>
          A planner writes it when the task is started, or you write it yourself.
        </p>
        <p>{button}</p>
      </Empty>
    );
  }
  return (
    <div class="plan">
      <div class="plan-bar">{button}</div>
      <Findings findings={findings} />
      <Markdown text={text} />
    </div>
  );
}

function Findings(
  { findings }: { findings: readonly Finding[] },
): JSX.Element | null {
  if (findings.length === 0) return null;
  return (
    <ul class="findings" aria-label="Findings">
      {findings.map((finding, index) => (
        <li key={index} class={finding.severity}>
          <Icon name="warning" />
          <span class="num">line {finding.line}</span>
          <span>{finding.message}</span>
          <code class="muted">{finding.code}</code>
        </li>
      ))}
    </ul>
  );
}

interface EditorProps {
  readonly place: Props;
  readonly draft: Draft;
  readonly kept: boolean;
  readonly server: { readonly value: string; readonly etag: string | null };
  readonly change: (draft: Draft | null) => void;
  readonly onSaved: (findings: readonly Finding[]) => void;
}

function Editor(
  { place, draft, kept, server, change, onSaved }: EditorProps,
): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [side, setSide] = useState<"write" | "preview">("write");
  const standing = standingOf(draft, server.etag, server.value);
  const dirty = draft.text !== draft.base;
  const preview = useRested(draft.text);
  useLeaving(dirty);
  useEffect(() => {
    // Nothing was written: what is new on the server may simply be taken.
    if (standing === "behind") follow();
  }, [standing]);
  const follow = (): void =>
    change({
      etag: server.etag ?? "*",
      base: server.value,
      text: server.value,
    });
  const save = async (ifMatch: string): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { findings } = await api.call(
        "PUT /v1/projects/:project/tasks/:task/content",
        {
          params: place,
          body: draft.text,
          ifMatch,
        },
      );
      say("The plan is saved");
      onSaved(findings);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      if (failure.status !== 401) setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const discard = async (): Promise<void> => {
    const sure = !dirty || await ask({
          title: "Discard what you wrote?",
          text: "The draft is deleted; the stored plan stays as it is.",
          yes: "Discard",
          danger: true,
        }) !== null;
    if (sure) change(null);
  };
  return (
    <div class="editor">
      <div class="plan-bar">
        <div class="segments narrow" role="group" aria-label="View">
          {(["write", "preview"] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={side === name}
              onClick={() => setSide(name)}
            >
              {name === "write" ? "Write" : "Preview"}
            </button>
          ))}
        </div>
        <span class="muted" role="status">
          {standing === "ahead" ? draftNote({ kept }) : ""}
        </span>
        <Button onClick={() => void discard()}>
          {dirty ? "Discard" : "Close"}
        </Button>
        <Button
          kind="primary"
          busy={busy}
          disabled={!dirty || standing === "conflict"}
          onClick={() => void save(draft.etag)}
        >
          Save
        </Button>
      </div>
      {standing === "conflict" && (
        <Conflict
          server={server}
          onMine={() => void save(server.etag ?? "*")}
          onTheirs={follow}
        />
      )}
      {error !== null && standing !== "conflict" && <Problem error={error} />}
      <div class={`panes ${side}`}>
        <textarea
          class="mono"
          aria-label="Plan"
          spellcheck={false}
          value={draft.text}
          onInput={(event) => change({ ...draft, text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            if (dirty && standing !== "conflict" && !busy) {
              void save(draft.etag);
            }
          }}
        />
        <div class="preview" aria-label="Preview" role="region" tabIndex={0}>
          <Markdown text={preview} />
        </div>
      </div>
    </div>
  );
}

/** Asks before the page is left while something is unsaved; the draft would be kept all the same. */
function useLeaving(dirty: boolean): void {
  const latest = useRef(dirty);
  latest.current = dirty;
  useEffect(() => {
    const onUnload = (event: BeforeUnloadEvent): void => {
      if (latest.current) event.preventDefault();
    };
    addEventListener("beforeunload", onUnload);
    guardLeaving((leave) => {
      if (!latest.current) return false;
      void ask({
        title: "Leave with an unsaved plan?",
        text: "Your draft is kept in this browser; you find it here again.",
        yes: "Leave",
        danger: false,
      }).then((given) => given === null ? undefined : leave());
      return true;
    });
    return () => {
      removeEventListener("beforeunload", onUnload);
      guardLeaving(null);
    };
  }, []);
}

function Conflict({ server, onMine, onTheirs }: {
  server: { readonly value: string };
  onMine: () => void;
  onTheirs: () => void;
}): JSX.Element {
  return (
    <div class="conflict" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          <strong>
            Somebody else changed the plan while you were writing.
          </strong>{" "}
          Nothing is lost: your draft is below, theirs is here. Carry over what you need, then
          decide.
        </p>
        <details>
          <summary>Their version</summary>
          <pre class="code" tabIndex={0}><code>{server.value}</code></pre>
        </details>
        <div class="row">
          <Button kind="danger" onClick={onMine}>
            Overwrite theirs with mine
          </Button>
          <Button onClick={onTheirs}>Take theirs, drop mine</Button>
        </div>
      </div>
    </div>
  );
}
