/** Wakes everybody who waits for news. News may be spurious; whoever wakes looks for itself. */
export class Notifier {
  #waiting = new Set<() => void>();

  /** Something may have changed. */
  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resolve of waiting) resolve();
  }

  /** Resolves at the next {@link notify}, or when the signal aborts, or after `ms`. */
  wait(signal: AbortSignal, ms: number): Promise<void> {
    if (signal.aborted) return Promise.resolve();
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
