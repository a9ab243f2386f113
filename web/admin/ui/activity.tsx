import type { JSX } from "preact";
import type { Instance } from "../data/types.ts";

/** What an agent seems to do, with a sign that is not only a colour. */

/** What is needed of an instance. */
export type Seen = Pick<Instance, "status" | "activity" | "exit_reason">;

/** One word for what an instance does. */
export function activityWord({ status, activity, exit_reason }: Seen): string {
  if (status === "exited") return exit_reason ?? "ended";
  if (status === "paused" || status === "starting") return status;
  return activity;
}

const SIGNS: Readonly<Record<string, string>> = {
  busy: "●",
  asking: "?",
  idle: "○",
  starting: "◌",
  paused: "‖",
  unknown: "◌",
  reported: "✓",
};

/** The sign and the word. */
export function Activity({ seen }: { seen: Seen }): JSX.Element {
  const word = activityWord(seen);
  return (
    <span class={`activity a-${word.replaceAll("_", "-")}`}>
      <span aria-hidden="true" class="sign-text">{SIGNS[word] ?? "✕"}</span>
      <span>{word.replaceAll("_", " ")}</span>
    </span>
  );
}
