import { type Events, type Host, isMode, type Mode, MODES } from "./host.ts";
import { fieldsOf } from "./snapshot.ts";

/** Version of {@link MonitorHost}; the page refuses another one. */
export const CONTRACT = 1;

/**
 * What a program that embeds the exported files puts at `window.kasmosMonitorHost` before the
 * script runs. Only `contractVersion` and `snapshot` are needed.
 */
export interface MonitorHost {
  readonly contractVersion: typeof CONTRACT;
  /** The answer of `POST /v1/monitor/snapshot`, of `kas monitor status --json`, or of `live_status`. */
  snapshot(): Promise<unknown>;
  /** Shows a text for a person to send; without it the page has no such buttons. */
  propose?(text: string): Promise<void> | void;
  /** Called once; call `changed` with what changes later. */
  surroundings?(changed: (value: { theme?: string; mode?: string }) => void): void;
  /** Shows the page in another way. */
  requestMode?(mode: Mode): Promise<void> | void;
  resized?(width: number, height: number): void;
}

/** The program around the page, through an object it left there. */
export class ObjectHost implements Host {
  readonly propose: Host["propose"];

  constructor(private readonly object: MonitorHost) {
    const { propose } = object;
    this.propose = propose === undefined
      ? null
      : async (text) => await propose.call(this.object, text);
  }

  connect(events: Events): Promise<void> {
    const { contractVersion } = this.object;
    if (contractVersion !== CONTRACT) {
      return Promise.reject(
        new Error(`its contract has version ${contractVersion}, this page ${CONTRACT}`),
      );
    }
    if (this.object.requestMode !== undefined) events.surroundings({ modes: MODES });
    this.object.surroundings?.((value) => {
      const { theme, mode } = fieldsOf(value);
      events.surroundings({
        ...theme === "light" || theme === "dark" ? { theme } : {},
        ...isMode(mode) ? { mode } : {},
      });
    });
    return Promise.resolve();
  }

  load(): Promise<unknown> {
    return this.object.snapshot();
  }

  async request(mode: Mode): Promise<void> {
    await this.object.requestMode?.(mode);
  }

  resized(width: number, height: number): void {
    this.object.resized?.(width, height);
  }
}
