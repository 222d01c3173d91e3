// Runs before the first paint, so that a remembered theme does not flash; the button is in theme.js.
try {
  const remembered = localStorage.getItem("ccrs.theme");
  if (remembered === "light" || remembered === "dark") document.documentElement.dataset.theme = remembered;
} catch {
  // Storage may be forbidden; then the system's theme holds.
}
