/** The answer of tmux to one command: its lines, joined by newlines. */
export interface Reply {
  ok: boolean;
  text: string;
}

type Phase =
  | { at: "idle" }
  | { at: "open"; header: string; lines: string[] }
  | { at: "fence" };

/**
 * Reads the output of a control client (tmux(1), CONTROL MODE) line by line.
 *
 * Replies carry hostile text (a screen, a process name) that may hold a forged "%end". So each
 * command is followed by one that prints a random fence: whatever comes before the fence is the
 * reply, and its last matching "%end" is the true one.
 */
export class ReplyReader {
  #phase: Phase = { at: "idle" };
  readonly #pending: { fence: string; resolve: (reply: Reply) => void }[] = [];
  readonly #onNotice: (line: string) => void;

  /** `onNotice` gets every notification, such as "%sessions-changed". */
  constructor(onNotice: (line: string) => void) {
    this.#onNotice = onNotice;
  }

  /** Expects one more reply, ended by the line `fence`; replies come in the order of the calls. */
  expect(fence: string, resolve: (reply: Reply) => void): void {
    this.#pending.push({ fence, resolve });
  }

  /** Takes one line, without its newline. */
  line(line: string): void {
    const phase = this.#phase;
    if (phase.at === "open") return this.#inReply(line, phase);
    if (phase.at === "fence") {
      if (line.startsWith("%end ")) this.#phase = { at: "idle" };
      return;
    }
    // Flag 1 marks a command of this client; flag 0 is the attach itself or a hook.
    if (line.startsWith("%begin ") && line.endsWith(" 1") && this.#pending.length > 0) {
      this.#phase = { at: "open", header: line.slice("%begin ".length), lines: [] };
      return;
    }
    this.#onNotice(line);
  }

  #inReply(line: string, phase: { header: string; lines: string[] }): void {
    const head = this.#pending[0];
    if (head === undefined || line !== head.fence) {
      phase.lines.push(line);
      return;
    }
    this.#pending.shift();
    this.#phase = { at: "fence" };
    const [good, bad] = [`%end ${phase.header}`, `%error ${phase.header}`];
    const end = phase.lines.findLastIndex((it) => it === good || it === bad);
    for (const notice of phase.lines.slice(end + 1)) this.#onNotice(notice);
    head.resolve({ ok: phase.lines[end] === good, text: phase.lines.slice(0, end).join("\n") });
  }
}
