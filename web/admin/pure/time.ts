/** Durations and moments as a person reads them. Pure: the clock is given. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in at most two units: "8s", "4m 10s", "3h 2m", "12d 4h". */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.floor(ms));
  if (whole < SECOND) return "0s";
  const units: readonly [string, number][] = [["d", DAY], ["h", HOUR], [
    "m",
    MINUTE,
  ], ["s", SECOND]];
  const first = units.findIndex(([, size]) => whole >= size);
  const [name, size] = units[first] ?? ["s", SECOND];
  const [nextName, nextSize] = units[first + 1] ?? ["", 0];
  const rest = nextSize === 0 ? 0 : Math.floor((whole % size) / nextSize);
  const head = `${Math.floor(whole / size)}${name}`;
  return rest === 0 ? head : `${head} ${rest}${nextName}`;
}

/** How long ago, in one unit: "now", "8s", "4m", "3h", "12d". */
export function ago(at: string | null, now: number): string {
  if (at === null) return "";
  const ms = now - Date.parse(at);
  if (Number.isNaN(ms)) return "";
  if (ms < 5 * SECOND) return "now";
  const text = duration(ms);
  return text.split(" ")[0] ?? text;
}

/** From one moment to another, or to now; "" before the first. */
export function between(
  from: string | null,
  to: string | null,
  now: number,
): string {
  if (from === null) return "";
  return duration((to === null ? now : Date.parse(to)) - Date.parse(from));
}

const two = (value: number): string => String(value).padStart(2, "0");

/** The time of day in local time: "14:03:09". */
export function clock(at: string): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Date and time in local time: "2026-01-02 14:03:09". */
export function stamp(at: string): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(at)}`;
}
