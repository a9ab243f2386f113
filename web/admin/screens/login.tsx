import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { explain, logIn, who } from "../data/api.ts";
import { go } from "../app/router.ts";
import { Button, Field } from "../ui/bits.tsx";
import { Dialog } from "../ui/overlay.tsx";

/** The way in: a one-time code, from the link of `kas serve --open` or by hand. */

/** Takes the code out of what a person pasted: the code itself or the whole link. */
function codeOf(text: string): string {
  return text.trim().replace(/^.*#/, "");
}

function LoginForm({ onDone }: { onDone: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await logIn(codeOf(text));
      onDone();
    } catch (failure) {
      const { text: what, hint } = explain(failure);
      setError(hint === "" ? what : `${what}. ${hint}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="login-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field label="One-time code, link or token" error={error}>
        <input
          type="text"
          autocomplete="one-time-code"
          autofocus
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </Field>
      <Button submit kind="primary" busy={busy} disabled={codeOf(text) === ""}>
        Log in
      </Button>
    </form>
  );
}

/** The page for somebody who is not logged in. The code in its address is used at once. */
export function LoginScreen(): JSX.Element {
  const [failed, setFailed] = useState<string | null>(null);
  const [trying, setTrying] = useState(location.hash.length > 1);
  const enter = (): void => {
    if (location.pathname.endsWith("/login")) {
      go({ screen: "board" }, { replace: true });
    }
  };
  useEffect(() => {
    const code = codeOf(location.hash);
    if (code === "") return;
    // A used code is of no use to anybody, but it need not stay in the history.
    history.replaceState(null, "", location.pathname);
    logIn(code).then(enter, (error) => setFailed(explain(error).text)).finally(
      () => setTrying(false),
    );
  }, []);
  return (
    <main class="login" id="main">
      <div class="card">
        <h1>
          <span class="logo" aria-hidden="true">k</span> kas
        </h1>
        {trying ? <p role="status">Logging in…</p> : (
          <>
            {failed !== null && <p class="error" role="alert">{failed}</p>}
            <p>
              To log in, run this where kas runs. It opens a link that works once, for one minute:
            </p>
            <pre class="code"><code>kas serve --open</code></pre>
            <p>Elsewhere, use the token that somebody made for you.</p>
            <LoginForm onDone={enter} />
          </>
        )}
      </div>
    </main>
  );
}

/** Over the page when the session ended while it was in use: what was being written stays. */
export function ExpiredDialog(): JSX.Element | null {
  if (who.value !== "out") return null;
  return (
    <Dialog title="Your session has ended">
      <p class="ask">
        Nothing on this page is lost. Run <code>kas serve --open</code>{" "}
        where kas runs and log in with its link, in this tab or another.
      </p>
      <LoginForm onDone={() => {}} />
    </Dialog>
  );
}
