// One architecture in full: drawing, learning curves, numbers, latencies.

const SEED_SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "star"];

function learningCurves(table, number) {
  const epochs = Array.from({ length: table.epochs }, (_, i) => i + 1);
  const looks = { validation: ["#0072B2", "solid"], test: ["#D55E00", "dash"] };
  const traces = [];
  table.seeds.forEach((seed, position) => {
    if (!table.isComplete(number, position)) return;
    for (const [split, [stroke, dash]] of Object.entries(looks)) {
      traces.push({
        x: epochs, y: table.curve(split, number, position).map((value) => 100 * value),
        mode: "lines+markers", name: table.seeds.length > 1 ? `${split}, seed ${seed}` : split,
        line: { color: readable(stroke), dash, width: 1.8 },
        marker: { symbol: SEED_SYMBOLS[position % SEED_SYMBOLS.length], size: 6 },
        hovertemplate: "%{y:.2f} % after %{x}",
      });
    }
  });
  return traces;
}

function curveTable(table, number) {
  const rows = [];
  table.seeds.forEach((seed, position) => {
    const failed = !table.isComplete(number, position);
    for (const split of ["validation", "test"]) {
      const cells = failed
        ? [element("td", { colspan: table.epochs }, "no complete trial")]
        : table.curve(split, number, position).map((value) => element("td", {}, (100 * value).toFixed(2)));
      rows.push(element("tr", {}, element("th", { scope: "row", class: "name" }, `${split}, seed ${seed}`), ...cells));
    }
  });
  const made = element("table");
  fillTable(made, ["Percent after epoch", ...Array.from({ length: table.epochs }, (_, i) => String(i + 1))], rows);
  return made;
}

function numbersOf(table, number) {
  const list = element("dl", { "data-numbers": true });
  for (const axis of table.axes) {
    const value = axis.values[number];
    list.append(
      element("dt", {}, axis.label),
      element("dd", { "data-key": axis.key, "data-value": value }, `${axisValue(axis, value)} `,
        axis.family === "accuracy" ? "" : element("span", { class: "quiet" }, axis.unit)),
    );
  }
  return list;
}

function roundsOf(table, number) {
  const rows = Object.entries(table.rounds).map(([target, stored]) => {
    const rounds = stored.shape[1];
    const values = unpacked(stored).subarray(number * rounds, (number + 1) * rounds);
    return element("tr", {}, element("th", { scope: "row", class: "name" }, target),
      ...Array.from(values, (value) => element("td", {}, significant(value))));
  });
  if (!rows.length) return "";
  const most = Math.max(...Object.values(table.rounds).map((stored) => stored.shape[1]));
  const made = element("table");
  fillTable(made, ["Latency in ms, by round", ...Array.from({ length: most }, (_, i) => String(i + 1))], rows);
  return element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Latencies by round" }, made);
}

function sameFunction(table, position, open) {
  const number = table.classOf[position];
  const others = table.members(number).filter((other) => other !== position);
  const text = `Index ${integer(table.index[position])}. `;
  if (!others.length) return element("p", { class: "quiet" }, `${text}No other architecture is the same function.`);
  const list = element("ul", { class: "form" });
  for (const other of others.slice(0, 50)) {
    const button = element("button", { type: "button" }, table.text(other));
    button.addEventListener("click", () => open(other));
    list.append(element("li", {}, button));
  }
  const rest = others.length > 50 ? `, the first 50` : "";
  const summary = element("summary", {}, `${integer(others.length)} other architectures are the same function${rest}`);
  return element("div", {}, element("p", { class: "quiet" }, text), element("details", {}, summary, list));
}

// Shows an architecture; `open` is called with the position of another one to show.
function showDetail(place, table, position, open) {
  const number = table.classOf[position];
  place.plot ??= element("div", {
    class: "plot", role: "img", "aria-label": "Learning curves of all seeds; the table below holds the same numbers.",
  });
  const { plot } = place;
  place.replaceChildren(
    element("p", { class: "form", "data-form": true }, table.text(position)),
    element("div", { class: "detail" },
      element("div", {}, table.draw(position), sameFunction(table, position, open), numbersOf(table, number)),
      element("div", {}, element("h3", {}, "Learning curves"), plot,
        element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Learning curves as a table" }, curveTable(table, number)),
        roundsOf(table, number))),
  );
  draw(plot, () => learningCurves(table, number), () => layout(
    { ...axisLayout("epoch"), dtick: table.epochs > 20 ? undefined : 1 },
    axisLayout("accuracy (%)"),
    { showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: 11 } }, margin: { l: 48, r: 8, t: 8, b: 40 } },
  )).catch((problem) => say(problem, plot));
}
