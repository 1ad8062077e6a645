// The figures of the statistics: lines of shares, by scope; panels that follow the choice.

const FIRST_LINES = 6;
const TABLE_ROWS = 11;

function shareTraces(figure, looks, state) {
  const traces = [];
  const inPercent = (values) => values.map((value) => (value === null ? null : 100 * value));
  for (const [name, line] of Object.entries(figure.lines)) {
    const entry = state.get(name);
    if (!entry?.shown) continue;
    const look = looks[name];
    if (entry.band && line.low) {
      const edge = { x: figure.grid, mode: "lines", line: { width: 0, shape: "hv" }, hoverinfo: "skip" };
      traces.push({ ...edge, y: inPercent(line.low) });
      traces.push({ ...edge, y: inPercent(line.high), fill: "tonexty", fillcolor: translucent(readable(look.colour), 0.16) });
    }
    traces.push({
      x: figure.grid, y: inPercent(line.value), name, mode: "lines",
      line: { color: readable(look.colour), dash: look.dash, width: 2.2, shape: "hv" },
      hovertemplate: "%{y:.1f} % at %{x:,.4~g}",
    });
  }
  return traces;
}

// Some columns of the figure as a table: evenly spread, with the last.
function shareTable(table, figure, order) {
  const last = figure.grid.length - 1;
  const places = [...new Set(Array.from({ length: TABLE_ROWS }, (_, i) => Math.round((i * last) / (TABLE_ROWS - 1))))];
  const cell = (line, place) => {
    const known = line.low && line.low[place] !== null; // of one search there is none
    const bounds = known ? `${(100 * line.low[place]).toFixed(0)}–${(100 * line.high[place]).toFixed(0)}` : "";
    return element("td", {}, `${(100 * line.value[place]).toFixed(1)} %`, element("small", {}, bounds));
  };
  const rows = order.map((name) => element("tr", {},
    element("th", { scope: "row", class: "name" }, name),
    ...places.map((place) => cell(figure.lines[name], place))));
  fillTable(table, [figure.label, ...places.map((place) => significant(figure.grid[place]))], rows);
}

class ShareFigure {
  constructor(stored, figures, selectors) {
    Object.assign(this, { figures, looks: stored.looks, state: new Map(), bands: selectors.bands });
    this.place = one(selectors.place);
    this.toggles = one(selectors.toggles);
    this.table = one(selectors.table);
    this.kind = selectors.kind && one(selectors.kind);
    this.kind?.addEventListener("change", () => this.show());
  }

  // Begins with the strategies that stand first in the order of the scope.
  choose(scope, order) {
    this.own = this.figures.filter((figure) => figure.scope === scope);
    this.order = order;
    if (this.kind) fillSelect(this.kind, this.own.map(({ kind, label }) => [kind, label]), this.kind.value);
    this.lines("best");
  }

  lines(which) {
    this.order.forEach((name, i) => {
      const shown = which === "all" || (which === "best" && i < FIRST_LINES);
      this.state.set(name, { shown, band: this.bands && i < 2 });
    });
    this.show();
  }

  get figure() {
    return this.own.find((figure) => !this.kind || figure.kind === this.kind.value) ?? this.own[0];
  }

  show() {
    const { figure } = this;
    const again = () => this.redraw();
    const boxes = curveToggles(this.order, this.looks, this.state, again);
    if (!this.bands) boxes.forEach((box) => one(".band", box).remove());
    this.toggles.replaceChildren(...boxes);
    shareTable(this.table, figure, this.order);
    this.redraw();
  }

  redraw() {
    const { figure } = this;
    draw(this.place, () => shareTraces(figure, this.looks, this.state), () => layout(
      axisLayout(figure.label, this.kind !== undefined),
      { ...axisLayout(this.kind ? "targets reached (%)" : "runs (%)"), range: [-3, 103] },
    )).catch((problem) => say(problem, this.place));
  }
}

function followScope(figures, order) {
  const selects = all("[data-scope]");
  const choose = (slug, name) => {
    for (const select of selects) select.value = slug;
    for (const panel of all("[data-scope-panel]")) panel.hidden = panel.dataset.scopePanel !== slug;
    for (const figure of figures) figure.choose(name, order[name]);
  };
  for (const select of selects) {
    select.addEventListener("change", () => choose(select.value, select.selectedOptions[0].dataset.name));
  }
  choose(selects[0].value, selects[0].selectedOptions[0].dataset.name);
}

async function startStatistics() {
  await painted();
  const stored = await need("statistics");
  const profile = new ShareFigure(stored, stored.profiles, {
    place: "[data-profiles]", toggles: "[data-profile-toggles]", table: "[data-profile-table]", bands: true,
  });
  const targets = new ShareFigure(stored, stored.targets, {
    place: "[data-targets]", toggles: "[data-target-toggles]", table: "[data-target-table]", kind: "[data-target-axis]", bands: false,
  });
  followScope([profile, targets], stored.order);
  for (const button of all("[data-figure-lines]")) {
    button.addEventListener("click", () => [profile, targets].forEach((figure) => figure.lines(button.dataset.figureLines)));
  }
}
