// The space explorer: axes, filters, points, and the architecture that is open.

const BEST_ROWS = 20;
// Blue to yellow over grey, which colour-blind readers tell apart; on dark pages the
// dark end is lifted.
const SCALE_ON_LIGHT = "Cividis";
const SCALE_ON_DARK = [[0, "#3d7fd6"], [0.5, "#a9a9a9"], [1, "#ffe945"]];

const FAMILIES = { accuracy: "Accuracy", cost: "Cost", latency: "Latency", energy: "Energy", proxy: "Proxies" };

// Offers the axes by family; latencies and energies say what was measured, and their units.
function fillAxes(select, axes, chosen) {
  const groups = Object.entries(FAMILIES).map(([family, label]) => {
    const own = axes.filter((axis) => axis.family === family);
    const units = new Set(own.map((axis) => axis.unit));
    const unit = family === "accuracy" ? "%, mean over seeds" : [...units][0]; // drawn in percent
    const shared = family !== "cost" && units.size === 1 ? ` (${unit})` : "";
    const options = own.map((axis) => element("option", { value: axis.key, selected: axis.key === chosen },
      shared ? axis.label : `${axis.label} (${axis.unit})`));
    return own.length ? element("optgroup", { label: `${label}${shared}` }, ...options) : "";
  });
  select.replaceChildren(...groups.filter(Boolean));
}

class Explorer {
  constructor(table) {
    this.table = table;
    this.place = one("[data-space]");
    this.chosen = -1;
    fillAxes(one('[data-axis="x"]'), table.axes, "flops");
    fillAxes(one('[data-axis="y"]'), table.axes, "test_accuracy");
    fillAxes(one('[data-axis="colour"]'), table.axes, "parameters");
    one('[data-axis="colour"]').prepend(element("option", { value: "" }, "none"));
    this.makeDecisions();
    this.listen();
  }

  makeDecisions() {
    const { space } = this.table;
    const boxes = space.choices.map((options, i) => {
      const name = space.edges ? `Edge ${space.edges[i].join(" → ")}` : `Decision ${i + 1}`;
      const select = element("select", { "data-decision": i });
      fillSelect(select, [["", "any"], ...options.map((option, code) => [String(code), option])], "");
      return element("label", {}, name, select);
    });
    one("[data-decisions]").replaceChildren(...boxes);
  }

  listen() {
    const again = () => this.show();
    for (const control of all("[data-axis], [data-points], [data-decision]")) control.addEventListener("change", again);
    for (const control of all("[data-text], [data-range]")) control.addEventListener("input", again);
    one("[data-reset]").addEventListener("click", () => {
      for (const control of all("[data-text], [data-range], [data-decision]")) control.value = "";
      this.show();
    });
    one("[data-open]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.openText(one("[data-open-text]").value);
    });
    this.place.addEventListener("keydown", (event) => this.walk(event));
    addEventListener("hashchange", () => this.openHash());
  }

  // On a phone there is no room for a scale.
  get narrow() {
    return this.place.clientWidth < 520;
  }

  axis(name) {
    return this.table.axis(one(`[data-axis="${name}"]`).value);
  }

  // Positions of the architectures that pass all filters and have both numbers.
  filtered() {
    const { table } = this;
    const classesOnly = one("[data-points]").value === "classes";
    const text = one("[data-text]").value.trim();
    const decisions = all("[data-decision]").filter((select) => select.value !== "")
      .map((select) => [Number(select.dataset.decision), Number(select.value)]);
    const bound = (name, otherwise) => {
      const { value } = one(`[data-range="${name}"]`);
      return value === "" ? otherwise : Number(value);
    };
    const [xLow, xHigh] = [bound("x-low", -Infinity), bound("x-high", Infinity)];
    const [yLow, yHigh] = [bound("y-low", -Infinity), bound("y-high", Infinity)];
    const found = [];
    for (let i = 0; i < table.length; i += 1) {
      const [x, y] = [this.xs[i], this.ys[i]];
      if (!(x >= xLow && x <= xHigh && y >= yLow && y <= yHigh)) continue;
      if (classesOnly && table.representatives[table.classOf[i]] !== table.index[i]) continue;
      if (decisions.length) {
        const options = table.options(i);
        if (decisions.some(([decision, code]) => options[decision] !== code)) continue;
      }
      if (text && !table.text(i).includes(text)) continue;
      found.push(i);
    }
    return found;
  }

  async show() {
    const { table } = this;
    const [x, y] = [this.axis("x"), this.axis("y")];
    [this.xs, this.ys] = [drawnValues(table, x), drawnValues(table, y)];
    one('[data-range-label="x"]').textContent = x.label;
    one('[data-range-label="y"]').textContent = y.label;
    this.shown = this.filtered();
    this.order = null;
    const dropped = one("[data-points]").value === "classes" ? table.representatives.length : table.length;
    one("[data-shown]").textContent = `${integer(this.shown.length)} of ${integer(dropped)} shown.`;
    this.listBest(y);
    try {
      await draw(this.place, () => this.traces(), () => this.layout());
      if (!this.listening) {
        this.listening = true;
        this.place.on("plotly_click", ({ points }) => this.clicked(points));
      }
    } catch (problem) {
      say(problem, this.place);
    }
  }

  clicked(points) {
    const hit = points.find((point) => point.data.name === "points");
    if (hit) this.open(this.shown[hit.pointIndex]);
  }

  traces() {
    const { table, shown, xs, ys } = this;
    const shade = this.axis("colour");
    const shades = shade && drawnValues(table, shade);
    const size = shown.length > 3000 ? 4 : shown.length > 300 ? 6 : 9;
    const traces = [{
      type: manyPoints(), mode: "markers", name: "points",
      x: Float64Array.from(shown, (i) => xs[i]), y: Float64Array.from(shown, (i) => ys[i]),
      marker: shade
        ? {
          size, opacity: 0.75, color: Float64Array.from(shown, (i) => shades[i]), colorscale: isDark() ? SCALE_ON_DARK : SCALE_ON_LIGHT,
          showscale: !this.narrow, colorbar: { title: { text: axisTitle(shade), side: "right" }, thickness: 12, exponentformat: "SI" },
        }
        : { size, opacity: 0.6, color: colour("blue") },
      hovertemplate: "%{y:.4~g} at %{x:,.4~g}<extra></extra>",
    }];
    if (hasFront(this.axis("x"), this.axis("y"))) {
      const front = paretoFront(xs, ys, shown);
      traces.push({
        type: "scatter", mode: "lines", name: "front", hoverinfo: "skip",
        x: front.map((i) => xs[i]), y: front.map((i) => ys[i]),
        line: { color: "#D55E00", width: 1.6, shape: "hv" },
      });
    }
    return traces;
  }

  // A ring around the open architecture; it moves without the points being drawn anew.
  ring() {
    const [xanchor, yanchor] = [this.xs[this.chosen], this.ys[this.chosen]];
    if (!Number.isFinite(xanchor) || !Number.isFinite(yanchor)) return [];
    return [{
      type: "circle", xsizemode: "pixel", ysizemode: "pixel", xanchor, yanchor,
      x0: -9, x1: 9, y0: -9, y1: 9, line: { width: 3, color: colour("text") },
    }];
  }

  layout() {
    const [x, y] = [this.axis("x"), this.axis("y")];
    const [across, up] = [x, y].map((axis) => axisLayout(axisTitle(axis), isLogarithmic(axis), axis.values));
    if (across.type === "linear") across.range = mainRange(this.xs, this.shown);
    if (up.type === "linear") up.range = mainRange(this.ys, this.shown);
    return layout(across, up, {
      hovermode: "closest", uirevision: `${x.key} ${y.key}`, shapes: this.ring(),
    });
  }

  open(position, quietly = false) {
    this.chosen = position;
    if (!quietly) history.replaceState(null, "", `#architecture=${this.table.index[position]}`);
    const test = this.table.axis("test_accuracy").values[this.table.classOf[position]];
    one("[data-said]").textContent = `Opened ${this.table.text(position)}, test accuracy ${percent(test)}`;
    showDetail(one("[data-detail]"), this.table, position, (other) => this.open(other));
    if (this.listening) window.Plotly.relayout(this.place, { shapes: this.ring() });
  }

  openText(text) {
    const position = this.table.find(text);
    if (position >= 0) this.open(position);
    else say(new Error(`${this.table.name} holds no architecture ${text}; write its text form or its index`), one("[data-detail]"));
  }

  openHash() {
    const found = /^#architecture=(\d+)$/.exec(location.hash);
    if (found) this.openText(found[1]);
    return Boolean(found);
  }

  // Arrow keys go from point to point in the order of x.
  walk(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, PageDown: 100, PageUp: -100, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || !this.shown.length) return;
    event.preventDefault();
    this.order ??= [...this.shown].sort((a, b) => this.xs[a] - this.xs[b] || this.ys[a] - this.ys[b]);
    const here = this.order.indexOf(this.chosen);
    this.open(this.order[Math.min(Math.max(here + step, 0), this.order.length - 1)]);
  }

  // The best of the shown classes by the axis up, each class once.
  listBest(y) {
    const { table } = this;
    const sign = y.family === "accuracy" || y.family === "proxy" ? -1 : 1;
    const seen = new Map();
    for (const i of this.shown) if (!seen.has(table.classOf[i])) seen.set(table.classOf[i], i);
    const best = [...seen.values()].sort((a, b) => sign * (this.ys[a] - this.ys[b]) || a - b).slice(0, BEST_ROWS);
    const keys = [...new Set([y.key, "validation_accuracy", "test_accuracy", this.axis("x").key, "parameters", "flops"])];
    const axes = keys.map((key) => table.axis(key));
    const rows = best.map((position) => {
      const button = element("button", { type: "button", "data-open-row": table.index[position] }, table.text(position));
      button.addEventListener("click", () => {
        this.open(position);
        one("#architecture").scrollIntoView();
      });
      const cells = axes.map((axis) => element("td", {}, axisValue(axis, axis.values[table.classOf[position]])));
      return element("tr", {}, element("td", { class: "text" }, button), ...cells);
    });
    fillTable(one("[data-best]"), ["Architecture", ...axes.map((axis) => axis.label)], rows);
    one("#list-title").textContent = `The ${sign < 0 ? "largest" : "smallest"} by ${y.label.toLowerCase()}, of those shown`;
  }
}

async function startExplorer() {
  const slug = one('meta[name="nasbench-table"]').content;
  await painted();
  const explorer = new Explorer(await openTable(slug));
  await explorer.show();
  if (explorer.openHash()) return;
  const { table, ys } = explorer;
  let best = explorer.shown[0];
  for (const i of explorer.shown) if (ys[i] > ys[best]) best = i;
  if (best !== undefined) explorer.open(best, true);
  document.documentElement.dataset.ready = table.name;
}
