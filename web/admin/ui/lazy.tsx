import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { attempt } from "../app/notice.ts";
import { api } from "../data/api.ts";
import { onNews } from "../data/live.ts";
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
  const [isFailed, setFailed] = useState(false);
  const found = known.get(key) as ComponentType<P> | undefined;
  const start = async (): Promise<boolean> => {
    setFailed(false);
    try {
      known.set(key, (await load()).default);
    } catch (error) {
      console.warn("A screen cannot be loaded", error);
      setFailed(true);
      return false;
    }
    setTurn((turn) => turn + 1);
    return true;
  };
  const again = async (): Promise<void> => {
    if (await start()) return;
    // Browsers keep it in mind that a file could not be loaded; and a server of another version has
    // files of other names.
    await api.call("GET /v1/session");
    location.reload();
  };
  useEffect(() => {
    if (found === undefined) void start();
    return onNews((news) => {
      const isBack = news === "resync" && !known.has(key);
      if (isBack && document.querySelector("dialog[open]") === null) void attempt(again);
    });
  }, [key]);
  if (found !== undefined) {
    const Screen = found;
    return <Screen {...props} />;
  }
  return (
    <div class="page">
      {isFailed
        ? (
          <Problem
            error={new Error("This part of the page cannot be loaded now")}
            retry={() => void attempt(again)}
          />
        )
        : <Skeleton lines={8} />}
    </div>
  );
}
