// Anytime curves: lines and intervals that can be switched per strategy.

const UNIT_LABELS = {
  evaluations: "evaluations",
  epochs: "epochs of training",
  seconds: "simulated CPU seconds",
};
const FLOOR = 0.01; // percentage points; a logarithm has no place for an exact hit

// Of one search that all runs replay there is no interval.
function boundsText(low, high) {
  return low === null || high === null ? "" : ` (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function curveTraces(curve, looks, state) {
  const raised = (values) => values.map((value) => (value === null ? null : Math.max(value, FLOOR)));
  const traces = [];
  for (const [name, line] of Object.entries(curve.lines)) {
    const { shown, band } = state.get(name);
    const look = looks[name];
    if (shown && band) {
      const edge = { x: curve.grid, mode: "lines", line: { width: 0, shape: "hv" }, hoverinfo: "skip" };
      traces.push({ ...edge, y: raised(line.low) });
      traces.push({ ...edge, y: raised(line.high), fill: "tonexty", fillcolor: translucent(readable(look.colour), 0.16) });
    }
    if (shown) {
      traces.push({
        x: curve.grid, y: raised(line.value), name, mode: "lines",
        line: { color: readable(look.colour), dash: look.dash, width: 2.2, shape: "hv" },
        customdata: line.value.map((value, i) => [value, boundsText(line.low[i], line.high[i])]),
        hovertemplate: "%{customdata[0]:.2f}%{customdata[1]} at %{x:,.4~g}",
      });
    }
  }
  return traces;
}

function curveToggles(names, looks, state, redraw) {
  return names.map((name) => {
    const entry = state.get(name);
    const box = (key, label) => {
      const made = element("input", { type: "checkbox", "aria-label": label, "data-toggle": key });
      made.checked = entry[key];
      made.addEventListener("change", () => {
        entry[key] = made.checked;
        redraw();
      });
      return made;
    };
    return element(
      "li", { "data-strategy": name },
      element("label", {}, box("shown", `line of ${name}`), swatch(looks[name]), name),
      element("label", { class: "band", title: "95 % interval" }, box("band", `interval of ${name}`), "±"),
    );
  });
}

// Best six and the baseline, with the intervals of the three best.
function firstChoice(board, benchmark) {
  const names = board.order[benchmark];
  const state = new Map();
  names.forEach((name, i) => {
    state.set(name, { shown: i < 6 || name === board.baseline, band: i < 3 });
  });
  return state;
}

async function startCurves() {
  const place = one("[data-curves]");
  const board = await need("board");
  const benchmarks = [...new Set(board.curves.map((curve) => curve.benchmark))];
  const [benchmarkSelect, unitSelect] = [one("[data-curve-benchmark]"), one("[data-curve-unit]")];
  fillSelect(benchmarkSelect, benchmarks.map((name) => [name, name]), benchmarks[0]);
  let state = firstChoice(board, benchmarks[0]);
  const chosen = () => board.curves.find(
    (curve) => curve.benchmark === benchmarkSelect.value && curve.unit === unitSelect.value,
  );
  const redraw = () => draw(
    place,
    () => curveTraces(chosen(), board.looks, state),
    () => layout(
      axisLayout(UNIT_LABELS[unitSelect.value], true),
      axisLayout(`mean ${chosen().quantity}, points`, true),
    ),
  ).catch((problem) => say(problem, place));
  const showToggles = () => {
    const list = curveToggles(board.order[benchmarkSelect.value], board.looks, state, redraw);
    one("[data-curve-toggles]").replaceChildren(...list);
  };
  const choose = () => {
    const units = board.curves.filter((curve) => curve.benchmark === benchmarkSelect.value);
    fillSelect(unitSelect, units.map(({ unit }) => [unit, UNIT_LABELS[unit]]), unitSelect.value);
    state = firstChoice(board, benchmarkSelect.value);
    showToggles();
    redraw();
  };
  benchmarkSelect.addEventListener("change", choose);
  unitSelect.addEventListener("change", redraw);
  for (const button of all("[data-lines], [data-bands]")) {
    button.addEventListener("click", () => {
      const { lines, bands } = button.dataset;
      if (lines === "best") state = firstChoice(board, benchmarkSelect.value);
      else for (const entry of state.values()) entry[lines ? "shown" : "band"] = (lines ?? bands) === "all";
      showToggles();
      redraw();
    });
  }
  choose();
}
