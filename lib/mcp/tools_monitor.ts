import * as v from "valibot";
import type { Store } from "../store/types.ts";
import { project, text, textOutput, tool } from "./define.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import { snapshotWords } from "../engine/snapshot_words.ts";
import { liveStatus, type LiveStatusOptions } from "./live_status.ts";
import { uiMeta } from "./monitor_ui.ts";
import { RecentCache } from "./recent_cache.ts";
import type { Desk, Tool } from "./types.ts";

const schema = v.strictObject({
  project,
  task: v.optional(text("Only this task")),
});

/** A page asks every few seconds, and several may be open. */
const recent = new WeakMap<Store, RecentCache<Snapshot>>();

async function monitored(desk: Desk, { project: key, task }: LiveStatusOptions) {
  const { store } = desk.home;
  const cache = recent.get(store) ?? new RecentCache<Snapshot>();
  recent.set(store, cache);
  // Who may not see the project is refused before the cache is asked.
  const at = await desk.project(key);
  const asked = JSON.stringify([at.id, task ?? null, desk.caller.projectId]);
  const status = await cache.get(asked, () => liveStatus(desk, { project: key, task }));
  return textOutput(snapshotWords(status), { ...status });
}

/** A tool whose result a chat shows in the page. */
function linked(visibility: readonly ("model" | "app")[], shows: Tool): Tool {
  return { ...shows, meta: uiMeta(visibility) };
}

/** Shows what goes on: to the model in words, and to people as a page where the chat shows pages. */
export const MONITOR_TOOLS: readonly Tool[] = [
  linked(
    ["model", "app"],
    tool({
      name: "open_monitor",
      description: "Show people what goes on, as a live page where the chat can show one",
      scope: "read",
      idempotent: true,
      schema,
      run: monitored,
    }),
  ),
  linked(
    ["app"],
    tool({
      name: "refresh_monitor",
      description: "What goes on now, for the page of open_monitor",
      scope: "read",
      idempotent: true,
      schema,
      run: monitored,
    }),
  ),
];
