/**
 * Crash points: the boundaries between two side effects of a lifecycle. A test names one in
 * `KAS_CRASH_AT` (`point` or `point:n` for its n-th passage) and the process kills itself there, so
 * that recovery is proved at each of them. Without the variable a point costs one comparison.
 */
export const CRASH_POINTS = [
  "signal.claimed",
  "signal.decided",
  "signal.committed",
  "worktree.recorded",
  "worktree.made",
  "worktree.ready",
  "session.recorded",
  "session.prepared",
  "session.launched",
  "session.running",
  "session.exit_seen",
  "session.exit_recorded",
  "stop.recorded",
  "stop.killed",
  "leftovers.committed",
  "integrate.merged",
  "integrate.recorded",
  "dispose.recorded",
  "dispose.removed",
  "dispose.branch_deleted",
  "dispose.done",
  "merge.started",
  "merge.merged",
  "merge.recorded",
  "job.done",
] as const;
export type CrashPoint = typeof CRASH_POINTS[number];

interface Wanted {
  readonly point: string;
  left: number;
}

let wanted: Wanted | null | undefined;

function read(): Wanted | null {
  const text = Deno.env.get("KAS_CRASH_AT") ?? "";
  if (text === "") return null;
  const [point = "", nth = "1"] = text.split(":");
  return { point, left: Number(nth) };
}

/** Dies here, by SIGKILL, when this passage is the one asked for. */
export function crashPoint(point: CrashPoint): void {
  if (wanted === undefined) wanted = read();
  if (wanted === null || wanted.point !== point) return;
  wanted.left -= 1;
  if (wanted.left === 0) Deno.kill(Deno.pid, "SIGKILL");
}
