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
  const trained = (axis) => axis.family === "accuracy" || axis.family === "cost";
  const rest = table.axes.filter((axis) => !trained(axis));
  const list = numberList(table.axes.filter(trained), number);
  if (!rest.length) return list;
  const summary = element("summary", {}, `${rest.length} more numbers, by target and proxy`);
  return element("div", {}, list, element("details", {}, summary, numberList(rest, number)));
}

function numberList(axes, number) {
  const list = element("dl", { "data-numbers": true });
  for (const axis of axes) {
    const value = axis.values[number];
    list.append(
      element("dt", {}, axis.label),
      element("dd", { "data-key": axis.key, "data-value": value }, `${axisValue(axis, value)} `,
        axis.family === "accuracy" ? "" : element("span", { class: "quiet" }, axis.unit)),
    );
  }
  return list;
}

// The values of a class among `stored`, of shape (classes, repeats).
function repeatsOf(stored, number) {
  const count = stored.shape[1];
  return Array.from(unpacked(stored).subarray(number * count, (number + 1) * count));
}

function repeatTable(label, heading, rows) {
  const most = Math.max(...rows.map(({ values }) => values.length));
  const made = element("table");
  const head = [label, heading, "Spread", ...Array.from({ length: most }, (_, i) => String(i + 1))];
  fillTable(made, head, rows.map(({ name, note, middle, values, missing }) => {
    const known = values.filter(Number.isFinite);
    const spread = known.length > 1 ? `${significant(Math.min(...known))} to ${significant(Math.max(...known))}` : MISSING;
    const cells = missing
      ? [element("td", { colspan: most + 2, class: "quiet" }, missing)]
      : [middle, ...[spread, ...Array.from({ length: most }, (_, i) => significant(values[i]))]].map((cell, i) =>
        element("td", {}, i ? cell : significant(cell)));
    return element("tr", { "data-target": name },
      element("th", { scope: "row", class: "name" }, name, element("small", { class: "kind" }, note)), ...cells);
  }));
  return element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, made);
}

// Latencies of all targets with every round, and proxies with every seed.
function measuredOf(table, number) {
  const { latencies, proxies } = table.repeats;
  const parts = [];
  const value = (key) => table.axis(key).values[number];
  const targets = Object.entries(latencies).map(([name, stored]) => {
    const middle = value(`latency:${name}`);
    return {
      name, note: stored.kind, middle, values: stored.kind === "measured" ? repeatsOf(stored.values, number) : [],
      missing: Number.isFinite(middle) ? "" : `none: ${stored.reasons[number] || "not measured"}`,
    };
  });
  if (targets.length) {
    parts.push(element("h3", {}, "Latencies"), repeatTable("Milliseconds by round", "Median", targets));
  }
  const scores = Object.entries(proxies).map(([name, stored]) => ({
    name, note: stored.seeds.length > 1 ? `seeds ${stored.seeds.join(", ")}` : `seed ${stored.seeds[0]}`,
    middle: value(`proxy:${name}`), values: repeatsOf(stored.values, number),
    missing: Number.isFinite(value(`proxy:${name}`)) ? "" : "none",
  }));
  if (scores.length) parts.push(element("h3", {}, "Proxies"), repeatTable("Scores by seed", "Mean", scores));
  return element("div", { class: "measured" }, ...parts);
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
        element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Learning curves as a table" }, curveTable(table, number))),
      measuredOf(table, number)),
  );
  draw(plot, () => learningCurves(table, number), () => layout(
    { ...axisLayout("epoch"), dtick: table.epochs > 20 ? undefined : 1 },
    axisLayout("accuracy (%)"),
    { showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: 11 } }, margin: { l: 48, r: 8, t: 8, b: 40 } },
  )).catch((problem) => say(problem, plot));
}
