import { button, element, replace } from "./dom.ts";
import type { Mode } from "./host.ts";
import { proposeAgent, proposeAttention, proposeSummary } from "./proposals.ts";
import type { Agent, Attention, Snapshot } from "./snapshot.ts";

/** The page itself: its parts, and how they change. */

/** What somebody does on the page. */
export interface Actions {
  refresh(): void;
  expand(expanded: boolean): void;
  mode(mode: Mode): void;
  /** A token was given. */
  token(token: string): void;
  /** Null where there is no conversation. */
  readonly propose: ((text: string) => void) | null;
}

/** What is said below the lists. */
export interface Note {
  readonly text: string;
  readonly kind: "plain" | "bad";
}

const MODE_NAMES: Readonly<Record<Mode, string>> = {
  inline: "In the chat",
  fullscreen: "Full screen",
  pip: "Float",
};

const KINDS: Readonly<Record<string, string>> = {
  needs_decision: "Decision",
  review_feedback: "Review feedback",
  stale_instance: "Stuck agent",
};

const STAGES: Readonly<Record<string, string>> = {
  loading: "starting",
  ready: "waiting",
  running: "working",
};

/** All parts of the page. They are made once; what is in them is replaced only when it differs. */
export class View {
  readonly #place = element("p", { class: "place" }, "kas");
  readonly #sum = element("p", { class: "sum", role: "status" }, "Loading…");
  readonly #modes = element("div", { class: "modes" });
  readonly #fold: HTMLButtonElement;
  readonly #body = element("div", { class: "body", id: "body" });
  readonly #counts = element("dl", { class: "counts" });
  readonly #attention = element("section", { "aria-labelledby": "h-attention" });
  readonly #agents = element("section", { "aria-labelledby": "h-agents" });
  readonly #note = element("p", { class: "note", role: "status" });
  readonly #buttons = element("div", { class: "buttons" });
  readonly #form = element("form", { class: "token" });
  #shown = "";
  #expanded = true;

  constructor(root: Element, private readonly actions: Actions) {
    this.#fold = button(
      "Hide",
      "fold",
      { "aria-expanded": "true", "aria-controls": "body" },
      () => this.actions.expand(!this.#expanded),
    );
    this.#makeForm();
    this.#body.append(this.#counts, this.#attention, this.#agents, this.#buttons);
    root.replaceChildren(
      element(
        "header",
        {},
        element("div", { class: "title" }, element("h1", {}, "Monitor"), this.#place),
        element("div", { class: "tools" }, this.#modes, this.#fold),
      ),
      this.#sum,
      this.#body,
      this.#form,
      this.#note,
    );
    this.#body.hidden = true;
  }

  /** Shows a snapshot. */
  show(snapshot: Snapshot): void {
    const { at: _at, ...content } = snapshot;
    const shown = JSON.stringify(content);
    this.note({ text: `As of ${clock(snapshot.at)}`, kind: "plain" });
    this.#form.hidden = true;
    this.#body.hidden = !this.#expanded;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#place.textContent = snapshot.project;
    const sum = summaryOf(snapshot);
    if (this.#sum.textContent !== sum) this.#sum.textContent = sum;
    replace(this.#counts, ...snapshot.counts.map(([status, count]) => countOf(status, count)));
    this.#showAttention(snapshot);
    this.#showAgents(snapshot);
    replace(
      this.#buttons,
      button("Refresh", "refresh", {}, () => this.actions.refresh()),
      this.#proposal("Ask for a summary", "summary", undefined, () => proposeSummary(snapshot)),
    );
  }

  /** Says how it goes: when this was, or what is wrong. */
  note({ text, kind }: Note): void {
    this.#note.className = kind === "bad" ? "note bad" : "note";
    // What is said again and again is not read out again and again.
    this.#note.setAttribute("role", kind === "bad" ? "status" : "presentation");
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }

  /** Asks for a token. */
  askToken(why: string): void {
    this.note({ text: why, kind: "bad" });
    if (this.#shown === "") this.#sum.textContent = "Not connected";
    this.#form.hidden = false;
  }

  /** Nothing came, and nothing was shown before. */
  failed(): void {
    if (this.#shown === "") this.#sum.textContent = "Nothing to show yet";
  }

  /** Unfolds or folds up. */
  expand(expanded: boolean): void {
    this.#expanded = expanded;
    this.#body.hidden = !expanded || this.#shown === "";
    this.#fold.setAttribute("aria-expanded", String(expanded));
    this.#fold.textContent = expanded ? "Hide" : "Show";
  }

  /** Offers the other ways the host can show the page. */
  modes(current: Mode, modes: readonly Mode[]): void {
    replace(
      this.#modes,
      ...modes.filter((mode) => mode !== current).map((mode) =>
        button(MODE_NAMES[mode], `mode-${mode}`, {}, () => this.actions.mode(mode))
      ),
    );
  }

  #makeForm(): void {
    const input = element("input", {
      id: "token",
      type: "password",
      autocomplete: "off",
      spellcheck: "false",
      required: true,
    });
    this.#form.append(
      element("label", { for: "token" }, "Token with the scope “read”"),
      input,
      element("button", { type: "submit" }, "Connect"),
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const token = input.value.trim();
      input.value = "";
      this.actions.token(token);
    });
    this.#form.hidden = true;
  }

  #showAttention({ attention, more }: Snapshot): void {
    replace(
      this.#attention,
      element("h2", { id: "h-attention" }, "Needs you"),
      attention.length === 0 ? element("p", { class: "empty" }, "Nothing waits for you.") : element(
        "ul",
        {},
        ...attention.map((entry) =>
          element(
            "li",
            { class: "attention" },
            this.#attentionText(entry),
            this.#proposal("Ask", keyOf(entry), entry.task, () => proposeAttention(entry)),
          )
        ),
        moreOf(more.attention),
      ),
    );
  }

  #attentionText({ task, kind, detail }: Attention): HTMLElement {
    return element(
      "div",
      { class: "text" },
      element(
        "p",
        {},
        element("strong", {}, KINDS[kind] ?? kind),
        " ",
        element("span", { class: "task" }, task),
      ),
      detail === "" ? null : element("p", { class: "detail" }, detail),
    );
  }

  #showAgents({ agents, more }: Snapshot): void {
    replace(
      this.#agents,
      element("h2", { id: "h-agents" }, "At work"),
      agents.length === 0 ? element("p", { class: "empty" }, "No agent runs.") : element(
        "ul",
        {},
        ...agents.map((agent) =>
          element(
            "li",
            {},
            agentText(agent),
            this.#proposal("Ask", keyOf(agent), agent.task, () => proposeAgent(agent)),
          )
        ),
        moreOf(more.agents),
      ),
    );
  }

  #proposal(
    label: string,
    key: string,
    about: string | undefined,
    text: () => string,
  ): HTMLElement | null {
    const { propose } = this.actions;
    if (propose === null) return null;
    const name = about === undefined ? {} : { "aria-label": `${label} about ${about}` };
    return button(
      label,
      key,
      { class: "ask", title: "Puts a question into the chat", ...name },
      () => propose(text()),
    );
  }
}

/** The same row in the next snapshot has the same key. */
function keyOf(row: Agent | Attention): string {
  return "kind" in row
    ? JSON.stringify([row.kind, row.task, row.decision])
    : JSON.stringify([row.role, row.task, row.wave]);
}

function countOf(status: string, count: number): HTMLElement {
  return element(
    "div",
    { class: `count s-${status}`, "data-none": count === 0 },
    element("dt", {}, status),
    element("dd", {}, String(count)),
  );
}

function agentText({ task, role, wave, stage }: Agent): HTMLElement {
  return element(
    "p",
    { class: "text" },
    element("strong", {}, wave === null ? role : `${role}, wave ${wave}`),
    " ",
    element("span", { class: "task" }, task),
    " ",
    element("span", { class: `stage ${stage === "running" ? "on" : ""}` }, STAGES[stage] ?? stage),
  );
}

function moreOf(count: number): HTMLElement | null {
  return count === 0 ? null : element("li", { class: "empty" }, `… and ${count} more`);
}

function summaryOf({ total, agents, attention, more, running }: Snapshot): string {
  const parts = [
    plural(total, "task"),
    `${plural(agents.length + more.agents, "agent")} at work`,
    `${attention.length + more.attention} for you`,
    ...running ? [] : ["daemon not running"],
  ];
  return parts.join(" · ");
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function clock(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "an unknown time" : time.toLocaleTimeString();
}
