import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { attempt } from "../app/notice.ts";
import { api } from "../data/api.ts";
import type { Instance } from "../data/types.ts";
import { Button } from "./bits.tsx";

/** What is said to an agent: a prompt, or the answer to what it asks. */

interface Props {
  readonly item: Instance;
  readonly onDone: () => void;
}

const CHOICES = [
  { choice: 0, text: "Allow once", kind: "primary" },
  { choice: 1, text: "Allow always", kind: "plain" },
  { choice: 2, text: "Reject", kind: "plain" },
] as const;

function Permission({ item, onDone }: Props): JSX.Element {
  const [busy, setBusy] = useState(false);
  const answer = async (choice: 0 | 1 | 2): Promise<void> => {
    setBusy(true);
    await attempt(
      () =>
        api.call("POST /v1/projects/:project/instances/:title/permission", {
          params: { project: item.project, title: item.title },
          body: { choice },
        }),
      "Answered",
    );
    setBusy(false);
    onDone();
  };
  return (
    <div class="permission" role="group" aria-label="The agent asks">
      <strong>It asks.</strong>
      <span class="muted">{item.evidence}</span>
      <div class="row">
        {CHOICES.map(({ choice, text, kind }) => (
          <Button
            key={choice}
            kind={kind}
            disabled={busy}
            onClick={() => void answer(choice)}
          >
            {text}
          </Button>
        ))}
      </div>
    </div>
  );
}

/** The form below the terminal. */
export function Composer({ item, onDone }: Props): JSX.Element {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    if (text.trim() === "" || busy) return;
    setBusy(true);
    const done = await attempt(() =>
      api.call("POST /v1/projects/:project/instances/:title/send", {
        params: { project: item.project, title: item.title },
        body: { text },
      })
    );
    setBusy(false);
    if (done) setText("");
    onDone();
  };
  return (
    <footer class="composer">
      {item.activity === "asking" &&
        item.valid_actions.includes("permission") && <Permission item={item} onDone={onDone} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <textarea
          rows={Math.min(8, text.split("\n").length)}
          aria-label={`Prompt for ${item.title}`}
          placeholder={item.read_only === null
            ? "Prompt (Shift Enter: new line)"
            : `Nothing can be sent: ${item.read_only}`}
          disabled={item.read_only !== null}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (
              event.key !== "Enter" || event.shiftKey || event.isComposing
            ) return;
            event.preventDefault();
            void send();
          }}
        />
        <Button
          submit
          kind="primary"
          busy={busy}
          disabled={text.trim() === "" || item.read_only !== null}
        >
          Send
        </Button>
      </form>
    </footer>
  );
}
