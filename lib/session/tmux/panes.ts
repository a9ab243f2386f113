import { LAUNCHER_PREFIX } from "./launch.ts";

/** One agent's session, as tmux sees it. */
export interface PaneInfo {
  name: string;
  /** tmux's id of the pane ("%3"), unique for the life of the server. */
  pane: string;
  /** The agent's process, which leads its own process session. */
  pid: number;
  /** True once the agent's process has ended. */
  dead: boolean;
  exitCode: number | null;
  /** Such as "SIGKILL". Always null below tmux 3.3, which does not tell. */
  exitSignal: string | null;
  /** What the program set as title: hostile text without control characters. */
  title: string;
  /** Milliseconds since the epoch, to the second. */
  createdAt: number;
  /** Milliseconds since the epoch, to the second: the last output. */
  activityAt: number;
  /** Whether a person's terminal shows it now. */
  attached: boolean;
  /** The program in the foreground: hostile text. */
  command: string;
  width: number;
  height: number;
}

/** Numbers first, hostile text last. */
const FIELDS = [
  "session_name",
  "pane_id",
  "pane_pid",
  "pane_dead",
  "pane_dead_status",
  "pane_dead_signal",
  "version",
  "session_created",
  "window_activity",
  "session_attached",
  "pane_width",
  "pane_height",
  "pane_current_command",
  "pane_title",
] as const;

type Field = typeof FIELDS[number];

/** tmux tells the signal's number; these are the same on every system kas runs on. */
// deno-fmt-ignore
const SIGNALS: Record<string, string> = {
  1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 8: "SIGFPE",
  9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
};

/**
 * The format for list-panes that {@link parsePanes} reads. `mark` must be random: a process may
 * put anything, newlines included, into its own name.
 */
export function panesFormat(mark: string): string {
  const ours = `#{==:#{=${LAUNCHER_PREFIX.length}:pane_start_command},${LAUNCHER_PREFIX}}`;
  return [`${mark}>${ours}`, ...FIELDS.map((field) => `#{${field}}`)].join(mark);
}

/**
 * Reads the answer of list-panes. Panes that kas did not start (its control session, a split that
 * a person made) are left out, as are lines that are no record. `unreaped` tells that a pane's
 * terminal is closed and tmux does not yet know how its process ended.
 */
export function parsePanes(
  text: string,
  mark: string,
): { panes: PaneInfo[]; unreaped: boolean } {
  const panes: PaneInfo[] = [];
  let unreaped = false;
  for (const record of text.split(`${mark}>`).slice(1)) {
    const [ours, ...values] = record.replace(/\n$/, "").split(mark);
    if (ours !== "1" || values.length !== FIELDS.length) continue;
    const get = (field: Field) => values[FIELDS.indexOf(field)] ?? "";
    const pane = toPane(get);
    panes.push(pane);
    unreaped ||= get("pane_dead") === "1" && !pane.dead;
  }
  return { panes, unreaped };
}

function toPane(get: (field: Field) => string): PaneInfo {
  const status = get("pane_dead_status");
  const signal = get("pane_dead_signal");
  // A pane whose terminal closed is not dead before its process is; tmux 3.2 cannot tell.
  const told = status !== "" || signal !== "";
  return {
    name: get("session_name"),
    pane: get("pane_id"),
    pid: Number(get("pane_pid")),
    dead: told || (get("pane_dead") === "1" && get("version").startsWith("3.2")),
    exitCode: status === "" ? null : Number(status),
    exitSignal: signal === "" ? null : signalName(signal),
    title: get("pane_title"),
    createdAt: Number(get("session_created")) * 1000,
    activityAt: Number(get("window_activity")) * 1000,
    attached: Number(get("session_attached")) > 0,
    command: get("pane_current_command"),
    width: Number(get("pane_width")),
    height: Number(get("pane_height")),
  };
}

function signalName(signal: string): string {
  return SIGNALS[signal] ?? `SIG${signal.toUpperCase().replace(/^SIG/, "")}`;
}
