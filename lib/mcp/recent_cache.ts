/** How long an answer stays, in ms. */
const KEEP_MS = 1_000;

interface Entry<T> {
  readonly at: number;
  readonly value: Promise<T>;
}

/** Answers of the last second: who asks meanwhile gets the same one, also while it is made. */
export class RecentCache<T> {
  readonly #entries = new Map<string, Entry<T>>();

  constructor(private readonly now: () => number = Date.now) {}

  /** The answer kept under a key, or the one `make` gives; a failure is not kept. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const now = this.now();
    for (const [other, { at }] of this.#entries) {
      // A clock that was set back ends it too.
      if (now - at >= KEEP_MS || now < at) this.#entries.delete(other);
    }
    const known = this.#entries.get(key);
    if (known !== undefined) return known.value;
    const entry = { at: now, value: make() };
    this.#entries.set(key, entry);
    entry.value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.value;
  }
}
