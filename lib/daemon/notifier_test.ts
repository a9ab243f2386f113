import assert from "node:assert/strict";
import { Notifier } from "./notifier.ts";

const { signal } = new AbortController();
/** Far longer than a test takes: a wait that ends by it fails the test's own limit. */
const NEVER_MS = 600_000;

Deno.test("wait() ends at the next notification", async () => {
  const news = new Notifier();
  const waiting = news.wait(news.mark, signal, NEVER_MS);
  news.notify();
  await waiting;
});

Deno.test("wait() does not miss what came after the mark and before it", async () => {
  const news = new Notifier();
  const { mark } = news;
  news.notify();
  await news.wait(mark, signal, NEVER_MS);
});

Deno.test("wait() ends when its signal aborts, and by itself", async () => {
  const news = new Notifier();
  const stop = new AbortController();
  const waiting = news.wait(news.mark, stop.signal, NEVER_MS);
  stop.abort();
  await waiting;
  await news.wait(news.mark, signal, 1);
  assert.equal(news.mark, 0);
});

Deno.test("Notifier.isAwaited tells whether somebody waits", async () => {
  const news = new Notifier();
  assert.equal(news.isAwaited, false);
  const waiting = news.wait(news.mark, new AbortController().signal, 60_000);
  assert.equal(news.isAwaited, true);
  news.notify();
  await waiting;
  assert.equal(news.isAwaited, false);
});
