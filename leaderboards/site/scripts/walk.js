// A run as a walk: what it evaluated, step by step, among all that it could have.

class Walk {
  constructor(stored, looks) {
    this.stored = stored;
    this.look = looks;
    this.position = 1;
    this.place = one("[data-walk-plot]");
    const benchmarks = stored.walks.map((walk, i) => [String(i), walk.benchmark]);
    fillSelect(one("[data-walk-benchmark]"), benchmarks, "0");
    one("[data-walk-benchmark]").addEventListener("change", () => {
      this.listSeeds();
      this.choose();
    });
    one("[data-walk]").addEventListener("change", () => this.choose());
    this.listSeeds();
    one("[data-walk-axis]").addEventListener("change", () => this.show());
    one("[data-position]").addEventListener("input", (event) => this.go(Number(event.target.value)));
    one("[data-play]").addEventListener("click", () => this.play());
    for (const button of all("[data-step]")) button.addEventListener("click", () => this.step(button.dataset.step));
  }

  get walk() {
    return this.stored.walks[Number(one("[data-walk-benchmark]").value)];
  }

  get run() {
    return this.walk.runs.find(({ seed }) => String(seed) === one("[data-walk]").value);
  }

  listSeeds() {
    const kept = one("[data-walk]").value;
    const { runs } = this.walk;
    const label = ({ seed, whole }) => `${seed}: ${whole ? "all evaluations" : "incumbents"}`;
    const chosen = runs.some(({ seed }) => String(seed) === kept) ? kept : String(runs[0].seed);
    fillSelect(one("[data-walk]"), runs.map((run) => [String(run.seed), label(run)]), chosen);
  }

  async choose() {
    this.stop();
    const { run, walk } = this;
    this.table = walk.table ? await openTable(walk.table) : null;
    this.layers = layerLists(walk.layers);
    this.places = new Map();
    const last = (evaluation) => run.incumbents.findLastIndex((from) => from <= evaluation);
    this.bests = run.at.map((evaluation) => run.at.indexOf(run.incumbents[last(evaluation)]));
    const axes = this.table ? this.table.axes.filter((axis) => axis.family !== "accuracy") : [];
    const chosen = one("[data-walk-axis]").value || (this.table ? "flops" : "");
    fillSelect(one("[data-walk-axis]"), [["", "evaluations"], ...axes.map((axis) => [axis.key, axis.label])], chosen);
    one("[data-position]").max = run.steps.length;
    this.position = Math.min(this.position, run.steps.length);
    this.listSteps();
    this.show();
  }

  xs(axis) {
    const { run, walk, table } = this;
    if (!axis) return run.at;
    return run.steps.map((code) => {
      const text = walk.architectures[code];
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
    const names = run.at.slice(0, this.position).map((at) => `evaluation ${at}`);
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

  // Where most of the space lies, with all that this run evaluated.
  heights(axis) {
    const accuracies = (this.run.accuracies ?? []).filter(Number.isFinite);
    if (!axis || !accuracies.length) return undefined;
    const everywhere = drawnValues(this.table, this.table.axis("validation_accuracy"));
    const range = mainRange(everywhere, everywhere.keys());
    return range && [Math.min(range[0], ...accuracies.map((value) => value - 1)), range[1]];
  }

  show() {
    const axis = this.table?.axis(one("[data-walk-axis]").value);
    one("[data-position]").value = this.position;
    draw(this.place, () => this.traces(), () => layout(
      axis ? axisLayout(axisTitle(axis), isLogarithmic(axis), axis.values)
        : { ...axisLayout("evaluations"), range: [0, Math.max(...this.run.at) + 1] },
      { ...axisLayout("validation accuracy (%)"), range: this.heights(axis) }, { hovermode: "closest", uirevision: "walk" },
    )).catch((problem) => say(problem, this.place));
    this.showNow();
  }

  showNow() {
    const { run, walk, table } = this;
    const at = this.position - 1;
    const text = walk.architectures[run.steps[at]];
    const value = run.accuracies?.[at];
    const best = this.bests[at];
    const said = [
      run.whole ? `Evaluation ${run.at[at]} of ${run.at.at(-1)}: ` : `Incumbent ${this.position} of ${run.steps.length}, from evaluation ${run.at[at]} on: `,
      value === null || value === undefined ? "no accuracy" : `${value.toFixed(2)} %`,
      run.epochs ? ` after ${run.epochs[at]} epochs. ` : " after the full training. ",
      !run.whole ? "" : best === at ? "The new incumbent." : best < 0 ? "" : `The incumbent is from evaluation ${run.at[best]}, ${run.accuracies?.[best]?.toFixed(2) ?? MISSING} %.`,
    ];
    const picture = walk.space ? drawn(walk.space, text, this.layers?.[run.steps[at]]) : "";
    const place = table?.find(text) ?? -1;
    const form = place >= 0
      ? element("a", { href: `explorer-${walk.table}.html#architecture=${table.index[place]}` }, text) : text;
    one("[data-walk-now]").replaceChildren(
      element("p", { "data-now": true }, said.join("")), element("p", { class: "form" }, form), picture);
    all("[data-walk-table] tbody tr").forEach((row, i) => row.classList.toggle("now", i === at));
  }

  listSteps() {
    const { run, walk } = this;
    const rows = run.steps.map((code, i) => element("tr", {},
      element("th", { scope: "row", class: "name" }, String(run.at[i])),
      element("td", { class: "text" }, walk.architectures[code]),
      element("td", {}, String(run.epochs?.[i] ?? walk.full ?? MISSING)),
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
