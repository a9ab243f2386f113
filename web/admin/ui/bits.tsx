import { type ComponentChildren, Fragment, type JSX } from "preact";
import type { Status } from "../../../lib/task/types.ts";
import { explain } from "../data/api.ts";
import { useNow } from "../data/use.ts";
import { ago, stamp } from "../pure/time.ts";
import { Icon, type IconName, StatusMark } from "./icons.tsx";

/** The small parts all screens are made of. */

interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  readonly kind?: "plain" | "primary" | "danger" | "quiet";
  /** What a screen reader says; needed when there is no text. */
  readonly label?: string;
  readonly title?: string;
  readonly disabled?: boolean;
  readonly submit?: boolean;
  readonly busy?: boolean;
  readonly pressed?: boolean;
  readonly onClick?: (event: MouseEvent) => void;
}

/** A button. */
export function Button(props: ButtonProps): JSX.Element {
  const { children, icon, kind = "plain", label, busy = false } = props;
  return (
    <button
      type={props.submit === true ? "submit" : "button"}
      class={`button ${kind}${children === undefined ? " only-icon" : ""}`}
      aria-label={label}
      title={props.title ?? (children === undefined ? label : undefined)}
      disabled={props.disabled === true || busy}
      aria-busy={busy ? "true" : undefined}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A status in words, with its sign. */
export function StatusBadge(
  { status, text }: { status: Status; text?: string },
): JSX.Element {
  return (
    <span class={`badge s-${status}`}>
      <StatusMark status={status} />
      <span>{text ?? status}</span>
    </span>
  );
}

/** How long ago something was, with the moment itself as its title. */
export function Ago(
  { at, every = 15_000 }: { at: string | null; every?: number },
): JSX.Element {
  const now = useNow(every);
  if (at === null) return <span class="muted">never</span>;
  return <time dateTime={at} title={stamp(at)} class="num">{ago(at, now)}</time>;
}

/** Lines where text will be, so that the page does not jump when it comes. */
export function Skeleton({ lines = 3 }: { lines?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from(
        { length: lines },
        (_, index) => <span key={index} class={`w${index % 3}`} />,
      )}
    </div>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** What stands where nothing is yet, and says how something gets there. */
export function Empty({ icon, title, children }: EmptyProps): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h3>{title}</h3>
      <div class="muted">{children}</div>
    </div>
  );
}

/** What went wrong and what to do. */
export function Problem(
  { error, retry }: { error: unknown; retry?: (() => void) | undefined },
): JSX.Element {
  const { text, hint } = explain(error);
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p>{text}</p>
        {hint !== "" && <p class="muted">{hint}</p>}
      </div>
      {retry !== undefined && <Button onClick={retry} icon="restart">Try again</Button>}
    </div>
  );
}

interface UnreadProps {
  /** What the address names. */
  readonly name: string;
  readonly error: unknown;
  readonly retry: () => void;
  /** Where all of its kind are. */
  readonly list: { readonly text: string; readonly href: string };
}

/** Stands for a page whose subject could not be read, perhaps because there is none of this name. */
export function Unread({ name, error, retry, list }: UnreadProps): JSX.Element {
  return (
    <>
      <h1>{name}</h1>
      <Problem error={error} retry={retry} />
      <p>
        <a href={list.href}>{list.text}</a>
      </p>
    </>
  );
}

/** A key of the keyboard. */
export function Keys({ keys }: { keys: string }): JSX.Element {
  const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  const shown = keys.split(" ").map((key) => {
    const name = key.replace("Mod+", "");
    const letter = name.length === 1 ? name.toUpperCase() : name;
    return key === name ? letter : `${mac ? "⌘" : "Ctrl "}${letter}`;
  });
  return (
    <span class="keys">
      {shown.map((key, index) => <kbd key={index}>{key}</kbd>)}
    </span>
  );
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly {
    readonly id: T;
    readonly text: string;
    readonly count?: number;
  }[];
  readonly current: T;
  readonly href: (tab: T) => string;
}

/** Links that look like tabs: each has an address of its own. */
export function Tabs<T extends string>(
  { label, tabs, current, href }: TabsProps<T>,
): JSX.Element {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a
          key={tab.id}
          href={href(tab.id)}
          aria-current={tab.id === current ? "page" : undefined}
        >
          {tab.text}
          {tab.count !== undefined && tab.count > 0 && <span class="count">{tab.count}</span>}
        </a>
      ))}
    </nav>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | null;
  readonly children: ComponentChildren;
}

/** A control with its label. */
export function Field(
  { label, hint, error, children }: FieldProps,
): JSX.Element {
  return (
    <label class="field">
      <span class="label">{label}</span>
      {children}
      {error ? <span class="error" role="alert">{error}</span> : hint !== undefined &&
        <span class="hint">{hint}</span>}
    </label>
  );
}

/** A path of a file; where it must be broken, it is after a slash. */
export function Path({ text }: { text: string }): JSX.Element {
  const [first = "", ...rest] = text.split("/");
  return (
    <code class="path">
      {first}
      {rest.map((part, index) => (
        <Fragment key={index}>
          /<wbr />
          {part}
        </Fragment>
      ))}
    </code>
  );
}

/** A line with a heading and what belongs to it. */
export function Section(
  { title, aside, children }: {
    title: string;
    aside?: ComponentChildren;
    children: ComponentChildren;
  },
): JSX.Element {
  return (
    <section class="section">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
