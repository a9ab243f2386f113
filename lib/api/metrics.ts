import { VERSION } from "../version.ts";
import type { ApiContext } from "./context.ts";
import { METHODS } from "./schema/route.ts";

/** Numbers of this server, as Prometheus reads them. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */

const KNOWN: ReadonlySet<string> = new Set([...METHODS, "HEAD", "OPTIONS"]);

/** Answers so far, by the class of their status, and requests that have none yet. */
export class Counts {
  readonly #answers = new Map<string, Map<number, number>>();
  #underWay = 0;

  /** Requests that are being answered. */
  get underWay(): number {
    return this.#underWay;
  }

  /** A request is being answered; {@link end} follows. */
  begin(): void {
    this.#underWay += 1;
  }

  /** Counts one answer. */
  end(given: string, status: number): void {
    this.#underWay -= 1;
    // Anybody may make up methods.
    const method = KNOWN.has(given) ? given : "other";
    let ofMethod = this.#answers.get(method);
    if (ofMethod === undefined) this.#answers.set(method, ofMethod = new Map());
    ofMethod.set(status, (ofMethod.get(status) ?? 0) + 1);
  }

  /** Method, status, number. */
  *entries(): Iterable<readonly [string, string, number]> {
    for (const [method, statuses] of this.#answers) {
      for (const [status, count] of statuses) yield [method, String(status), count];
    }
  }
}

type Labels = Readonly<Record<string, string>>;

/** All metrics as text. */
export async function metricsText(context: ApiContext, counts: Counts): Promise<string> {
  const { store } = context;
  const lines: string[] = [];
  const metric = (
    name: string,
    kind: "gauge" | "counter",
    help: string,
    values: readonly (readonly [Labels, number])[],
  ): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const [labels, value] of values) lines.push(`${name}${labelText(labels)} ${value}`);
  };
  const keys = new Map((await store.projects()).map(({ id, key }) => [id, key]));
  const tasks = await store.taskCounts();
  const sessions = await store.sessions({ statuses: ["starting", "running", "paused"] });
  const perStatus = new Map<string, number>();
  for (const { status } of sessions) perStatus.set(status, (perStatus.get(status) ?? 0) + 1);
  metric("kas_info", "gauge", "Version of kas", [[{ version: VERSION }, 1]]);
  metric(
    "kas_tasks",
    "gauge",
    "Tasks by project and status",
    tasks.map((row) => [{ project: keys.get(row.projectId) ?? "", status: row.status }, row.tasks]),
  );
  metric(
    "kas_instances",
    "gauge",
    "Instances that live, by status",
    [...perStatus].map(([status, count]) => [{ status }, count]),
  );
  const open = (await store.decisions({ status: "open" })).length;
  metric("kas_decisions_open", "gauge", "Questions that wait for a person", [[{}, open]]);
  for (const status of ["pending", "processing", "failed"] as const) {
    const count = (await store.signals({ statuses: [status], limit: 10_000 })).length;
    metric(`kas_signals_${status}`, "gauge", `Signals that are ${status}`, [[{}, count]]);
  }
  metric("kas_events_total", "counter", "Events ever written", [[{}, await store.lastEventId()]]);
  const daemon = await context.daemon.state();
  metric("kas_daemon_up", "gauge", "1 when the daemon runs", [[{}, daemon === null ? 0 : 1]]);
  metric(
    "kas_http_requests_total",
    "counter",
    "Requests answered, by method and status",
    [...counts.entries()].map(([method, status, count]) => [{ method, status }, count]),
  );
  metric("kas_resident_memory_bytes", "gauge", "Memory of this process", [
    [{}, Deno.memoryUsage().rss],
  ]);
  metric("kas_start_time_seconds", "gauge", "When this process began", [
    [{}, Math.round(context.startedAt / 1000)],
  ]);
  return lines.join("\n") + "\n";
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => {
    const text = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    return `${name}="${text}"`;
  });
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}
