import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { health, loadHealth, trouble } from "../data/store.ts";
import { useNow, usePoll } from "../data/use.ts";
import { between, stamp } from "../pure/time.ts";
import { Problem, Section, Skeleton } from "../ui/bits.tsx";

/** How the server, the store and the daemon are. */

const POLL_MS = 5_000;

function Stat({ name, value, tone = "", note }: {
  name: string;
  value: string | number;
  tone?: string;
  note?: string;
}): JSX.Element {
  return (
    <div class={`stat ${tone}`}>
      <div class="muted">{name}</div>
      <div class="value">{value}</div>
      {note !== undefined && <div class="muted">{note}</div>}
    </div>
  );
}

/** The tab. */
export function HealthTab(): JSX.Element {
  const load = (): void => void loadHealth();
  usePoll(load, POLL_MS);
  useEffect(load, []);
  const now = useNow(5_000);
  const state = health.value;
  if (state === null) {
    return trouble.value === null
      ? <Skeleton lines={5} />
      : <Problem error={trouble.value} retry={load} />;
  }
  const { daemon, store } = state;
  return (
    <Section
      title="Health"
      aside={<span class="muted">kas {state.version}</span>}
    >
      {trouble.value !== null && <Problem error={trouble.value} retry={load} />}
      <div class="cards">
        <Stat
          name="Daemon"
          value={daemon.running ? "running" : "down"}
          tone={daemon.running ? "good" : "bad"}
          note={daemon.running
            ? `pid ${daemon.pid ?? "?"}, ${between(daemon.started_at, null, now)}`
            : "kas daemon start"}
        />
        <Stat
          name="Store"
          value={store.ok ? "ok" : "failing"}
          tone={store.ok ? "good" : "bad"}
          note={store.detail}
        />
        <Stat
          name="This server"
          value={between(state.started_at, null, now)}
          note={`since ${stamp(state.started_at)}`}
        />
        <Stat name="Live agents" value={state.live_instances} />
        <Stat name="Open decisions" value={state.open_decisions} />
        <Stat name="Projects" value={state.projects} />
        <Stat name="Signals waiting" value={state.pending_signals} />
        <Stat
          name="Signals failed"
          value={state.failed_signals}
          tone={state.failed_signals > 0 ? "bad" : ""}
        />
        <Stat name="Events in the log" value={store.last_event} />
      </div>
    </Section>
  );
}
