import { FrameHost } from "./frame_host.ts";
import { type Host, type Mode, said, type Surroundings } from "./host.ts";
import { type MonitorHost, ObjectHost } from "./object_host.ts";
import { type Later, Poller } from "./poll.ts";
import { NoToken, ServeHost } from "./serve_host.ts";
import { readSnapshot } from "./snapshot.ts";
import { type Actions, View } from "./view.ts";

/** The monitor: finds out who shows it, and keeps what it shows up to date. */

declare global {
  var kasmosMonitorHost: MonitorHost | undefined;
}

const later: Later = (work, ms) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

class Monitor {
  readonly #view: View;
  readonly #poller: Poller;
  #mode: Mode = "inline";
  #modes: readonly Mode[] = [];
  #latest = 0;

  constructor(root: HTMLElement, private readonly host: Host) {
    this.#view = new View(root, this.#actions());
    this.#poller = new Poller(() => this.#look(), later);
  }

  /** Connects, then shows what comes. */
  async run(): Promise<void> {
    try {
      await this.host.connect({
        surroundings: (changed) => this.#surround(changed),
        snapshot: (value) => this.#show(value),
        end: () => this.#poller.stop(),
      });
    } catch (error) {
      this.#view.failed();
      this.#view.note({ text: `Cannot reach the host: ${said(error)}`, kind: "bad" });
      return;
    }
    this.#watchSight();
    new ResizeObserver(() => {
      const { scrollWidth, offsetHeight } = document.body;
      this.host.resized(scrollWidth, offsetHeight);
    }).observe(document.body);
    // A chat sends the first result by itself.
    if (this.host instanceof FrameHost) this.#poller.start();
    else await this.#poller.now();
  }

  #actions(): Actions {
    const { propose } = this.host;
    return {
      refresh: () => void this.#poller.now(),
      expand: (expanded) => {
        this.#view.expand(expanded);
        this.#poller.see({ expanded });
      },
      mode: (mode) => void this.#tried(this.host.request(mode), "change how this is shown"),
      token: (token) => {
        if (this.host instanceof ServeHost) this.host.use(token);
        void this.#poller.now();
      },
      propose: propose === null
        ? null
        : (text) => void this.#tried(propose(text), "put that there"),
    };
  }

  async #tried(work: Promise<void>, what: string): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#view.note({ text: `Cannot ${what}: ${said(error)}`, kind: "bad" });
    }
  }

  async #look(): Promise<boolean> {
    const asked = this.#latest;
    try {
      const value = await this.host.load();
      // The chat may have sent a newer one meanwhile.
      if (asked === this.#latest) this.#show(value);
      return true;
    } catch (error) {
      if (error instanceof NoToken) this.#view.askToken(`Cannot read: ${said(error)}`);
      else {
        this.#view.failed();
        this.#view.note({
          text: `Cannot refresh: ${said(error)}. It is tried again.`,
          kind: "bad",
        });
      }
      return false;
    }
  }

  #show(value: unknown): void {
    const snapshot = readSnapshot(value);
    this.#latest += 1;
    if (snapshot === null) {
      this.#view.failed();
      this.#view.note({ text: "Cannot read what kas sent: is it newer?", kind: "bad" });
    } else this.#view.show(snapshot);
  }

  #surround({ theme, mode, modes, insets }: Surroundings): void {
    const root = document.documentElement;
    if (theme !== undefined) root.dataset["theme"] = theme;
    if (insets !== undefined) {
      root.style.setProperty("--insets", insets.map((edge) => `${edge}px`).join(" "));
    }
    this.#mode = mode ?? this.#mode;
    this.#modes = modes ?? this.#modes;
    root.dataset["mode"] = this.#mode;
    this.#view.modes(this.#mode, this.#modes);
  }

  /** Nobody sees a page in another tab, or one that is scrolled away. */
  #watchSight(): void {
    let inSight = true;
    const tell = (): void => {
      this.#poller.see({ visible: inSight && document.visibilityState === "visible" });
    };
    document.addEventListener("visibilitychange", tell);
    new IntersectionObserver((entries) => {
      inSight = entries.at(-1)?.isIntersecting ?? true;
      tell();
    }).observe(document.documentElement);
  }
}

/** Who shows the page: an object that was left there, a server named in the page, or a frame. */
function findHost(): Host | null {
  if (globalThis.kasmosMonitorHost !== undefined) {
    return new ObjectHost(globalThis.kasmosMonitorHost);
  }
  const { serve, project, task, version = "" } = document.documentElement.dataset;
  if (serve !== undefined) {
    return new ServeHost(serve, {
      ...project === undefined ? {} : { project },
      ...task === undefined ? {} : { task },
    });
  }
  return globalThis.parent === globalThis.self ? null : new FrameHost(globalThis.window, version);
}

const root = document.getElementById("monitor");
const host = findHost();
if (root !== null) {
  if (host === null) root.textContent = "This page shows something only where a host shows it.";
  else void new Monitor(root, host).run();
}
