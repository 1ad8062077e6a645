// Light, dark, or as the system says.

const THEMES = ["system", "light", "dark"];
const themeWatchers = [];

function chosenTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("nasbench-theme", theme);
  } catch {
    // Some browsers keep nothing for pages from disk; the choice then lasts for the page.
  }
  showTheme();
  themeWatchers.forEach((watcher) => watcher());
}

function showTheme() {
  const theme = chosenTheme();
  one("[data-theme-name]").textContent = theme;
  one("[data-theme-button]").setAttribute("aria-label", `Colours: ${theme}. Switch between system, light and dark`);
}

function startTheme() {
  showTheme();
  one("[data-theme-button]").addEventListener("click", () => {
    setTheme(THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    themeWatchers.forEach((watcher) => watcher());
  });
}

// Returns the value of a colour of the style sheet, as in colour("text").
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Returns a strategy's colour as it is readable on this page.
function readable(hex) {
  return hex.toUpperCase() === "#0072B2" ? colour("blue") : hex;
}

function isDark() {
  return getComputedStyle(document.documentElement).colorScheme === "dark";
}
