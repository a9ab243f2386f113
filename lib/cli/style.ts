/** Colours for terminals: off when NO_COLOR is set, TERM is dumb, or the stream is not a terminal. */

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

/** Name of a look. */
export type StyleName = keyof typeof CODES;

/** One function for each look; each returns its text unchanged when colours are off. */
export type Style = Readonly<Record<StyleName, (text: string) => string>> & {
  readonly enabled: boolean;
};

/** Builds the colour functions, either real or inert. */
export function createStyle(enabled: boolean): Style {
  const paint = (name: StyleName) => (text: string): string => {
    const [on, off] = CODES[name];
    return enabled && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  };
  return {
    enabled,
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    blue: paint("blue"),
    magenta: paint("magenta"),
    cyan: paint("cyan"),
  };
}

/**
 * Whether a stream may be coloured.
 * @see https://no-color.org: any non-empty NO_COLOR turns colours off
 */
export function colorAllowed(
  stream: { isTerminal(): boolean },
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): boolean {
  return (env("NO_COLOR") ?? "") === "" && env("TERM") !== "dumb" && stream.isTerminal();
}

let out: Style | undefined;
let err: Style | undefined;

/** Colours for stdout. Decided once, at first use. */
export function outStyle(): Style {
  return out ??= createStyle(colorAllowed(Deno.stdout));
}

/** Colours for stderr. Decided once, at first use. */
export function errStyle(): Style {
  return err ??= createStyle(colorAllowed(Deno.stderr));
}
