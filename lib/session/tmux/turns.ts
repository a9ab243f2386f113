/** Lets one piece of work at a time through for each key, in the order they came. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Waits for the work that came before under `key`, however it ended, then does this. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(key, promise);
    await before;
    try {
      return await work();
    } finally {
      resolve();
      if (this.#last.get(key) === promise) this.#last.delete(key);
    }
  }
}
