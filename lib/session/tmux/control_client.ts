import { KasError, messageOf } from "../../errors.ts";
import { commandLine } from "./quote.ts";
import { type Reply, ReplyReader } from "./reply_reader.ts";

/** tmux answers in well under a millisecond; a server that is silent for this long is stuck. */
const REPLY_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** The control client went away before tmux answered: the server was killed, or tmux could not start. */
export class ControlLost extends KasError {
  constructor(detail: string, cause?: unknown) {
    super("tmux_failed", `Lost the connection to tmux${detail === "" ? "" : `: ${detail}`}`, {
      hint: "Try again; kas starts tmux anew when it is needed",
      cause,
    });
  }
}

/** What {@link ControlClient.spawn} needs. */
export interface ControlClientOptions {
  /** Arguments of tmux, "-C" included. */
  args: string[];
  /** The whole environment of the client, which a server it starts inherits. */
  env: Record<string, string>;
  /** Gets every notification line. */
  onNotice: (line: string) => void;
  /** Called once when the client has ended, for whatever reason. */
  onEnd: () => void;
}

/** One `tmux -C` process that carries every command over its standard input. */
export class ControlClient {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReplyReader;
  readonly #waiting = new Set<(error: KasError) => void>();
  readonly #encoder = new TextEncoder();
  readonly #done: Promise<void>;
  #lost: KasError | undefined;
  /** What tmux said last outside of replies: why it could not start, or why it went. */
  #said = "";

  private constructor(child: Deno.ChildProcess, options: ControlClientOptions) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#reader = new ReplyReader((line) => {
      const [, reason] = /^%exit (.+)$/.exec(line) ?? [];
      if (reason !== undefined || !line.startsWith("%")) this.#said = reason ?? line;
      options.onNotice(line);
    });
    this.#done = this.#run(options.onEnd);
  }

  /**
   * Starts the client.
   * @throws KasError "missing_program" when there is no tmux
   */
  static spawn(options: ControlClientOptions): ControlClient {
    try {
      // Detached: a Ctrl-C meant for kas must not cut its line to tmux while it shuts down.
      const child = new Deno.Command("tmux", {
        args: options.args,
        clearEnv: true,
        env: options.env,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
      return new ControlClient(child, options);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) throw missingTmux(error);
      throw error;
    }
  }

  /** False once the client has ended. */
  get alive(): boolean {
    return this.#lost === undefined;
  }

  /**
   * Runs one tmux command and returns its reply.
   * @throws KasError "tmux_failed" ({@link ControlLost}) when the client ends first
   */
  request(argv: readonly string[]): Promise<Reply> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const fence = `kas-${crypto.randomUUID()}`;
    const lines = this.#encoder.encode(`${commandLine(argv)}\ndisplay-message -p ${fence}\n`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#lose(new ControlLost(`no answer within ${REPLY_TIMEOUT_MS / 1000} s`)),
        REPLY_TIMEOUT_MS,
      );
      const fail = (error: KasError) => {
        clearTimeout(timer);
        reject(error);
      };
      this.#waiting.add(fail);
      this.#reader.expect(fence, (reply) => {
        clearTimeout(timer);
        this.#waiting.delete(fail);
        resolve(reply);
      });
      this.#writer.write(lines).then(undefined, (error) => {
        this.#lose(new ControlLost(messageOf(error), error));
      });
    });
  }

  /** Ends the client and waits until its process is gone. The server and its sessions live on. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#kill(), CLOSE_TIMEOUT_MS);
    try {
      await this.#writer.close();
    } catch (error) {
      // A pipe that is already broken belongs to a client that has ended by itself.
      if (this.#lost === undefined && !(error instanceof Deno.errors.BrokenPipe)) throw error;
    } finally {
      await this.#done;
      clearTimeout(timer);
    }
  }

  async #run(onEnd: () => void): Promise<void> {
    const stderr = new Response(this.#child.stderr).text();
    try {
      let rest = "";
      for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#reader.line(line);
      }
      this.#lose(new ControlLost(((await stderr).trim() || this.#said).slice(0, 500)));
    } catch (error) {
      this.#lose(new ControlLost(messageOf(error), error));
    }
    await this.#child.status;
    onEnd();
  }

  #lose(error: KasError): void {
    this.#lost ??= error;
    for (const fail of this.#waiting) fail(this.#lost);
    this.#waiting.clear();
    // The order of replies is lost, so this process is of no more use.
    this.#kill();
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // Deno says "already terminated" for a process it has reaped.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** The error for a host without tmux. */
export function missingTmux(cause?: unknown): KasError {
  return new KasError("missing_program", `Cannot run "tmux": it is not installed`, {
    hint: "Install tmux 3.2 or newer: apt-get install tmux, dnf install tmux or brew install tmux",
    cause,
  });
}
