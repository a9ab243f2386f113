import type { JSX } from "preact";
import { ask, attempt } from "../app/notice.ts";
import { api, mayOperate } from "../data/api.ts";
import { loadInstances } from "../data/store.ts";
import type { Instance } from "../data/types.ts";
import { Menu, type MenuItem } from "./overlay.tsx";

/** What may be done to an instance now, as a menu. */

type Verb = "interrupt" | "pause" | "resume" | "restart" | "kill";

const DONE: Readonly<Record<Verb, string>> = {
  interrupt: "interrupted",
  pause: "paused",
  resume: "resumed",
  restart: "restarted",
  kill: "killed",
};

/** Does it, and says how it went. */
export async function act(item: Instance, verb: Verb): Promise<void> {
  const params = { project: item.project, title: item.title };
  await attempt(
    () =>
      api.call(`POST /v1/projects/:project/instances/:title/${verb}`, {
        params,
      }),
    `${item.title} is ${DONE[verb]}`,
  );
  await attempt(loadInstances);
}

/** Asks before an agent is ended. */
export async function killAfterAsking(item: Instance): Promise<void> {
  const sure = await ask({
    title: `Kill ${item.title}`,
    text:
      "The agent is ended for good. Its worktree and branch stay; what becomes of its work is " +
      "asked as a decision.",
    yes: "Kill",
    danger: true,
  });
  if (sure !== null) await act(item, "kill");
}

/** The menu. */
export function InstanceMenu(
  { item, onDone }: { item: Instance; onDone: () => void },
): JSX.Element | null {
  if (!mayOperate.value) return null;
  const can = item.valid_actions;
  const run = (work: Promise<void>): void => void work.then(onDone);
  const items: MenuItem[] = [];
  if (can.includes("interrupt")) {
    items.push({
      text: "Interrupt",
      icon: "stop",
      run: () => run(act(item, "interrupt")),
    });
  }
  if (can.includes("pause")) {
    items.push({
      text: "Pause",
      icon: "pause",
      run: () => run(act(item, "pause")),
    });
  }
  if (can.includes("resume")) {
    items.push({
      text: "Resume",
      icon: "play",
      run: () => run(act(item, "resume")),
    });
  }
  if (can.includes("restart")) {
    items.push({
      text: "Restart",
      icon: "restart",
      run: () => run(act(item, "restart")),
    });
  }
  if (can.includes("kill")) {
    items.push({
      text: "Kill",
      icon: "close",
      danger: true,
      run: () => run(killAfterAsking(item)),
    });
  }
  return <Menu label={`Actions for ${item.title}`} items={items} />;
}
