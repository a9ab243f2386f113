import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { windowOf } from "../pure/board.ts";

interface VirtualProps<T> {
  readonly items: readonly T[];
  readonly rowHeight: number;
  readonly keyOf: (item: T) => string | number;
  readonly draw: (item: T, index: number) => ComponentChildren;
  readonly label: string;
  /** Scrolled into view when it changes; negative for none. */
  readonly focusIndex?: number;
  /** Called when the end comes near. */
  readonly onEnd?: (() => void) | undefined;
  readonly class?: string;
}

/** A list of rows of one height, of which only those in view are there. */
export function VirtualList<T>(props: VirtualProps<T>): JSX.Element {
  const { items, rowHeight, focusIndex = -1, onEnd } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || focusIndex < 0) return;
    const top = focusIndex * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight;
    }
    // Not when the scroll event comes: the row must be there for the focus.
    setView({ top: element.scrollTop, height: element.clientHeight });
  }, [focusIndex]);
  const { first, last } = windowOf(
    view.top,
    view.height,
    rowHeight,
    items.length,
  );
  useEffect(() => {
    if (onEnd !== undefined && items.length > 0 && last >= items.length) {
      onEnd();
    }
  }, [last, items.length]);
  return (
    <div ref={box} class={`virtual ${props.class ?? ""}`} tabIndex={-1}>
      <div
        class="virtual-inner"
        role="list"
        aria-label={props.label}
        style={{ height: `${items.length * rowHeight}px` }}
      >
        {items.slice(first, last).map((item, index) => (
          <div
            key={props.keyOf(item)}
            role="listitem"
            aria-setsize={items.length}
            aria-posinset={first + index + 1}
            style={{
              height: `${rowHeight}px`,
              transform: `translateY(${(first + index) * rowHeight}px)`,
            }}
          >
            {props.draw(item, first + index)}
          </div>
        ))}
      </div>
    </div>
  );
}
