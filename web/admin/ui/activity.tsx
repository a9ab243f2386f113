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

/** How that is known; of one that has ended, how it ended. */
export function evidenceOf(
  { status, exit_code, evidence }: Pick<Instance, "status" | "exit_code" | "evidence">,
): string {
  if (status !== "exited") return evidence;
  return exit_code === null ? "" : `exit ${exit_code}`;
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
