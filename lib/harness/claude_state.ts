import { isObject, type JsonObject, parseObject, readIfThere } from "./files.ts";
import { isAncestor, startTime } from "./process_info.ts";
import type { AgentState, StateQuery } from "./types.ts";

/** Where the session files are: the profile may have moved claude's folder. */
export function placeFile(launchDir: string): string {
  return `${launchDir}/claude.json`;
}

/** The state from the file claude keeps for each running session. */
export async function claudeState({ launchDir, pid }: StateQuery): Promise<AgentState> {
  const place = await readIfThere(placeFile(launchDir));
  if (place === null) {
    return { activity: "unknown", evidence: "no claude file in the launch folder" };
  }
  const { sessions } = parseObject(place, `"${placeFile(launchDir)}"`);
  const found = await sessionOf(String(sessions), pid);
  if (found === null) return { activity: "starting", evidence: "no session file yet" };
  if (found.status === undefined) {
    return { activity: "starting", evidence: "session file: no status yet" };
  }
  const { status, waitingFor } = found;
  const evidence = `session file: ${status}${
    typeof waitingFor === "string" ? `, ${waitingFor}` : ""
  }`;
  switch (status) {
    case "busy":
      return { activity: "busy", evidence };
    case "waiting":
      return { activity: "asking", evidence };
    case "idle":
      return { activity: isBeforePrompt(found) ? "starting" : "idle", evidence };
    default:
      return { activity: "unknown", evidence };
  }
}

/**
 * Claude says `idle` for a moment before it takes the prompt it was started with. Idle since its first
 * second counts as that for its first five.
 */
function isBeforePrompt({ startedAt, statusUpdatedAt }: JsonObject): boolean {
  const start = Number(startedAt);
  return Number(statusUpdatedAt) - start < 1_000 && Date.now() - start < 5_000;
}

/**
 * The session file of a process, or of one below it when claude was started through a wrapper. A file
 * may be stale (SIGKILL leaves it) and its pid taken by another, so the start time must fit.
 */
export async function sessionOf(dir: string, pid: number): Promise<JsonObject | null> {
  const own = await readSession(dir, pid);
  if (own !== null) return own;
  try {
    for await (const { name } of Deno.readDir(dir)) {
      const other = Number(/^(\d+)\.json$/.exec(name)?.[1]);
      if (Number.isNaN(other) || !await isAncestor(pid, other)) continue;
      const session = await readSession(dir, other);
      if (session !== null) return session;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return null;
}

async function readSession(dir: string, pid: number): Promise<JsonObject | null> {
  const text = await readIfThere(`${dir}/${pid}.json`);
  // claude rewrites the file in place: half of it is no news, the next look gets the whole
  const session = text === null ? null : parsed(text);
  if (!isObject(session) || session.pid !== pid) return null;
  const started = await startTime(pid);
  return started === null || session.procStart === undefined || session.procStart === started
    ? session
    : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
