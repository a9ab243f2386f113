/** When the monitor asks again. Touches no page, so that it is tested without one. */

/** Between two looks, in ms: while everything is shown, while it is folded up, after many errors. */
export const EXPANDED_MS = 2_500;
export const COLLAPSED_MS = 15_000;
export const LONGEST_MS = 30_000;

/** How the page is seen now. */
export interface Sight {
  readonly visible: boolean;
  readonly expanded: boolean;
}

/** How long to wait before the next look; null = until the page is seen again. */
export function waitFor({ visible, expanded }: Sight, failures: number): number | null {
  if (!visible) return null;
  const usual = expanded ? EXPANDED_MS : COLLAPSED_MS;
  return Math.min(usual * 2 ** Math.min(failures, 10), Math.max(usual, LONGEST_MS));
}

/** Does some work later. @returns takes it back */
export type Later = (work: () => void, ms: number) => () => void;

/** Looks again and again: never twice at a time, not at all while nobody sees it. */
export class Poller {
  #sight: Sight = { visible: true, expanded: true };
  #failures = 0;
  #takeBack: (() => void) | null = null;
  #busy = false;
  #stopped = false;

  /** @param look says whether it worked; it never throws */
  constructor(private readonly look: () => Promise<boolean>, private readonly later: Later) {}

  /** Waits from now on. */
  start(): void {
    this.#plan();
  }

  /** Looks at once, unless a look is under way. */
  async now(): Promise<void> {
    if (this.#busy || this.#stopped) return;
    this.#clear();
    this.#busy = true;
    const worked = await this.look();
    this.#busy = false;
    this.#failures = worked ? 0 : this.#failures + 1;
    this.#plan();
  }

  /** Somebody sees more or less of the page. What was hidden or folded up is looked at at once. */
  see(change: Partial<Sight>): void {
    const before = this.#sight;
    this.#sight = { ...before, ...change };
    const { visible, expanded } = this.#sight;
    if (visible === before.visible && expanded === before.expanded) return;
    const isMore = visible && (!before.visible || (expanded && !before.expanded));
    if (isMore) void this.now();
    else this.#plan();
  }

  /** Never looks again. */
  stop(): void {
    this.#stopped = true;
    this.#clear();
  }

  #plan(): void {
    this.#clear();
    if (this.#stopped || this.#busy) return;
    const ms = waitFor(this.#sight, this.#failures);
    if (ms !== null) this.#takeBack = this.later(() => void this.now(), ms);
  }

  #clear(): void {
    this.#takeBack?.();
    this.#takeBack = null;
  }
}
