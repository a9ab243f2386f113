import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Screen } from "../pure/nav.ts";
import { logOut, who } from "../data/api.ts";
import { downSince, link } from "../data/live.ts";
import { decisions, health, instances, loadHealth } from "../data/store.ts";
import { useNow, usePoll } from "../data/use.ts";
import { NAV } from "../pure/nav.ts";
import { pathOf } from "../pure/route.ts";
import { duration } from "../pure/time.ts";
import { Button } from "../ui/bits.tsx";
import { Icon } from "../ui/icons.tsx";
import { Menu } from "../ui/overlay.tsx";
import { attempt } from "./notice.ts";
import { openPalette } from "./palette.tsx";
import { route } from "./router.ts";
import { setTheme, theme } from "./theme.ts";

/** The frame around every screen: where one can go, and whether what is shown is true. */

const HEALTH_MS = 5_000;

function countOf(screen: Screen): number {
  if (screen === "decisions") return decisions.value?.length ?? 0;
  return screen === "instances" ? instances.value?.length ?? 0 : 0;
}

function currentSection(): Screen {
  const now = route.value;
  if (now.screen === "task") return "board";
  if (now.screen === "instance") return "instances";
  if (now.screen === "agent") return "agents";
  return NAV.find(({ screen }) => screen === now.screen)?.screen ?? "board";
}

function Nav({ onGo }: { onGo: () => void }): JSX.Element {
  const current = currentSection();
  return (
    <nav class="nav" aria-label="Main">
      {NAV.map(({ screen, text, address }) => {
        const count = countOf(screen);
        return (
          <a
            key={screen}
            href={address}
            aria-current={screen === current ? "page" : undefined}
            onClick={onGo}
          >
            <Icon name={screen} />
            <span>{text}</span>
            {count > 0 && (
              <span class={`count${screen === "decisions" ? " hot" : ""}`}>
                {count}
                {screen === "decisions" && <span class="sr">open</span>}
              </span>
            )}
          </a>
        );
      })}
    </nav>
  );
}

/** Whether the page follows the server, and whether the daemon works. */
function Pulse(): JSX.Element {
  usePoll(() => void loadHealth(), HEALTH_MS);
  useEffect(() => void loadHealth(), []);
  const state = link.value;
  const daemon = health.value?.daemon.running ?? true;
  const kind = state === "down" ? "bad" : !daemon ? "warn" : state === "live" ? "good" : "wait";
  const text = state === "down"
    ? "No connection"
    : state === "connecting"
    ? "Connecting"
    : daemon
    ? "Live"
    : "Daemon is down";
  return (
    <a
      class={`pulse ${kind}`}
      href={pathOf({ screen: "settings", tab: "health" })}
    >
      <span class="dot" aria-hidden="true" />
      <span>{text}</span>
    </a>
  );
}

function ThemeMenu(): JSX.Element {
  const icon = theme.value === "dark" ? "moon" : theme.value === "light" ? "sun" : "system";
  return (
    <Menu
      label="Theme"
      icon={icon}
      items={[
        {
          text: "As the system",
          icon: "system",
          run: () => setTheme("system"),
        },
        { text: "Light", icon: "sun", run: () => setTheme("light") },
        { text: "Dark", icon: "moon", run: () => setTheme("dark") },
      ]}
    />
  );
}

/** Says what a person must know while something is not as it should be. */
function Banner(): JSX.Element | null {
  const now = useNow(1_000);
  const since = downSince.value;
  if (since !== null && now - since > 2_000) {
    return (
      <div class="banner bad" role="alert">
        <Icon name="warning" />
        <span>
          The server does not answer. You see what was read {duration(now - since)}{" "}
          ago; this page goes on by itself when <code>kas serve</code> is back.
        </span>
      </div>
    );
  }
  if (health.value !== null && !health.value.daemon.running) {
    return (
      <div class="banner warn" role="alert">
        <Icon name="warning" />
        <span>
          The daemon is down: nothing moves on until{" "}
          <code>kas daemon start</code>. Reading and editing work.
        </span>
      </div>
    );
  }
  return null;
}

function Account(): JSX.Element {
  const me = who.value;
  const name = typeof me === "object" ? me.name : "";
  const scope = typeof me === "object" ? me.scope : "";
  return (
    <div class="account">
      <span class="who" title={`scope: ${scope}`}>
        {name}
        {scope !== "admin" && <span class="muted">{scope}</span>}
      </span>
      <ThemeMenu />
      <Menu
        label="Account"
        items={[{ text: "Log out", run: () => void attempt(logOut) }]}
      />
    </div>
  );
}

/** Not by the address: what stands behind its "#" is a code to log in with. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** The frame. */
export function Shell(
  { children }: { children: ComponentChildren },
): JSX.Element {
  const [open, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  const section = NAV.find(({ screen }) => screen === currentSection());
  useEffect(close, [route.value]);
  useEffect(() => {
    if (!open) return;
    // Before the screen hears of it: Escape leads away from some.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      close();
      document.querySelector<HTMLElement>(".topbar button")?.focus();
    };
    addEventListener("keydown", onKey, true);
    return () => removeEventListener("keydown", onKey, true);
  }, [open]);
  return (
    <div class={open ? "shell nav-open" : "shell"}>
      <a class="skip" href="#main" onClick={skip}>Skip to content</a>
      <header class="topbar">
        <Button
          kind="quiet"
          icon="menu"
          label={open ? "Close navigation" : "Open navigation"}
          onClick={() => setOpen(!open)}
        />
        <strong>{section?.text}</strong>
        <Button
          kind="quiet"
          icon="search"
          label="Command palette"
          onClick={openPalette}
        />
      </header>
      <div class="scrim" onClick={close} />
      <aside class="side">
        <div class="brand">
          <span class="logo" aria-hidden="true">k</span>
          <span>kas</span>
          <Pulse />
        </div>
        <button type="button" class="find" onClick={openPalette}>
          <Icon name="search" />
          <span>Search or jump</span>
          <kbd>{/Mac/.test(navigator.userAgent) ? "⌘K" : "Ctrl K"}</kbd>
        </button>
        <Nav onGo={close} />
        <Account />
      </aside>
      <main id="main" tabIndex={-1}>
        <Banner />
        {children}
      </main>
    </div>
  );
}
