import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { api } from "../data/api.ts";
import type { ChangedFile, Changes, Commits } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { Ago, Button, Empty, Problem, Section, Skeleton } from "../ui/bits.tsx";
import { More } from "../ui/more.tsx";
import { FileView } from "./file_diff.tsx";

/** What a task's branch changes: its commits, its files, each difference when it is opened. */

/** Files whose differences are open from the start: the first few small ones. */
const OPEN_FILES = 6;
const OPEN_LINES = 400;
/** Files drawn at first, and with each look further down. */
const PART = 60;
const LAYOUT = "kas.diff";

interface Props {
  readonly project: string;
  readonly task: string;
}

type Layout = "unified" | "split";

async function read(
  { project, task }: Props,
  signal: AbortSignal,
): Promise<[Changes, Commits]> {
  const params = { project, task };
  return await Promise.all([
    api.call("GET /v1/projects/:project/tasks/:task/diff", { params, signal }),
    api.call("GET /v1/projects/:project/tasks/:task/commits", {
      params,
      signal,
    }),
  ]);
}

/** The tab. */
export default function ChangesTab(props: Props): JSX.Element {
  const { project, task } = props;
  const [layout, setLayout] = useState<Layout>(() =>
    localStorage.getItem(LAYOUT) === "split" ? "split" : "unified"
  );
  const { value, error, reload } = useLoaded(
    (signal) => read(props, signal),
    `${project}/${task}/changes`,
    (event) =>
      event.project === project && event.task === task &&
      /complete|committed|merge|ended|pushed|status/.test(event.kind),
  );
  if (value === null) {
    return error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={reload} />;
  }
  const [changes, commits] = value;
  const choose = (next: Layout): void => {
    localStorage.setItem(LAYOUT, next);
    setLayout(next);
  };
  return (
    <div class="block">
      {error !== null && <Problem error={error} retry={reload} />}
      <CommitList commits={commits} />
      {changes.files.length === 0
        ? (
          <Empty icon="branch" title="No changes yet">
            <p>
              What agents commit to <code>{commits.branch}</code> will be shown here, against{" "}
              <code>{commits.base_branch}</code>.
            </p>
          </Empty>
        )
        : (
          <Files
            key={changes.head}
            place={props}
            changes={changes}
            layout={layout}
            choose={choose}
          />
        )}
    </div>
  );
}

/** Commits that are shown before one asks for all. */
const SHOWN_COMMITS = 4;

function CommitList({ commits }: { commits: Commits }): JSX.Element | null {
  const [all, setAll] = useState(false);
  if (commits.items.length === 0) return null;
  const few = commits.items.length <= SHOWN_COMMITS + 1;
  const shown = all || few ? commits.items : commits.items.slice(0, SHOWN_COMMITS);
  return (
    <Section
      title="Commits"
      aside={<code class="muted">{commits.branch} → {commits.base_branch}</code>}
    >
      <ol class="commits">
        {shown.map((commit) => (
          <li key={commit.sha}>
            <code class="muted">{commit.sha.slice(0, 8)}</code>
            <span class="subject">{commit.subject}</span>
            <span class="muted">{commit.author}</span>
            <span class="age">
              <Ago at={commit.at} />
            </span>
          </li>
        ))}
      </ol>
      {shown.length < commits.items.length && (
        <Button
          kind="quiet"
          onClick={() => setAll(true)}
        >
          {commits.items.length - shown.length} more commits
        </Button>
      )}
    </Section>
  );
}

interface FilesProps {
  readonly place: Props;
  readonly changes: Changes;
  readonly layout: Layout;
  readonly choose: (layout: Layout) => void;
}

/** Files that are open from the start. */
function opened(files: readonly ChangedFile[]): Set<string> {
  const small = files.filter((file) =>
    !file.binary && file.status !== "deleted" &&
    file.insertions + file.deletions <= OPEN_LINES
  );
  return new Set(small.slice(0, OPEN_FILES).map(({ path }) => path));
}

function Files({ place, changes, layout, choose }: FilesProps): JSX.Element {
  const [open, setOpen] = useState(() => opened(changes.files));
  const [shown, setShown] = useState(PART);
  // The same function each time, so that only the file that changed is drawn again.
  const toggle = useCallback((path: string, show: boolean): void =>
    setOpen((now) => {
      const next = new Set(now);
      if (show) next.add(path);
      else next.delete(path);
      return next;
    }), []);
  const jump = (path: string, index: number): void => {
    toggle(path, true);
    setShown((now) => Math.max(now, index + PART));
    requestAnimationFrame(() =>
      document.getElementById(`file-${path}`)?.scrollIntoView({
        block: "start",
      })
    );
  };
  return (
    <Section
      title={`${changes.files.length}${changes.truncated ? "+" : ""} files`}
      aside={
        <>
          <Size insertions={changes.insertions} deletions={changes.deletions} />
          <div class="segments" role="group" aria-label="Layout">
            {(["unified", "split"] as const).map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={layout === name}
                onClick={() => choose(name)}
              >
                {name === "split" ? "Side by side" : "Unified"}
              </button>
            ))}
          </div>
        </>
      }
    >
      <div class="changes">
        <nav class="file-list" aria-label="Changed files">
          {changes.files.map((file, index) => (
            <button
              key={file.path}
              type="button"
              onClick={() => jump(file.path, index)}
              title={file.path}
            >
              <FileSign file={file} />
              <span class="path">
                <bdi dir="ltr">{file.path}</bdi>
              </span>
              <Size insertions={file.insertions} deletions={file.deletions} />
            </button>
          ))}
        </nav>
        <div class="diffs">
          {changes.truncated && <p class="muted">There are more files; see them all with git.</p>}
          {changes.files.slice(0, shown).map((file) => (
            <FileView
              key={file.path}
              project={place.project}
              task={place.task}
              file={file}
              version={changes.head}
              open={open.has(file.path)}
              layout={layout}
              onToggle={toggle}
            />
          ))}
          {shown < changes.files.length && (
            <More
              key={`more${shown}`}
              text="More files"
              onMore={() => setShown(shown + PART)}
            />
          )}
        </div>
      </div>
    </Section>
  );
}

const SIGNS = {
  added: "A",
  modified: "M",
  deleted: "D",
  renamed: "R",
  type: "T",
} as const;

/** The letter of what happened to a file. */
function FileSign({ file }: { file: ChangedFile }): JSX.Element {
  return (
    <span class={`file-sign f-${file.status}`} title={file.status}>
      <span aria-hidden="true">{SIGNS[file.status]}</span>
      <span class="sr">{file.status}</span>
    </span>
  );
}

/** Lines added and removed. */
function Size(
  { insertions, deletions }: { insertions: number; deletions: number },
): JSX.Element {
  return (
    <span class="size num">
      <span class="plus">+{insertions}</span> <span class="minus">−{deletions}</span>
    </span>
  );
}
