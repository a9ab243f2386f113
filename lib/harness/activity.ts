import type { Activity } from "../store/types.ts";

/**
 * What an agent's own hooks report of it: `kas hook <event>` writes it into the folder of the launch,
 * and harnesses read it where their best source says nothing. This is on the path of every step of
 * an agent, so it imports nothing, starts nothing and waits for nobody.
 */

type Reported = Extract<Activity, "busy" | "idle" | "asking">;

/** Events of the runtimes' hooks, in their spellings, and kas's own words. */
const ACTIVITY_OF: Readonly<Record<string, Reported>> = {
  busy: "busy",
  idle: "idle",
  asking: "asking",
  UserPromptSubmit: "busy",
  userPromptSubmitted: "busy",
  BeforeAgent: "busy",
  PreToolUse: "busy",
  PostToolUse: "busy",
  preToolUse: "busy",
  postToolUse: "busy",
  Stop: "idle",
  StopFailure: "idle",
  Interrupt: "idle",
  AfterAgent: "idle",
  agentStop: "idle",
  SessionEnd: "idle",
  sessionEnd: "idle",
  PermissionRequest: "asking",
  permissionRequest: "asking",
  Notification: "asking",
};

/** Events `kas hook` takes. */
export const HOOK_EVENTS: readonly string[] = Object.keys(ACTIVITY_OF);

const FILE = "activity.json";

/** What a hook reported last. */
export interface Report {
  readonly activity: Reported;
  readonly event: string;
  /** Ms. */
  readonly at: number;
}

/**
 * Writes what an event means into a launch's folder, in one step.
 * @returns false for an event that means nothing to kas
 */
export function reportEvent(launchDir: string, event: string, at = Date.now()): boolean {
  if (!Object.hasOwn(ACTIVITY_OF, event)) return false;
  const text = JSON.stringify({ activity: ACTIVITY_OF[event], event, at });
  const fresh = `${launchDir}/${FILE}.${Deno.pid}`;
  Deno.writeTextFileSync(fresh, text, { mode: 0o600 });
  Deno.renameSync(fresh, `${launchDir}/${FILE}`);
  return true;
}

/** What was reported last for a launch; null when nothing was, or not by kas. */
export async function reportedActivity(launchDir: string): Promise<Report | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${launchDir}/${FILE}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const { event, at } = objectIn(text);
  if (typeof event !== "string" || typeof at !== "number") return null;
  const activity = Object.hasOwn(ACTIVITY_OF, event) ? ACTIVITY_OF[event] : undefined;
  return activity === undefined ? null : { activity, event, at };
}

function objectIn(text: string): { event?: unknown; at?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/**
 * Tells the daemon on `socket` to look, without waiting for its answer. No daemon is no error: it
 * looks by itself every second.
 */
export async function nudge(socket: string): Promise<void> {
  let connection: Deno.UnixConn;
  try {
    connection = await Deno.connect({ transport: "unix", path: socket });
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.ConnectionRefused ||
      error instanceof Deno.errors.PermissionDenied;
    if (absent) return;
    throw error;
  }
  const request = "POST /v1/look HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n" +
    "connection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  connection.close();
}
