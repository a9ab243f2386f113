// Before the first paint, so that a dark page does not flash.
try {
  const theme = localStorage.getItem("kas-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch (error) {
  // No storage: the system's colours.
  if (!(error instanceof DOMException)) throw error;
}
document.documentElement.classList.add("script");
