// Before the first paint, so that a dark page does not flash.
try {
  const theme = localStorage.getItem("kas-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's colours.
}
document.documentElement.classList.add("script");
