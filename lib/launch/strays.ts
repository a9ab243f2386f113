import { KasError } from "../errors.ts";
import type { EndSignal } from "./process.ts";

/**
 * Processes below an agent that have left its process group: gemini, copilot and opencode start the
 * commands of their shell tools in sessions of their own, and leave them behind on a signal.
 */
export class Strays {
  readonly #known = new Map<number, string>();
  #started: string | null = null;

  /** @param leader the agent; what is in a session of its own, if it has one, is none */
  constructor(private readonly leader: number) {}

  /**
   * Those that are there now. To be asked before the agent gets a signal: whose child a process was
   * is forgotten when the parent ends. Those seen once are known for good. None where processes
   * cannot be listed.
   */
  async look(): Promise<number[]> {
    // at the end of a run only: its start is not to wait for this
    const { listProcesses, processesOf } = await import("../session/tmux/processes.ts");
    try {
      const table = await listProcesses();
      this.#started ??= table.find(({ pid }) => pid === this.leader)?.started ?? null;
      if (this.#started !== null) this.#known.set(this.leader, this.#started);
      const leader = { pid: this.leader, started: this.#started };
      const strays = processesOf(table, [leader], this.#known, Deno.pid)
        .filter(({ pid, sid }) => pid !== this.leader && sid !== this.leader);
      for (const { pid, started } of strays) this.#known.set(pid, started);
      return strays.map(({ pid }) => pid);
    } catch (error) {
      if (error instanceof KasError || error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}

/** Sends a signal to a process, or to the group of a negative number; one that is gone is fine. */
export function sendSignal(pid: number, signal: EndSignal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // a group of which only a program with other rights is left cannot be signalled
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (!gone) throw error;
  }
}
