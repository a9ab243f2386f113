/**
 * Work that is done by one at a time. Who asks meanwhile has it done once more afterwards: what they
 * want looked at may have come after the look under way.
 */
export class Round {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when a round that began after this call is over. @throws what the work throws */
  run(): Promise<void> {
    if (this.#running === null) this.#running = this.#rounds();
    else this.#again = true;
    return this.#running;
  }

  async #rounds(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#work();
      } while (this.#again);
    } finally {
      this.#running = null;
    }
  }
}
