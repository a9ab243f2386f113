/**
 * The text below a frontmatter block, without byte order mark and with plain line breaks. A first
 * `---` without a second one is a rule and stays.
 */
export function bodyOf(text: string): string {
  const lines = text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n").split("\n");
  if (lines[0]?.trimEnd() !== "---") return lines.join("\n");
  const end = lines.findIndex((line, i) => i > 0 && /^(---|\.\.\.)\s*$/.test(line));
  return end < 0 ? lines.join("\n") : lines.slice(end + 1).join("\n").replace(/^\n+/, "");
}
