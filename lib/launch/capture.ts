/** Keeps what a process prints, up to a limit; of more, the end. */
export class Capture {
  readonly #max: number;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #total = 0;

  /** @param max bytes that are kept */
  constructor(max: number) {
    this.#max = max;
  }

  /** Bytes that came by. */
  get total(): number {
    return this.#total;
  }

  /** True when the beginning is gone. */
  get isCut(): boolean {
    return this.#total > this.#size;
  }

  add(chunk: Uint8Array): void {
    this.#total += chunk.length;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      const excess = this.#size - this.#max;
      if (excess <= 0) return;
      if (first.length > excess) {
        this.#chunks[0] = first.slice(excess);
        this.#size -= excess;
        return;
      }
      this.#chunks.shift();
      this.#size -= first.length;
    }
  }

  /** What was kept as text; bytes that are not UTF-8 become U+FFFD. */
  text(): { readonly text: string; readonly isUtf8: boolean } {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    try {
      return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), isUtf8: true };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return { text: new TextDecoder().decode(bytes), isUtf8: false };
    }
  }
}
