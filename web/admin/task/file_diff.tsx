import type { ComponentType, JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { api } from "../data/api.ts";
import type { ChangedFile, FileDiff } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { type Line, linesOf, pairsOf } from "../pure/diff.ts";
import { languageOf, splitTokens, tokenize } from "../pure/highlight.ts";
import { Button, Problem, Skeleton } from "../ui/bits.tsx";
import { Icon } from "../ui/icons.tsx";
import { memo } from "../ui/memo.ts";

/** The difference in one file, read when it is opened. */

type Language = ReturnType<typeof languageOf>;

/** A file without an ending says in its first line what it is. */
function languageOfFile(path: string, diff: FileDiff): Language {
  const first = diff.hunks[0]?.lines.find((line) => !line.startsWith("-")) ??
    "";
  return languageOf(path) ??
    (first.slice(1).startsWith("#!") ? languageOf("sh") : null);
}

/** Lines drawn at once; a button draws more. */
const PART = 800;

interface Props {
  readonly project: string;
  readonly task: string;
  readonly file: ChangedFile;
  /** Tip of the branch: another one is read anew. */
  readonly version: string;
  readonly open: boolean;
  readonly layout: "unified" | "split";
  readonly onToggle: (path: string, open: boolean) => void;
}

/** A file with its difference; drawn again only when something of it changed. */
export const FileView: ComponentType<Props> = memo((props: Props): JSX.Element => {
  const { file, open, onToggle } = props;
  const large = file.insertions + file.deletions;
  return (
    <article class="file" id={`file-${file.path}`}>
      <header>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onToggle(file.path, !open)}
        >
          <Icon name={open ? "down" : "chevron"} />
          <bdi class="path">
            {file.old_path !== null && <span class="muted">{file.old_path} →</span>}
            {file.path}
          </bdi>
          <span class={`file-state f-${file.status}`}>{file.status}</span>
          <span class="size num">
            <span class="plus">+{file.insertions}</span>{" "}
            <span class="minus">−{file.deletions}</span>
          </span>
        </button>
      </header>
      {open && (file.binary
        ? <p class="muted note">A binary file; its content is not shown.</p>
        : <Difference {...props} />)}
      {!open && large > PART && <p class="muted note">{large} lines; open it to read them.</p>}
    </article>
  );
});

function Difference(
  { project, task, file, version, layout }: Props,
): JSX.Element {
  const [context, setContext] = useState<"3" | "10" | "all">("3");
  const { value, error, reload } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/tasks/:task/diff/file", {
        params: { project, task },
        query: { path: file.path, context },
        signal,
      }),
    `${version}/${file.path}/${context}`,
  );
  if (value === null) {
    return error === null ? <Skeleton lines={4} /> : <Problem error={error} retry={reload} />;
  }
  return (
    <>
      <Hunks diff={value} path={file.path} layout={layout} />
      <p class="note">
        {value.truncated && <span class="muted">Too large to be shown whole.</span>}
        {context !== "all" && file.status === "modified" && (
          <Button
            kind="quiet"
            onClick={() => setContext(context === "3" ? "10" : "all")}
          >
            {context === "3" ? "More context" : "Whole file"}
          </Button>
        )}
      </p>
    </>
  );
}

interface HunksProps {
  readonly diff: FileDiff;
  readonly path: string;
  readonly layout: "unified" | "split";
}

function Hunks({ diff, path, layout }: HunksProps): JSX.Element {
  const [shown, setShown] = useState(PART);
  const hunks = useMemo(
    () => diff.hunks.map((hunk) => ({ hunk, lines: linesOf(hunk) })),
    [diff],
  );
  const language = useMemo(() => languageOfFile(path, diff), [diff]);
  let left = shown;
  const total = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  return (
    <div
      class={`diff ${layout}`}
      tabIndex={0}
      role="region"
      aria-label={`Changes in ${path}`}
    >
      <table>
        {layout === "split" && (
          <colgroup>
            <col class="nr" />
            <col />
            <col class="nr" />
            <col />
          </colgroup>
        )}
        <tbody>
          {hunks.map(({ hunk, lines }, index) => {
            const part = lines.slice(0, Math.max(0, left));
            left -= lines.length;
            return part.length === 0 ? null : (
              <>
                <tr key={index} class="hunk">
                  <td colSpan={layout === "split" ? 4 : 3}>
                    @@ −{hunk.old_start} +{hunk.new_start} @@ {hunk.heading}
                  </td>
                </tr>
                {layout === "split" ? splitRows(part, language) : unifiedRows(part, language)}
              </>
            );
          })}
        </tbody>
      </table>
      {total > shown && (
        <p class="note">
          <Button onClick={() => setShown(shown + PART * 4)}>
            Show {Math.min(PART * 4, total - shown)} more lines
          </Button>
        </p>
      )}
    </div>
  );
}

const MARKS = { same: " ", added: "+", removed: "-", note: " " } as const;

function unifiedRows(
  lines: readonly Line[],
  language: Language,
): JSX.Element[] {
  return lines.map((line, index) => (
    <tr key={index} class={line.kind}>
      <td class="nr">{line.old}</td>
      <td class="nr">{line.new}</td>
      <td class="src">
        <span class="pm">{MARKS[line.kind]}</span>
        <Source line={line} language={language} />
      </td>
    </tr>
  ));
}

function splitRows(lines: readonly Line[], language: Language): JSX.Element[] {
  return pairsOf(lines).map(({ left, right }, index) => (
    <tr key={index}>
      <td class={`nr ${left?.kind ?? "none"}`}>{left?.old}</td>
      <td class={`src ${left?.kind ?? "none"}`}>
        {left !== null && <Source line={left} language={language} />}
      </td>
      <td class={`nr ${right?.kind ?? "none"}`}>{right?.new}</td>
      <td class={`src ${right?.kind ?? "none"}`}>
        {right !== null && <Source line={right} language={language} />}
      </td>
    </tr>
  ));
}

function Source(
  { line, language }: { line: Line; language: Language },
): JSX.Element {
  const known = line.kind === "note" ? null : language;
  const tokens = splitTokens(tokenize(line.text, known), line.from, line.to);
  return (
    <code>
      {tokens.map((token, index) =>
        token.kind === "plain" && !token.marked ? token.text : (
          <span
            key={index}
            class={`t-${token.kind}${token.marked ? " inner" : ""}`}
          >
            {token.text}
          </span>
        )
      )}
    </code>
  );
}
