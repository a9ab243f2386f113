import { Component, type ComponentChildren, type ComponentType } from "preact";

/** A component that is drawn again only when one of its properties is another one. It has no hooks. */
export function memo<P extends object>(
  draw: (props: Readonly<P>) => ComponentChildren,
): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = Object.entries(this.props);
      const after = new Map<string, unknown>(Object.entries(next));
      return before.length !== after.size ||
        before.some(([key, value]) => after.get(key) !== value);
    }
    override render(): ComponentChildren {
      return draw(this.props);
    }
  };
}
