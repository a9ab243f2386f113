/** Times and durations as people read them. Pure. All inputs are milliseconds. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in at most two units: `850ms`, `12s`, `3m 05s`, `2h 07m`, `4d 03h`. */
export function formatDuration(ms: number): string {
  const span = Math.max(0, Math.round(ms));
  if (span < SECOND) return `${span}ms`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)}s`;
  if (span < HOUR) return pair(span, MINUTE, "m", SECOND, "s");
  if (span < DAY) return pair(span, HOUR, "h", MINUTE, "m");
  return pair(span, DAY, "d", HOUR, "h");
}

function pair(span: number, big: number, bigUnit: string, small: number, smallUnit: string) {
  const rest = String(Math.floor((span % big) / small)).padStart(2, "0");
  return `${Math.floor(span / big)}${bigUnit} ${rest}${smallUnit}`;
}

/** A moment seen from now, in one unit: `just now`, `12s ago`, `3m ago`, `5d ago`, `in 2h`. */
export function formatRelative(time: number, now: number = Date.now()): string {
  const span = Math.abs(now - time);
  if (span < SECOND) return "just now";
  const text = span < MINUTE
    ? `${Math.floor(span / SECOND)}s`
    : span < HOUR
    ? `${Math.floor(span / MINUTE)}m`
    : span < DAY
    ? `${Math.floor(span / HOUR)}h`
    : `${Math.floor(span / DAY)}d`;
  return time <= now ? `${text} ago` : `in ${text}`;
}
