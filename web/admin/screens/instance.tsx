import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { complain } from "../app/notice.ts";
import { useKeys } from "../app/keys.ts";
import { isDark } from "../app/theme.ts";
import { api, ApiError, mayOperate } from "../data/api.ts";
import { reloadInstances } from "../data/store.ts";
import type { Instance } from "../data/types.ts";
import { useLoaded, usePoll } from "../data/use.ts";
import { LEAVE_KEY } from "../pure/instances.ts";
import { pathOf, type Route } from "../pure/route.ts";
import type { OpenTerminal, TerminalState } from "../terminal/terminal.ts";
import { Activity } from "../ui/activity.tsx";
import { Ago, Button, Problem, Skeleton, Unread } from "../ui/bits.tsx";
import { Composer } from "../ui/composer.tsx";
import { Icon } from "../ui/icons.tsx";
import { act, InstanceMenu } from "../ui/instance_menu.tsx";
import { Lazy } from "../ui/lazy.tsx";

/** One instance: what it does, its terminal, its turns, and what may be said and done to it. */

const POLL_MS = 2_000;

/** The screen. */
export default function InstanceScreen(
  { place }: { place: Route & { screen: "instance" } },
): JSX.Element {
  const { project, title } = place;
  const params = { project, title };
  const { value, error, reload } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/instances/:title", {
        params,
        signal,
      }),
    `${project}/${title}`,
    (event) => event.instance === title,
  );
  usePoll(reload, POLL_MS);
  const [view, setView] = useState<View>("terminal");
  if (value === null) {
    return (
      <div class="page">
        {error === null ? <Skeleton lines={8} /> : (
          <Unread
            name={title}
            error={error}
            retry={reload}
            list={{ text: "See all instances", href: pathOf({ screen: "instances" }) }}
          />
        )}
      </div>
    );
  }
  const live = value.status === "running" || value.status === "starting";
  return (
    <div class="instance-page">
      <Head item={value} reload={reload} />
      {error !== null && <Problem error={error} retry={reload} />}
      <Views view={view} setView={setView} />
      {view === "turns"
        ? <Lazy load={() => import("../instance/turns.tsx")} props={{ item: value }} />
        : value.status === "running"
        ? <Live key={value.id} item={value} />
        : <LastScreen key={`${value.id}${value.status}`} item={value} />}
      {mayOperate.value && live && <Composer item={value} onDone={reload} />}
    </div>
  );
}

type View = keyof typeof VIEWS;

const VIEWS = {
  terminal: { text: "Terminal", icon: "instances" },
  turns: { text: "Turns", icon: "list" },
} as const;

function Views(
  { view, setView }: { view: View; setView: (view: View) => void },
): JSX.Element {
  const names: readonly View[] = ["terminal", "turns"];
  return (
    <div class="segments instance-views" role="group" aria-label="View">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={view === name}
          onClick={() => setView(name)}
        >
          <Icon name={VIEWS[name].icon} />
          {VIEWS[name].text}
        </button>
      ))}
    </div>
  );
}

function Head(
  { item, reload }: { item: Instance; reload: () => void },
): JSX.Element {
  const { project, task } = item;
  return (
    <header class="instance-head">
      <p class="crumbs">
        <a href={pathOf({ screen: "instances" })}>Instances</a>
        <Icon name="chevron" />
        {task === null ? <span>{project}</span> : (
          <a
            href={pathOf({ screen: "task", project, task, tab: "overview" })}
          >
            {task}
          </a>
        )}
      </p>
      <div class="title">
        <h1>{item.title}</h1>
        <Activity seen={item} />
        <div class="actions">
          {mayOperate.value && item.valid_actions.includes("resume") && (
            <Button
              kind="primary"
              icon="play"
              onClick={() => void act(item, "resume").then(reload)}
            >
              Resume
            </Button>
          )}
          {mayOperate.value && item.valid_actions.includes("interrupt") && (
            <Button
              icon="stop"
              onClick={() => void act(item, "interrupt").then(reload)}
            >
              Interrupt
            </Button>
          )}
          <InstanceMenu item={item} onDone={reload} />
        </div>
      </div>
      <p class="muted meta">
        <span>{item.role}</span>
        <span>
          {item.harness}
          {item.model !== null && ` ${item.model}`}
        </span>
        {item.branch !== null && <code>{item.branch}</code>}
        {item.status === "exited"
          ? (
            <span>
              ended <Ago at={item.ended_at} />
            </span>
          )
          : (
            <>
              <span class="evidence" title={item.evidence}>{item.evidence}</span>
              <span>
                active <Ago at={item.last_activity_at ?? item.started_at} every={2_000} />
              </span>
            </>
          )}
      </p>
    </header>
  );
}

const STATE_WORDS = {
  connecting: "Connecting",
  open: "Live",
  closed: "Not connected",
} as const;

function Live({ item }: { item: Instance }): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const terminal = useRef<OpenTerminal | null>(null);
  const [state, setState] = useState<TerminalState | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  useEffect(() => {
    let gone = false;
    const start = async (): Promise<void> => {
      const { openTerminal } = await import("../terminal/terminal.ts");
      if (gone || host.current === null) return;
      const path = api.url(
        "GET /v1/projects/:project/instances/:title/terminal",
        {
          params: { project: item.project, title: item.title },
        },
      );
      const address = new URL(path, location.href);
      address.protocol = address.protocol.replace("http", "ws");
      terminal.current = openTerminal(host.current, address.href, isDark(), {
        onState: setState,
        onError: (text) => complain(new Error(text)),
        onLeave: () =>
          box.current?.nextElementSibling?.querySelector<HTMLElement>("textarea, button")?.focus(),
      });
      terminal.current.focus();
    };
    start().catch(setFailed);
    return () => {
      gone = true;
      terminal.current?.close();
      terminal.current = null;
    };
  }, [item.id]);
  useKeys([{
    keys: LEAVE_KEY,
    group: "Terminal",
    label: "Into the terminal, and out of it",
    run: () => terminal.current?.focus(),
  }]);
  const dark = isDark();
  useEffect(() => terminal.current?.setDark(dark), [dark]);
  useEffect(() => {
    // A terminal that says it is over means that the row is about to say so too.
    if (state?.reason) reloadInstances();
  }, [state?.reason]);
  return (
    <section ref={box} class="terminal-box" aria-label={`Terminal of ${item.title}`}>
      <div class="terminal-bar">
        <span class="muted" role="status">
          {state === null
            ? "Loading"
            : state.reason !== ""
            ? state.reason
            : STATE_WORDS[state.link]}
        </span>
        <span class="chip">
          {state?.writable ? "you may type" : "read only"}
        </span>
        <span class="muted num">{state?.size}</span>
        {state?.writable && (
          <>
            <span class="muted leave">
              <kbd>{LEAVE_KEY}</kbd> leaves it
            </span>
            <Button
              kind="quiet"
              onClick={() => terminal.current?.fit()}
            >
              Fit to window
            </Button>
          </>
        )}
      </div>
      {failed !== null && <Problem error={failed} />}
      <div ref={host} class="terminal" />
    </section>
  );
}

/** What an agent that does not run showed last. */
function LastScreen({ item }: { item: Instance }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const [error, setError] = useState<unknown>(null);
  const dark = isDark();
  useEffect(() => {
    let close = (): void => {};
    let gone = false;
    const start = async (): Promise<void> => {
      const [{ showScreen }, { screen }] = await Promise.all([
        import("../terminal/terminal.ts"),
        api.call("GET /v1/projects/:project/instances/:title/capture", {
          params: { project: item.project, title: item.title },
          query: { escapes: "true" },
        }),
      ]);
      if (!gone && host.current !== null) {
        close = showScreen(host.current, screen, dark);
      }
    };
    start().catch(setError);
    return () => {
      gone = true;
      close();
    };
  }, [item.id, dark]);
  const none = error instanceof ApiError && error.status === 404;
  return (
    <section class="terminal-box" aria-label={`Last screen of ${item.title}`}>
      <div class="terminal-bar">
        <span class="muted" role="status">
          {item.status === "paused" ? "Paused; this is its last screen" : "The session has ended"}
          {item.exit_code !== null && `, exit ${item.exit_code}`}
        </span>
      </div>
      {none
        ? <p class="muted note">No screen was kept.</p>
        : error !== null && <Problem error={error} />}
      <div ref={host} class="terminal" />
    </section>
  );
}
