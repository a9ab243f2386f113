/** The theme a person chose, kept in this browser. Small: it runs before the first paint. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = typeof THEMES[number];
const KEY = "kas.theme";

/** The stored choice. */
export function storedTheme(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ??
    "system";
}

/** Stores a choice. */
export function storeTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
}

/** Puts the stored choice in force. */
export function applyTheme(): void {
  const chosen = storedTheme();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
