import { type JSX, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Boundary } from "./app/boundary.tsx";
import { creating, openPalette, openSheet, Palette, ShortcutSheet } from "./app/palette.tsx";
import { placeKey, useFocusOnMove, useTitle } from "./app/place.ts";
import { bindKeys, startKeys } from "./app/keys.ts";
import { go, route, startRouter } from "./app/router.ts";
import { Shell } from "./app/shell.tsx";
import { explain, identify, mayOperate, who } from "./data/api.ts";
import { connect, disconnect } from "./data/live.ts";
import { follow, loadAll } from "./data/store.ts";
import { NAV } from "./pure/nav.ts";
import { Lazy } from "./ui/lazy.tsx";
import { Problem, Skeleton } from "./ui/bits.tsx";
import { QuestionDialog, Toasts } from "./ui/overlay.tsx";
import { nameTurningCharacters } from "./ui/visible_text.ts";
import { Board } from "./screens/board.tsx";
import { CreateTask } from "./screens/create.tsx";
import { ExpiredDialog, LoginScreen } from "./screens/login.tsx";

/** The admin: who we are, where we are, and what is shown there. */

function Screen(): JSX.Element {
  const now = route.value;
  switch (now.screen) {
    case "board":
    case "login":
      return <Board />;
    case "task":
      return (
        <Lazy
          load={() => import("./screens/task.tsx")}
          props={{ place: now }}
        />
      );
    case "instances":
      return <Lazy load={() => import("./screens/instances.tsx")} props={{}} />;
    case "instance":
      return (
        <Lazy
          load={() => import("./screens/instance.tsx")}
          props={{ place: now }}
        />
      );
    case "decisions":
      return <Lazy load={() => import("./screens/decisions.tsx")} props={{}} />;
    case "audit":
      return <Lazy load={() => import("./screens/audit.tsx")} props={{}} />;
    case "settings":
      return (
        <Lazy
          load={() => import("./screens/settings.tsx")}
          props={{ tab: now.tab }}
        />
      );
    case "agents":
      return <Lazy load={() => import("./screens/agents.tsx")} props={{}} />;
    case "agent":
      return (
        <Lazy
          load={() => import("./screens/agent.tsx")}
          props={{ place: now }}
        />
      );
    case "missing":
      return <Missing />;
  }
}

function Missing(): JSX.Element {
  return (
    <div class="page">
      <h1>There is no such page</h1>
      <p>
        <a href="/admin/">Go to the board</a>
      </p>
    </div>
  );
}

/** What is loaded and followed while somebody is logged in. */
function Session(): JSX.Element {
  const loggedIn = typeof who.value === "object";
  useEffect(() => {
    if (!loggedIn) return;
    const stop = follow();
    connect();
    void loadAll();
    return () => {
      stop();
      disconnect();
    };
  }, [loggedIn]);
  useTitle();
  useFocusOnMove();
  return (
    <>
      <Shell>
        <Boundary key={placeKey()}>
          <Screen />
        </Boundary>
      </Shell>
      <CreateTask />
      <Palette />
      <ShortcutSheet />
      <QuestionDialog />
      <Toasts />
      <ExpiredDialog />
    </>
  );
}

function App(): JSX.Element {
  const [error, setError] = useState<unknown>(null);
  const [entered, setEntered] = useState(false);
  const start = (): void => {
    setError(null);
    // Whoever comes with a code is not logged in yet; asking would only be refused.
    if (route.value.screen === "login" && location.hash.length > 1) {
      who.value = "out";
      return;
    }
    identify().catch(setError);
  };
  useEffect(start, []);
  useEffect(() => {
    if (typeof who.value === "object") setEntered(true);
  }, [who.value]);
  if (error !== null) {
    return (
      <main class="login">
        <Problem error={error} retry={start} />
        <p class="muted">{explain(error).hint}</p>
      </main>
    );
  }
  if (who.value === "unknown") return <Skeleton lines={6} />;
  // Who was in once keeps the page: what was being written must survive the end of a session.
  return entered || typeof who.value === "object" ? <Session /> : <LoginScreen />;
}

function general(): void {
  bindKeys([
    {
      keys: "Mod+k",
      group: "General",
      label: "Command palette",
      run: openPalette,
    },
    { keys: "?", group: "General", label: "This sheet", run: openSheet },
    {
      keys: "c",
      group: "General",
      label: "New task",
      run: () => {
        if (mayOperate.value) creating.value = true;
      },
    },
    ...NAV.map(({ keys, text, address }) => ({
      keys,
      group: "Go to",
      label: text,
      run: () => go(address),
    })),
  ]);
}

nameTurningCharacters();
startRouter();
startKeys();
general();
const root = document.getElementById("app");
if (root === null) throw new Error("The page has no #app");
root.replaceChildren();
render(<App />, root);
