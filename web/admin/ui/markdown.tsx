import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { languageOf, tokenize } from "../pure/highlight.ts";
import { type Block, type Inline, parseMarkdown } from "../pure/markdown.ts";
import { partsOf } from "../pure/markdown_parts.ts";
import { memo } from "./memo.ts";
import { More } from "./more.tsx";

/** Draws Markdown. What comes from agents ends in text nodes and in links that were checked. */

/**
 * A document; a long one is drawn as far as it is read.
 * @param breaks a line of the text is a line of the page, as in a message
 */
export function Markdown(
  { text, breaks = false }: { text: string; breaks?: boolean },
): JSX.Element {
  const [shown, setShown] = useState(1);
  const parts = useMemo(
    () => {
      const lines = breaks ? text.replace(/([^\n])\n(?=[^\n])/g, "$1  \n") : text;
      return partsOf(parseMarkdown(lines));
    },
    [text, breaks],
  );
  return (
    <div class="prose">
      {parts.slice(0, shown).map((blocks, index) => <Part key={index} blocks={blocks} />)}
      {shown < parts.length && (
        <More
          key={`more${shown}`}
          text="Read on"
          onMore={() => setShown(shown + 1)}
        />
      )}
    </div>
  );
}

const Part = memo(({ blocks }: { blocks: readonly Block[] }) => blocks.map(drawBlock));

/** A text with colours. */
export function Code(
  { text, language }: { text: string; language: string },
): JSX.Element {
  const known = languageOf(language);
  return (
    <pre class="code" tabIndex={0}>
      <code>
        {text.split("\n").map((line, index) => (
          <span key={index}>
            {tokenize(line, known).map((token, at) =>
              token.kind === "plain"
                ? token.text
                : <span key={at} class={`t-${token.kind}`}>{token.text}</span>
            )}
            {"\n"}
          </span>
        ))}
      </code>
    </pre>
  );
}

function drawBlock(block: Block, key: number): JSX.Element {
  switch (block.kind) {
    case "heading":
      return drawHeading(block.level, inline(block.text), key);
    case "paragraph":
      return <p key={key}>{inline(block.text)}</p>;
    case "code":
      return <Code key={key} text={block.text} language={block.language} />;
    case "quote":
      return <blockquote key={key}>{block.blocks.map(drawBlock)}</blockquote>;
    case "rule":
      return <hr key={key} />;
    case "list":
      return drawList(block, key);
    case "table":
      return drawTable(block, key);
  }
}

/** The page has headings of its own, so those of a document begin two levels below. */
function drawHeading(
  level: number,
  text: JSX.Element[],
  key: number,
): JSX.Element {
  if (level === 1) return <h3 key={key} class="h1">{text}</h3>;
  if (level === 2) return <h4 key={key} class="h2">{text}</h4>;
  return level === 3 ? <h5 key={key} class="h3">{text}</h5> : <h6 key={key} class="h4">{text}</h6>;
}

function drawList(block: Block & { kind: "list" }, key: number): JSX.Element {
  const items = block.items.map((item, index) => {
    const [first, ...rest] = item.blocks;
    const head = first?.kind === "paragraph"
      ? <span>{inline(first.text)}</span>
      : first === undefined
      ? null
      : drawBlock(first, 0);
    return (
      <li key={index} class={item.checked === null ? undefined : "box"}>
        {item.checked !== null && (
          <span
            class="box-mark"
            role="img"
            aria-label={item.checked ? "done" : "not done"}
          >
            {item.checked ? "✓" : ""}
          </span>
        )}
        {head}
        {rest.map(drawBlock)}
      </li>
    );
  });
  return block.start === null
    ? <ul key={key}>{items}</ul>
    : <ol key={key} start={block.start}>{items}</ol>;
}

function drawTable(block: Block & { kind: "table" }, key: number): JSX.Element {
  const side = (column: number): string => `align-${block.align[column] ?? "left"}`;
  return (
    <div key={key} class="table-box" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {block.head.map((cell, at) => <th key={at} class={side(at)}>{inline(cell)}</th>)}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, at) => <td key={at} class={side(at)}>{inline(cell)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(nodes: readonly Inline[]): JSX.Element[] {
  return nodes.map((node, key) => {
    switch (node.kind) {
      case "text":
        return <>{node.text}</>;
      case "code":
        return <code key={key}>{node.text}</code>;
      case "break":
        return <br key={key} />;
      case "strong":
        return <strong key={key}>{inline(node.children)}</strong>;
      case "em":
        return <em key={key}>{inline(node.children)}</em>;
      case "del":
        return <del key={key}>{inline(node.children)}</del>;
      case "link":
        return (
          <a
            key={key}
            href={node.href}
            target="_blank"
            rel="noopener noreferrer nofollow"
          >
            {inline(node.children)}
          </a>
        );
    }
  });
}
