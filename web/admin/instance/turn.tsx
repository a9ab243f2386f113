import type { ComponentType, JSX } from "preact";
import { useState } from "preact/hooks";
import { clock, duration, stamp } from "../pure/time.ts";
import { Icon } from "../ui/icons.tsx";
import { Markdown } from "../ui/markdown.tsx";
import { memo } from "../ui/memo.ts";
import { gist, type RowKind, type Turn, type TurnRow } from "./merge.ts";

/** One turn and its rows. What agents wrote is only ever text. */

interface TurnProps {
  readonly turn: Turn;
  readonly hidden: ReadonlySet<RowKind>;
}

/** A turn; drawn again only when it grew. */
export const TurnItem: ComponentType<TurnProps> = memo(({ turn, hidden }: TurnProps) => (
  <li class="turn">
    <header>
      <h2>Turn {turn.number}</h2>
      <span class="muted">{aboutOf(turn).join(", ")}</span>
    </header>
    <ol>
      {turn.rows.map((row, index) => hidden.has(row.kind) ? null : <Row key={index} row={row} />)}
    </ol>
  </li>
));

function aboutOf({ started_at, completed_at, tool_count, interrupted }: Turn): string[] {
  const took = started_at === null || completed_at === null
    ? null
    : Date.parse(completed_at) - Date.parse(started_at);
  return [
    ...started_at === null ? [] : [stamp(started_at)],
    ...completed_at === null ? ["goes on"] : took === null ? [] : [`took ${duration(took)}`],
    ...tool_count === 0 ? [] : [tool_count === 1 ? "1 tool" : `${tool_count} tools`],
    ...interrupted ? ["interrupted"] : [],
  ];
}

function Row({ row }: { row: TurnRow }): JSX.Element {
  const { kind, text, timestamp, is_error, is_cut } = row;
  const isSpeech = kind === "prose" || kind === "response";
  return (
    <li class={is_error ? `turn-row k-${kind} bad` : `turn-row k-${kind}`}>
      <span class="kind">
        {is_error && <Icon name="warning" />}
        {is_error ? `${kind}, error` : kind}
      </span>
      <div class="what">
        {isSpeech ? <Markdown text={text} breaks /> : <Folded row={row} />}
        {is_cut && isSpeech && <Rest />}
      </div>
      {timestamp !== null && (
        <time class="muted" dateTime={timestamp} title={stamp(timestamp)}>{clock(timestamp)}</time>
      )}
    </li>
  );
}

/** A text of which a line is shown until somebody wants all of it. */
function Folded({ row }: { row: TurnRow }): JSX.Element {
  const { text, tool_name, is_cut } = row;
  const [open, setOpen] = useState(false);
  const { line, more } = gist(text);
  const head = (
    <>
      {tool_name !== null && row.kind === "tool" && <strong>{tool_name}</strong>}{" "}
      <span class="line">{line === "" ? "(nothing)" : line}</span>
    </>
  );
  if (!more && !is_cut) return <p>{head}</p>;
  return (
    <>
      <button
        type="button"
        class="fold"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={open ? "down" : "chevron"} />
        {head}
      </button>
      {open && <pre tabIndex={0}>{text}</pre>}
      {open && is_cut && <Rest />}
    </>
  );
}

function Rest(): JSX.Element {
  return <p class="muted">The transcript has more of this.</p>;
}
