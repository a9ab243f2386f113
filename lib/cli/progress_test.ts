import assert from "node:assert/strict";
import { type ProgressTarget, startProgress } from "./progress.ts";

function screen(terminal: boolean): ProgressTarget & { text: string; drawn: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    text: "",
    drawn: promise,
    isTerminal: () => terminal,
    write(text) {
      this.text += text;
      resolve();
    },
  };
}

Deno.test("startProgress() draws one tame line on a terminal and clears it", async () => {
  const target = screen(true);
  {
    using progress = startProgress("Merging \x1b[2J", { target, delayMs: 0 });
    await target.drawn;
    progress.update("Pushing");
  }
  const shown = target.text.replaceAll("\r\x1b[K", "|").replace(/\(\d+\w+\)/g, "(time)");
  assert.equal(shown, "|Merging ␛[2J (time)|Pushing (time)|");
});

Deno.test("startProgress() says nothing about quick work or without a terminal", () => {
  const quick = screen(true);
  startProgress("Quick", { target: quick })[Symbol.dispose]();
  const piped = screen(false);
  using progress = startProgress("Piped", { target: piped, delayMs: 0 });
  progress.update("Still piped");
  assert.deepEqual([quick.text, piped.text], ["", ""]);
});
