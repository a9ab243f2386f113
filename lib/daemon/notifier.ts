/** Wakes everybody who waits for news. News may be spurious; whoever wakes looks for itself. */
export class Notifier {
  #waiting = new Set<() => void>();
  #mark = 0;

  /** Stands for all news so far: take it before looking, so that what comes meanwhile is not missed. */
  get mark(): number {
    return this.#mark;
  }

  /** Whether somebody waits now. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Something may have changed. */
  notify(): void {
    this.#mark += 1;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resolve of waiting) resolve();
  }

  /** Resolves once there is news after the mark, or when the signal aborts, or after `ms`. */
  wait(mark: number, signal: AbortSignal, ms: number): Promise<void> {
    if (signal.aborted || mark !== this.#mark) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
      this.#waiting.add(done);
    });
  }
}
