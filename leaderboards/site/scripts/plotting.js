// Plotly, loaded after the first paint, in the colours of the page.

let plotlyLoading;

function plotly() {
  plotlyLoading ??= painted()
    .then(() => performance.mark("plotly is asked for"))
    .then(() => runScript("assets/plotly.min.js"))
    .then(() => window.Plotly);
  return plotlyLoading;
}

// Points by the thousand need WebGL; where there is none, SVG draws them, slower.
let pointType;
function manyPoints() {
  if (!pointType) {
    const canvas = document.createElement("canvas");
    pointType = canvas.getContext("webgl2") || canvas.getContext("webgl") ? "scattergl" : "scatter";
  }
  return pointType;
}

// `values` are what is drawn. On less than a decade the digits 1, 2, 5 of a logarithmic
// axis are too few labels; there Plotly chooses evenly spaced ones.
function axisLayout(title, log = false, values = []) {
  const known = log ? Float64Array.from(values).filter((value) => value > 0).sort() : [];
  const short = known.length > 0 && known.at(-1) < 10 * known[0];
  return {
    title: { text: title, font: { size: 13 } },
    type: log ? "log" : "linear",
    gridcolor: colour("line"),
    linecolor: colour("line"),
    zeroline: false,
    automargin: true,
    exponentformat: "SI",
    ...(log && !short ? { dtick: "D2", minorloglabels: "complete" } : {}),
  };
}

function layout(x, y, more = {}) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("text"), family: getComputedStyle(document.body).fontFamily, size: 12 },
    margin: { l: 56, r: 12, t: 12, b: 56 },
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("text") } },
    showlegend: false,
    dragmode: innerWidth < 600 ? false : "zoom", // on a phone dragging scrolls the page
    xaxis: x,
    yaxis: y,
    ...more,
  };
}

const SETTINGS = { responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: false };

// Draws now and whenever the theme changes.
async function draw(place, makeTraces, makeLayout) {
  const library = await plotly();
  place.redraw = () => library.react(place, makeTraces(), makeLayout(), SETTINGS);
  if (!place.watched) {
    place.watched = true;
    themeWatchers.push(() => place.redraw());
  }
  await place.redraw();
}

// The points that none surpasses: small x, large y. Returns positions ordered by x.
function paretoFront(xs, ys, positions) {
  const known = [...positions].filter((i) => Number.isFinite(xs[i]) && Number.isFinite(ys[i]));
  known.sort((a, b) => xs[a] - xs[b] || ys[b] - ys[a]);
  const front = [];
  let best = -Infinity;
  for (const i of known) {
    if (ys[i] > best) {
      front.push(i);
      best = ys[i];
    }
  }
  return front;
}

// The range to begin with where a few low values would squeeze all others: dead cells
// at chance level, for instance. Undefined where nothing lies far away.
function mainRange(values, positions) {
  const known = Float64Array.from(positions, (i) => values[i]).filter(Number.isFinite).sort();
  if (known.length < 20) return undefined;
  const [low, high] = [known[Math.floor(known.length / 40)], known[known.length - 1]];
  if (known[0] >= low - (high - low)) return undefined;
  return [low - 0.15 * (high - low), high + 0.08 * (high - low)];
}

function swatch(look) {
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  box.setAttribute("class", "swatch");
  box.setAttribute("viewBox", "0 0 34 8");
  box.setAttribute("aria-hidden", "true");
  const dashes = look.dashes ? ` stroke-dasharray="${look.dashes}"` : "";
  box.innerHTML = `<line x1="0" y1="4" x2="34" y2="4" stroke="${look.colour}" stroke-width="3"${dashes}/>`;
  return box;
}

// `hex` is #rrggbb.
function translucent(hex, alpha) {
  const parts = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return `rgba(${parts.join(",")},${alpha})`;
}
