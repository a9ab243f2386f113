/** A TOML basic string: JSON's escapes are TOML's, but DEL must be escaped as well. */
export function tomlString(text: string): string {
  // a lone surrogate is no character, and codex would refuse the whole value
  return JSON.stringify(text.toWellFormed()).replaceAll("\x7f", "\\u007f");
}

/** An array of strings. */
export function tomlStrings(items: readonly string[]): string {
  return tomlArray(items.map(tomlString));
}

/** An array of values that are TOML already. */
export function tomlArray(items: readonly string[]): string {
  return `[${items.join(",")}]`;
}

/** An inline table of values that are TOML already. */
export function tomlTable(entries: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(entries).map(([key, value]) => `${tomlString(key)}=${value}`);
  return `{${pairs.join(",")}}`;
}

/** An inline table of strings. */
export function tomlTexts(entries: Readonly<Record<string, string>>): string {
  return tomlTable(
    Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, tomlString(text)])),
  );
}
