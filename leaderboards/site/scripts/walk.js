// A run as a walk: what it evaluated, step by step, among all that it could have.

class Walk {
  constructor(stored, looks) {
    this.stored = stored;
    this.look = looks;
    this.position = 1;
    this.place = one("[data-walk-plot]");
    const label = (walk) => `${walk.benchmark}, seed ${walk.seed}`;
    fillSelect(one("[data-walk]"), stored.walks.map((walk, i) => [String(i), label(walk)]), "0");
    one("[data-walk]").addEventListener("change", () => this.choose());
    one("[data-walk-axis]").addEventListener("change", () => this.show());
    one("[data-position]").addEventListener("input", (event) => this.go(Number(event.target.value)));
    one("[data-play]").addEventListener("click", () => this.play());
    for (const button of all("[data-step]")) button.addEventListener("click", () => this.step(button.dataset.step));
  }

  get run() {
    return this.stored.walks[Number(one("[data-walk]").value)];
  }

  async choose() {
    this.stop();
    const { run } = this;
    this.table = run.table ? await openTable(run.table) : null;
    this.layers = layerLists(run.layers);
    this.bests = [];
    run.steps.forEach((_, i) => {
      const before = i ? this.bests[i - 1] : -1;
      const counts = run.accuracies && run.accuracies[i] !== null && run.epochs[i] === run.full;
      this.bests.push(counts && (before < 0 || run.accuracies[i] > run.accuracies[before]) ? i : before);
    });
    const axes = this.table ? this.table.axes.filter((axis) => axis.family !== "accuracy") : [];
    const chosen = one("[data-walk-axis]").value || (this.table ? "flops" : "");
    fillSelect(one("[data-walk-axis]"), [["", "evaluations"], ...axes.map((axis) => [axis.key, axis.label])], chosen);
    one("[data-position]").max = run.steps.length;
    this.position = Math.min(this.position, run.steps.length);
    this.listSteps();
    this.show();
  }

  xs(axis) {
    const { run, table } = this;
    if (!axis) return run.steps.map((_, i) => i + 1);
    this.places ??= new Map();
    return run.steps.map((code) => {
      const text = run.architectures[code];
      if (!this.places.has(text)) this.places.set(text, table.find(text));
      return axis.values[table.classOf[this.places.get(text)]];
    });
  }

  traces() {
    const { run, table, look } = this;
    const axis = table?.axis(one("[data-walk-axis]").value);
    const xs = this.xs(axis).slice(0, this.position);
    const ys = (run.accuracies ?? []).slice(0, this.position);
    const traces = [];
    if (axis) {
      const accuracy = drawnValues(table, table.axis("validation_accuracy"));
      traces.push({
        type: manyPoints(), mode: "markers", x: drawnValues(table, axis), y: accuracy, hoverinfo: "skip",
        marker: { size: table.length > 3000 ? 3 : 7, color: colour("quiet"), opacity: table.length > 3000 ? 0.25 : 0.35 },
      });
    }
    const names = run.steps.slice(0, this.position).map((_, i) => `evaluation ${i + 1}`);
    traces.push({
      type: "scatter", mode: "lines+markers", x: xs, y: ys, text: names,
      line: { color: translucent(readable(look.colour), 0.35), width: 1 },
      marker: { color: readable(look.colour), symbol: look.symbol, size: 7 },
      hovertemplate: "%{text}: %{y:.2f} %<extra></extra>",
    });
    const mark = (at, symbol, size) => traces.push({
      type: "scatter", mode: "markers", hoverinfo: "skip", x: at < 0 ? [] : [xs[at]], y: at < 0 ? [] : [ys[at]],
      marker: { symbol, size, color: colour("text"), line: { width: 2.5 } },
    });
    mark(this.position - 1, "circle-open", 16);
    mark(this.bests[this.position - 1], "star-open", 20);
    return traces;
  }

  show() {
    const axis = this.table?.axis(one("[data-walk-axis]").value);
    one("[data-position]").value = this.position;
    draw(this.place, () => this.traces(), () => layout(
      axis ? axisLayout(axisTitle(axis), isLogarithmic(axis))
        : { ...axisLayout("evaluations"), range: [0, this.run.steps.length + 1] },
      axisLayout("validation accuracy (%)"), { hovermode: "closest", uirevision: "walk" },
    )).catch((problem) => say(problem, this.place));
    this.showNow();
  }

  showNow() {
    const { run, table } = this;
    const at = this.position - 1;
    const text = run.architectures[run.steps[at]];
    const value = run.accuracies?.[at];
    const best = this.bests[at];
    const said = [
      `Evaluation ${this.position} of ${run.steps.length}: `,
      value === null || value === undefined ? "no accuracy" : `${value.toFixed(2)} %`,
      ` after ${run.epochs[at]} epochs. `,
      best === at ? "The new incumbent." : best < 0 ? "" : `The incumbent is from evaluation ${best + 1}, ${run.accuracies[best].toFixed(2)} %.`,
    ];
    const picture = run.space ? drawn(run.space, text, this.layers?.[run.steps[at]]) : "";
    const place = table?.find(text) ?? -1;
    const form = place >= 0
      ? element("a", { href: `explorer-${run.table}.html#architecture=${table.index[place]}` }, text) : text;
    one("[data-walk-now]").replaceChildren(
      element("p", { "data-now": true }, said.join("")), element("p", { class: "form" }, form), picture);
    all("[data-walk-table] tbody tr").forEach((row, i) => row.classList.toggle("now", i === at));
  }

  listSteps() {
    const { run } = this;
    const rows = run.steps.map((code, i) => element("tr", {},
      element("th", { scope: "row", class: "name" }, String(i + 1)),
      element("td", { class: "text" }, run.architectures[code]),
      element("td", {}, String(run.epochs[i])),
      element("td", {}, Number.isFinite(run.accuracies?.[i]) ? `${run.accuracies[i].toFixed(2)} %` : MISSING)));
    fillTable(one("[data-walk-table]"), ["Evaluation", "Architecture", "Epochs", "Validation accuracy"], rows);
  }

  go(position) {
    this.position = Math.min(Math.max(position, 1), this.run.steps.length);
    this.show();
  }

  step(where) {
    this.stop();
    this.go({ first: 1, back: this.position - 1, on: this.position + 1, last: this.run.steps.length }[where]);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    one("[data-play]").textContent = "Play";
  }

  play() {
    if (this.timer) {
      this.stop();
      return;
    }
    if (this.position === this.run.steps.length) this.position = 1;
    one("[data-play]").textContent = "Pause";
    this.timer = setInterval(() => {
      this.go(this.position + 1);
      if (this.position === this.run.steps.length) this.stop();
    }, 350);
  }
}

async function startWalk() {
  const slug = one('meta[name="nasbench-strategy"]').content;
  await painted();
  const stored = await need(`walk-${slug}`);
  const walk = new Walk(stored, stored.look);
  walk.position = Number.MAX_SAFE_INTEGER;
  await walk.choose();
}
