import type { Events, Host } from "./host.ts";
import { fieldsOf, textOf } from "./snapshot.ts";

/** No answer takes longer, in ms. */
const LIMIT_MS = 10_000;

/** The refusal of a token, or the lack of one: somebody has to give another. */
export class NoToken extends Error {}

/** A `kas serve`, asked with a token that is kept in memory alone. */
export class ServeHost implements Host {
  readonly propose = null;
  #token = "";
  #refusal = "it needs a token";

  /** @param url without a slash at its end */
  constructor(
    private readonly url: string,
    private readonly scope: Readonly<Record<string, string>>,
  ) {}

  connect(_events: Events): Promise<void> {
    return Promise.resolve();
  }

  /** The token for all that follows. */
  use(token: string): void {
    this.#token = token;
  }

  async load(): Promise<unknown> {
    if (this.#token === "") throw new NoToken(this.#refusal);
    const response = await this.#ask();
    const body: unknown = await response.json();
    if (response.ok) return body;
    const why = textOf(fieldsOf(body)["detail"]) || `it answered ${response.status}`;
    if (response.status !== 401 && response.status !== 403) throw new Error(why);
    // Sent again and again, a wrong one would only shut the door for a while.
    this.#token = "";
    this.#refusal = why;
    throw new NoToken(why);
  }

  async #ask(): Promise<Response> {
    try {
      return await fetch(`${this.url}/v1/monitor/snapshot`, {
        method: "POST",
        headers: { "authorization": `Bearer ${this.#token}`, "content-type": "application/json" },
        body: JSON.stringify(this.scope),
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        redirect: "error",
        signal: AbortSignal.timeout(LIMIT_MS),
      });
    } catch (error) {
      // A browser does not tell a page more.
      if (error instanceof TypeError) {
        throw new Error("kas serve does not answer, or was started without --widget");
      }
      throw error;
    }
  }

  request(): Promise<void> {
    return Promise.resolve();
  }

  resized(): void {
    // Nobody is around the page.
  }
}
