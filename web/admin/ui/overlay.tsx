import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { dismiss, type OpenQuestion, question, toasts } from "../app/notice.ts";
import { reason } from "../data/api.ts";
import { Button, Field } from "./bits.tsx";
import { Icon, type IconName } from "./icons.tsx";

/** What lies over the page: dialogs, menus, messages. All of it is the browser's own. */

interface DialogProps {
  readonly title: string;
  readonly wide?: boolean;
  /** Without it the dialog cannot be closed by a person. */
  readonly onClose?: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog, open while it is there. */
export function Dialog(
  { title, wide, onClose, children }: DialogProps,
): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // at once: after the next frame the keys of a fast typist would still be shortcuts of the page
  useLayoutEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) onClose?.();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          {onClose && <Button kind="quiet" icon="close" label="Close" onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** The question that was asked with `ask()`. */
export function QuestionDialog(): JSX.Element | null {
  const asked = question.value;
  return asked === null ? null : <Asked key={asked.id} asked={asked} />;
}

function Asked({ asked }: { asked: OpenQuestion }): JSX.Element {
  const [text, setText] = useState(asked.value ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const missing = asked.required === true && text.trim() === "";
  const submit = async (): Promise<void> => {
    if (missing || busy) return;
    setBusy(true);
    try {
      await asked.work(text);
    } catch (failure) {
      setError(reason(failure));
      return;
    } finally {
      setBusy(false);
    }
    asked.answer(text);
  };
  return (
    <Dialog title={asked.title} onClose={() => asked.answer(null)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {asked.text !== "" && <p class="ask">{asked.text}</p>}
        {asked.input === undefined
          ? error !== null && <p class="error" role="alert">{error}</p>
          : (
            <Field label={asked.input} error={error}>
              <textarea
                rows={4}
                value={text}
                autofocus
                onInput={(event) => setText(event.currentTarget.value)}
              />
            </Field>
          )}
        <footer>
          <Button onClick={() => asked.answer(null)}>{asked.no ?? "Cancel"}</Button>
          <Button
            submit
            kind={asked.danger ? "danger" : "primary"}
            busy={busy}
            disabled={missing}
          >
            {asked.yes}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Messages; a screen reader reads them as they come. */
export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`}>
          <Icon name={toast.kind === "done" ? "check" : "warning"} />
          <div>
            <p>{toast.text}</p>
            {toast.hint !== "" && <p class="muted">{toast.hint}</p>}
          </div>
          <Button
            kind="quiet"
            icon="close"
            label="Dismiss"
            onClick={() => dismiss(toast.id)}
          />
        </div>
      ))}
    </div>
  );
}

/** One entry of a menu. */
export interface MenuItem {
  readonly text: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly run: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly icon?: IconName;
  readonly text?: string;
  readonly items: readonly MenuItem[];
}

/** A button that opens a list of things to do. */
export function Menu(
  { label, icon = "more", text, items }: MenuProps,
): JSX.Element | null {
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  if (items.length === 0) return null;
  const place = (): void => {
    const [menu, anchor] = [list.current, button.current];
    if (menu === null || anchor === null) return;
    const at = anchor.getBoundingClientRect();
    const left = Math.max(
      8,
      Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8),
    );
    const below = at.bottom + 4 + menu.offsetHeight < innerHeight;
    menu.style.left = `${left}px`;
    menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - menu.offsetHeight - 4)}px`;
    menu.querySelector("button")?.focus();
  };
  const move = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const all = [...list.current?.querySelectorAll("button") ?? []];
    const at = all.findIndex((one) => one === document.activeElement);
    all[(at + by + all.length) % all.length]?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={text === undefined ? "button quiet only-icon" : "button plain"}
        aria-label={text === undefined ? label : undefined}
        title={label}
        popovertarget={id}
        aria-haspopup="menu"
      >
        <Icon name={icon} />
        {text}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        class="menu"
        role="menu"
        aria-label={label}
        onToggle={(event) => event.newState === "open" && place()}
        onKeyDown={move}
      >
        {items.map((item) => (
          <button
            key={item.text}
            type="button"
            role="menuitem"
            class={item.danger ? "danger" : ""}
            onClick={() => {
              list.current?.hidePopover();
              item.run();
            }}
          >
            {item.icon !== undefined && <Icon name={item.icon} />}
            {item.text}
          </button>
        ))}
      </div>
    </>
  );
}
