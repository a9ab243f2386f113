import type { Agent, Attention, Snapshot } from "./snapshot.ts";

/**
 * What the buttons propose to the conversation. Only names and numbers of kas go in: a question or a
 * reason may have been written by an agent, and must not become an instruction to another one.
 */

/** Asks about everything. */
export function proposeSummary(snapshot: Snapshot): string {
  return `Tell me what is going on in the kas project ${named(snapshot.project)}, and what I ` +
    `should do first. Change nothing.`;
}

/** Asks about one thing that needs a person. */
export function proposeAttention(entry: Attention): string {
  const where = entry.task === "" ? "of kas" : `of the kas task ${named(entry.task)}`;
  if (entry.decision !== null) {
    return `Show me decision ${entry.decision} ${where} with its options, and say which one you ` +
      `would take and why. Do not answer it before I have chosen.`;
  }
  return `Show me the part ${where} that needs my attention, and what I can do about it. ` +
    `Change nothing.`;
}

/** Asks about an agent. */
export function proposeAgent({ task, role, wave }: Agent): string {
  const which = wave === null ? named(role) : `${named(role)} of wave ${wave}`;
  return `Look at what the agent ${which} does for the kas task ${named(task)}, and tell me how ` +
    `far it is. Change nothing.`;
}

/** A name in quotes; what no name of kas holds is left out, so that it cannot end the quotes. */
function named(name: string): string {
  const kept = name.replace(/[^\p{L}\p{M}\p{N}._@/+-]/gu, "").slice(0, 100);
  return `"${kept}"`;
}
