import { signal } from "@preact/signals";
import { applyTheme, storedTheme, storeTheme, type Theme, THEMES } from "./theme_stored.ts";

/** Light or dark; the system decides unless a person did. */

export { type Theme, THEMES };

export const theme = signal<Theme>(storedTheme());
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const system = signal(systemDark.matches);
systemDark.addEventListener("change", () => system.value = systemDark.matches);

/** Puts a theme in force, and keeps it in this browser. */
export function setTheme(next: Theme): void {
  theme.value = next;
  storeTheme(next);
  applyTheme();
}

/** Whether the page is dark now. */
export function isDark(): boolean {
  return theme.value === "system" ? system.value : theme.value === "dark";
}
