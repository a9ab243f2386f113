import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { decisions, instances, tasks } from "../data/store.ts";
import { mayOperate } from "../data/api.ts";
import { rank } from "../pure/fuzzy.ts";
import { NAV } from "../pure/nav.ts";
import { pathOf } from "../pure/route.ts";
import { Keys } from "../ui/bits.tsx";
import { Icon, type IconName, StatusMark } from "../ui/icons.tsx";
import { Dialog } from "../ui/overlay.tsx";
import type { Status } from "../../../lib/task/types.ts";
import { shortcuts } from "./keys.ts";
import { go } from "./router.ts";
import { setTheme, THEMES } from "./theme.ts";

/** The command palette, and the sheet of shortcuts. */

const open = signal(false);
const sheet = signal(false);
/** Set by the board: opens the form for a task. */
export const creating = signal(false);
const SHOWN = 60;

/** Opens the command palette. */
export function openPalette(): void {
  open.value = true;
}
/** Opens the sheet of shortcuts. */
export function openSheet(): void {
  sheet.value = true;
}

interface Entry {
  readonly name: string;
  /** What else is shown and found. */
  readonly about?: string;
  readonly kind: string;
  readonly icon?: IconName;
  readonly status?: Status;
  readonly keys?: string;
  readonly run: () => void;
}

function commands(): Entry[] {
  const list: Entry[] = NAV.map(({ screen, text, address, keys }) => ({
    name: `Go to ${text}`,
    kind: "screen",
    icon: screen,
    keys,
    run: () => go(address),
  }));
  if (mayOperate.value) {
    list.unshift({
      name: "New task",
      kind: "command",
      icon: "plus",
      keys: "c",
      run: () => {
        creating.value = true;
      },
    });
  }
  for (const theme of THEMES) {
    list.push({
      name: `Theme: ${theme}`,
      kind: "command",
      icon: theme === "dark" ? "moon" : theme === "light" ? "sun" : "system",
      run: () => setTheme(theme),
    });
  }
  list.push({
    name: "Keyboard shortcuts",
    kind: "command",
    icon: "keyboard",
    keys: "?",
    run: openSheet,
  });
  return list;
}

function entries(): Entry[] {
  const list = commands();
  for (const decision of decisions.value ?? []) {
    const { project, task } = decision;
    list.push({
      name: decision.question,
      kind: "decision",
      icon: "decisions",
      run: () =>
        go(
          task === null
            ? `${pathOf({ screen: "decisions" })}`
            : pathOf({ screen: "task", project, task, tab: "overview" }),
        ),
    });
  }
  for (const { project, title } of instances.value ?? []) {
    list.push({
      name: title,
      kind: "instance",
      icon: "instances",
      run: () => go({ screen: "instance", project, title }),
    });
  }
  for (
    const { project, name, description, status } of tasks.value?.values() ?? []
  ) {
    list.push({
      name,
      about: description,
      kind: project,
      status,
      run: () => go({ screen: "task", project, task: name, tab: "overview" }),
    });
  }
  return list;
}

/** The command palette, while it is open. */
export function Palette(): JSX.Element | null {
  return open.value ? <OpenPalette /> : null;
}

function OpenPalette(): JSX.Element {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const all = useMemo(entries, [tasks.value, decisions.value, instances.value]);
  const found = rank(typed, all, ({ name, about = "" }) => `${name} ${about}`, SHOWN);
  const close = (): void => {
    open.value = false;
  };
  const pick = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    close();
    // After the dialog gave the focus back.
    setTimeout(entry.run, 0);
  };
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({
      block: "nearest",
    });
  }, [at]);
  const onKey = (event: KeyboardEvent): void => {
    const last = found.length - 1;
    if (event.key === "ArrowDown") setAt(at >= last ? 0 : at + 1);
    else if (event.key === "ArrowUp") setAt(at <= 0 ? last : at - 1);
    else if (event.key === "Enter") pick(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Command palette" onClose={close}>
      <div class="palette">
        <input
          type="text"
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found.length > 0 ? `palette-${at}` : undefined}
          aria-label="Command, task or instance"
          placeholder="Command, task or instance"
          value={typed}
          spellcheck={false}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <ul id="palette-list" ref={list} role="listbox" aria-label="Results">
          {found.map((entry, index) => (
            <li
              key={index}
              id={`palette-${index}`}
              role="option"
              aria-selected={index === at ? "true" : "false"}
              onMouseMove={() => index !== at && setAt(index)}
              onClick={() => pick(entry)}
            >
              {entry.status !== undefined
                ? <StatusMark status={entry.status} />
                : <Icon name={entry.icon ?? "chevron"} />}
              <span class="name">
                {entry.name}
                {entry.about !== undefined && <span class="muted">{entry.about}</span>}
              </span>
              {entry.keys !== undefined
                ? <Keys keys={entry.keys} />
                : <span class="muted">{entry.kind}</span>}
            </li>
          ))}
        </ul>
        {found.length === 0 && <p class="muted none">Nothing has these letters.</p>}
      </div>
    </Dialog>
  );
}

/** The sheet of shortcuts, while it is open. */
export function ShortcutSheet(): JSX.Element | null {
  if (!sheet.value) return null;
  const groups = Map.groupBy(
    shortcuts().filter(({ silent }) => silent !== true),
    ({ group }) => group,
  );
  return (
    <Dialog
      title="Keyboard shortcuts"
      wide
      onClose={() => {
        sheet.value = false;
      }}
    >
      <div class="sheet">
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {list.map(({ keys, label }) => (
                <div key={keys}>
                  <dt>{label}</dt>
                  <dd>
                    <Keys keys={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
