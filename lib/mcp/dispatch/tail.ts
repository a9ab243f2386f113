/** Keeps the end of a stream of bytes. */
export class Tail {
  /** Bytes seen so far. */
  total = 0;
  readonly #most: number;
  #kept: Uint8Array[] = [];
  #size = 0;

  /** @param most bytes to keep at least, as far as they come */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a piece; the stream's owner may use its memory again. */
  add(chunk: Uint8Array): void {
    this.total += chunk.length;
    this.#size += chunk.length;
    this.#kept.push(chunk.slice());
    while (this.#size - (this.#kept[0]?.length ?? 0) >= this.#most) {
      this.#size -= this.#kept.shift()?.length ?? 0;
    }
  }

  /** What is kept, as text; bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    const decoder = new TextDecoder();
    const text = this.#kept.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
    const whole = text + decoder.decode();
    return whole.length > this.#most ? whole.slice(-this.#most) : whole;
  }
}
