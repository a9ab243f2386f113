/** Whoever shows the monitor and gives it what it shows. */

/** Ways a host can show the page. */
export const MODES = ["inline", "fullscreen", "pip"] as const;
export type Mode = typeof MODES[number];

/** What a host says about itself; fields it leaves out stay as they were. */
export interface Surroundings {
  readonly theme?: "light" | "dark";
  readonly mode?: Mode;
  /** Those it can change to. */
  readonly modes?: readonly Mode[];
  /** Room at the edges that something else covers, in pixels: top, right, bottom, left. */
  readonly insets?: readonly [number, number, number, number];
}

/** What a host tells the page unasked. */
export interface Events {
  surroundings(changed: Surroundings): void;
  /** A snapshot nobody asked for, as it came. */
  snapshot(value: unknown): void;
  /** The page is about to go. */
  end(): void;
}

/** A host, whatever it is made of. */
export interface Host {
  /** Says hello; rejects when nobody answers. */
  connect(events: Events): Promise<void>;
  /** A snapshot as it came; rejects with what to show. */
  load(): Promise<unknown>;
  /** Puts a text into the conversation for a person to send; null where there is none. */
  readonly propose: ((text: string) => Promise<void>) | null;
  /** Asks for another way of showing the page; the answer comes as surroundings. */
  request(mode: Mode): Promise<void>;
  /** Tells how large the page is. */
  resized(width: number, height: number): void;
}

export function isMode(value: unknown): value is Mode {
  return (MODES as readonly unknown[]).includes(value);
}

/** What an error says. */
export function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
