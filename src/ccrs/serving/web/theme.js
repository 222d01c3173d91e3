// Light or dark: the system's choice until the button is pressed, then remembered.
import { remember } from "./storage.js";

const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : systemDark.matches;
}

/** Makes a button switch between light and dark; its name says what a press brings. */
export function themeButton(button, name) {
  const tell = () => {
    name.textContent = isDark() ? "Light colours" : "Dark colours";
    button.title = name.textContent;
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    remember("localStorage", "ccrs.theme", document.documentElement.dataset.theme);
    tell();
  });
  systemDark.addEventListener("change", tell);
  tell();
}
