// Tables whose headings sort, and the filter over strategies.

function sortValue(row, column) {
  const text = row.children[column].dataset.value;
  const number = Number(text);
  return text !== "" && !Number.isNaN(number) ? number : text;
}

// Missing values stay below, whatever the direction.
function compareCells(first, second, direction) {
  if (first === "" || second === "") return (first === "") - (second === "");
  if (typeof first === "number" && typeof second === "number") return direction * (first - second);
  return direction * String(first).localeCompare(String(second), "en");
}

function sortBy(table, heading) {
  const headings = all("thead th", table);
  const column = headings.indexOf(heading);
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  const body = one("tbody", table);
  const rows = [...body.children];
  rows.sort((a, b) => compareCells(sortValue(a, column), sortValue(b, column), ascending ? 1 : -1));
  headings.forEach((other) => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  body.append(...rows);
}

function startTables() {
  for (const table of all("table.sortable")) {
    for (const button of all("thead button", table)) {
      button.addEventListener("click", () => sortBy(table, button.closest("th")));
    }
  }
}

function startRanking() {
  const benchmark = one("[data-benchmark]");
  const filter = one("[data-filter]");
  const update = () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const panel of all("[data-benchmark-panel]")) {
      panel.hidden = panel.dataset.benchmarkPanel !== benchmark.value;
      const rows = all("tbody tr", panel);
      for (const row of rows) row.hidden = !row.dataset.strategy.toLowerCase().includes(wanted);
      const shown = rows.filter((row) => !row.hidden).length;
      if (!panel.hidden) one("[data-count]").textContent = `${shown} of ${rows.length} strategies`;
    }
  };
  benchmark.addEventListener("change", update);
  filter.addEventListener("input", update);
  update();
}
