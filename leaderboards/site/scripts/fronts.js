// What the strategies of a board with several objectives found, and the exact front.

// Costs on x grow to the right; y is what is to be large.
function frontTrace(points, x, y, look, name) {
  const xs = points.map((point) => point[x]);
  const ys = points.map((point) => point[y]);
  const kept = paretoFront(xs, ys, xs.keys());
  return {
    x: kept.map((i) => xs[i]), y: kept.map((i) => ys[i]), name, mode: "lines+markers",
    line: { color: readable(look.colour), dash: look.dash, width: 1.6, shape: "hv" },
    marker: { symbol: look.symbol, size: 7, color: readable(look.colour) },
    hovertemplate: "%{y:.4~g} at %{x:,.4~g}",
  };
}

async function startFronts() {
  const place = one("[data-fronts]");
  const [board, fronts] = await Promise.all([need("board"), need("fronts")]);
  const [benchmarkSelect, objectiveSelect] = [one("[data-front-benchmark]"), one("[data-front-objective]")];
  const names = fronts.benchmarks.map((one) => one.name);
  fillSelect(benchmarkSelect, names.map((name) => [name, name]), names[0]);
  const against = fronts.objectives.map((label, i) => [String(i), label]).slice(1);
  fillSelect(objectiveSelect, against, against[0][0]);
  const state = new Map();
  const chosen = () => fronts.benchmarks.find((one) => one.name === benchmarkSelect.value);
  const traces = () => {
    const x = Number(objectiveSelect.value);
    const drawn = chosen().strategies.filter(({ name }) => state.get(name));
    const found = drawn.map(({ name, points }) => frontTrace(points, x, 0, board.looks[name], name));
    const exact = { colour: colour("text"), dash: "solid", symbol: "circle-open" };
    return chosen().exact ? [...found, frontTrace(chosen().exact, x, 0, exact, "exact front")] : found;
  };
  const range = () => {
    const values = traces().flatMap(({ y }) => y).sort((a, b) => a - b);
    const [middle, high] = [values[Math.floor(values.length / 4)], values.at(-1)];
    const far = values[0] < middle - 3 * (high - middle) && high > middle;
    return far ? [middle - 1.5 * (high - middle), high + 0.2 * (high - middle)] : undefined;
  };
  const redraw = () => draw(place, traces, () => layout(
    axisLayout(fronts.objectives[Number(objectiveSelect.value)], true, traces().flatMap(({ x }) => x)),
    { ...axisLayout(fronts.objectives[0]), range: range() },
    { uirevision: `${benchmarkSelect.value} ${objectiveSelect.value}` },
  )).catch((problem) => say(problem, place));
  const choose = () => {
    chosen().strategies.forEach(({ name }, i) => state.set(name, i < 6));
    one("[data-front-toggles]").replaceChildren(...chosen().strategies.map(({ name }) => {
      const box = element("input", { type: "checkbox" });
      box.checked = state.get(name);
      box.addEventListener("change", () => {
        state.set(name, box.checked);
        redraw();
      });
      return element("li", {}, element("label", {}, box, swatch(board.looks[name]), name));
    }));
    redraw();
  };
  benchmarkSelect.addEventListener("change", choose);
  objectiveSelect.addEventListener("change", redraw);
  choose();
}
