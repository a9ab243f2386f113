import type { Block, Item } from "./markdown.ts";

/** A document in parts that are drawn one after another: a plan of megabytes must open at once. Pure. */

/** Lines of a part, roughly. */
const PART = 300;

/** The blocks in order, in parts of about `most` lines; a longer block becomes several of its kind. */
export function partsOf(blocks: readonly Block[], most = PART): readonly (readonly Block[])[] {
  return grouped(blocks.flatMap((block) => cut(block, most)), weightOf, most);
}

function sum<T>(list: readonly T[], weight: (one: T) => number): number {
  return list.reduce((total, one) => total + weight(one), 0);
}

function weightOf(block: Block): number {
  switch (block.kind) {
    case "code":
      return block.text.split("\n").length;
    case "table":
      return 1 + block.rows.length;
    case "quote":
      return sum(block.blocks, weightOf);
    case "list":
      return sum(block.items, weightOfItem);
    default:
      return 1;
  }
}

function weightOfItem({ blocks }: Item): number {
  return 1 + sum(blocks, weightOf);
}

function grouped<T>(list: readonly T[], weight: (one: T) => number, most: number): T[][] {
  const groups: T[][] = [];
  let room = 0;
  for (const one of list) {
    const size = weight(one);
    if (size > room) {
      groups.push([]);
      room = most;
    }
    groups.at(-1)?.push(one);
    room -= size;
  }
  return groups;
}

function cut(block: Block, most: number): Block[] {
  if (weightOf(block) <= most) return [block];
  switch (block.kind) {
    case "code":
      return grouped(block.text.split("\n"), () => 1, most)
        .map((lines) => ({ ...block, text: lines.join("\n") }));
    case "table":
      return grouped(block.rows, () => 1, most).map((rows) => ({ ...block, rows }));
    case "quote":
      return partsOf(block.blocks, most).map((blocks) => ({ ...block, blocks }));
    case "list":
      return cutList(block, most);
    default:
      return [block];
  }
}

function cutList(list: Block & { kind: "list" }, most: number): Block[] {
  const items = list.items.flatMap((item): Item[] =>
    weightOfItem(item) <= most ? [item] : partsOf(item.blocks, most).map((blocks, index) => ({
      checked: index === 0 ? item.checked : null,
      blocks,
    }))
  );
  let number = list.start;
  return grouped(items, weightOfItem, most).map((part) => {
    const start = number;
    if (number !== null) number += part.length;
    return { ...list, start, items: part };
  });
}
