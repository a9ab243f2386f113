import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./bits.tsx";

/**
 * Stands at the end of what is drawn so far and asks for more when it comes into view, or is pressed.
 * Give it another key after each part: it may still be in view.
 */
export function More({ text, onMore }: { text: string; onMore: () => void }): JSX.Element {
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (line.current === null) return;
    const observer = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) onMore();
    });
    observer.observe(line.current);
    return () => observer.disconnect();
  }, []);
  return (
    <p ref={line} class="row center">
      <Button kind="quiet" onClick={onMore}>{text}</Button>
    </p>
  );
}
