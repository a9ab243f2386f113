import { options, type VNode } from "preact";
import { visible } from "../pure/visible.ts";

/**
 * Names invisible characters that turn text around wherever the page shows text: titles, plans and
 * findings are written by agents, and one place that forgot to would be enough. What stands in a
 * field to be edited stays as it is.
 */

/** Attributes that people are shown or read out. */
const SPOKEN = ["title", "aria-label", "placeholder"] as const;

/** Puts it in force for all that is drawn from now on. @see https://preactjs.com/guide/v10/options */
export function nameTurningCharacters(): void {
  const before = options.vnode;
  options.vnode = (node) => {
    nameIn(node);
    before?.(node);
  };
}

function nameIn(node: { type: unknown; props: unknown } & Pick<VNode, "key">): void {
  const { type, props } = node;
  if (typeof props === "string") node.props = visible(props);
  if (typeof type !== "string") return;
  const given = props as Record<string, unknown>;
  for (const name of SPOKEN) {
    const value = given[name];
    if (typeof value === "string") given[name] = visible(value);
  }
}
