import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem, Skeleton } from "./bits.tsx";

interface LazyProps<P> {
  readonly load: () => Promise<{ readonly default: ComponentType<P> }>;
  readonly props: P;
}

/** Screens that were loaded, by the text of what loads them. */
const known = new Map<string, unknown>();

/** A screen whose code is loaded when it is first shown. */
export function Lazy<P extends object>(
  { load, props }: LazyProps<P>,
): JSX.Element {
  const key = String(load);
  const [, setTurn] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const found = known.get(key) as ComponentType<P> | undefined;
  const start = (): void => {
    setError(null);
    load().then((module) => {
      known.set(key, module.default);
      setTurn((turn) => turn + 1);
    }, setError);
  };
  useEffect(() => {
    if (found === undefined) start();
  }, [key]);
  if (found !== undefined) {
    const Screen = found;
    return <Screen {...props} />;
  }
  return (
    <div class="page">
      {error === null ? <Skeleton lines={8} /> : <Problem error={error} retry={start} />}
    </div>
  );
}
