// Architectures as drawings: cells as graphs, layers as boxes.

const GAP = 150, RADIUS = 20, LANE = 50;

// Which edges carry something from the input to the output.
function liveEdges(space, operations) {
  const carries = operations.map((operation) => operation !== "none");
  const reached = new Set([0]);
  const reaching = new Set([space.nodes - 1]);
  space.edges.forEach(([source, target], i) => {
    if (carries[i] && reached.has(source)) reached.add(target);
  });
  // Edges are ordered by target, so backwards every reader of a node comes first.
  for (let i = space.edges.length - 1; i >= 0; i -= 1) {
    const [source, target] = space.edges[i];
    if (carries[i] && reaching.has(target)) reaching.add(source);
  }
  return space.edges.map(([source, target], i) => carries[i] && reached.has(source) && reaching.has(target));
}

function edgeDrawing([source, target], base, lines, stroke, style) {
  const [x1, x2] = [60 + GAP * source, 60 + GAP * target];
  const lane = target - source - 1;
  let path = `M${x1 + RADIUS},${base} L${x2 - RADIUS - 4},${base}`;
  let y = base - 8;
  if (lane > 0) {
    const top = base - LANE * lane - 14;
    const foot = base - RADIUS;
    path = `M${x1 + 12},${foot + 3} C${x1 + 32},${top - 14} ${x2 - 32},${top - 14} ${x2 - 12},${foot - 1}`;
    y = foot + 2 - 0.75 * (foot - top + 14) - 6;
  }
  const word = (height, content) =>
    `<text x="${(x1 + x2) / 2}" y="${height}" text-anchor="middle" font-size="13" fill="currentColor">${content}</text>`;
  // Between neighbours there is room for one word only, so the second stands below.
  const words = lane > 0 ? word(y, lines.join(" ")) : word(y, lines[0]) + lines.slice(1).map((line) => word(base + 19, line)).join("");
  return `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="3" ${style} marker-end="url(#head-${stroke.slice(1)})"/>${words}`;
}

function cellDrawing(space, operations, text) {
  const live = liveEdges(space, operations);
  const width = GAP * (space.nodes - 1) + 120;
  const base = LANE * Math.max(space.nodes - 2, 1) + 48;
  const dead = "#8b949e";
  const edges = space.edges.map((edge, i) => {
    const operation = operations[i];
    if (operation === "none") return "";
    const style = live[i] ? "" : 'stroke-dasharray="5 4"';
    const lines = live[i] ? [operation] : [operation, "(dead)"];
    return edgeDrawing(edge, base, lines, live[i] ? space.colours[operation] : dead, style);
  });
  const heads = [...new Set([...Object.values(space.colours), dead])].map((fill) =>
    `<marker id="head-${fill.slice(1)}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="5" markerHeight="5" orient="auto"><path d="M0,0 L10,5 L0,10 z" fill="${fill}"/></marker>`);
  const nodes = Array.from({ length: space.nodes }, (_, node) => {
    const name = node === 0 ? "in" : node === space.nodes - 1 ? "out" : node;
    const x = 60 + GAP * node;
    return `<circle cx="${x}" cy="${base}" r="${RADIUS}" fill="none" stroke="currentColor" stroke-width="1.5"/>` +
      `<text x="${x}" y="${base + 5}" text-anchor="middle" font-size="14" fill="currentColor">${name}</text>`;
  });
  return drawing(width, base + 34, text, `<defs>${heads.join("")}</defs>${edges.join("")}${nodes.join("")}`);
}

function layersDrawing(space, layers, text) {
  const [box, gap, tallest] = [30, 46, 130];
  const most = Math.max(...layers.map(([, filters]) => filters));
  const middle = 12 + tallest / 2;
  const parts = layers.map(([kernel, filters, stride], i) => {
    const left = 12 + gap * i;
    const tall = Math.max(8, (tallest * filters) / most);
    const halves = stride > 1
      ? `<line x1="${left - 8}" y1="6" x2="${left - 8}" y2="${tallest + 50}" stroke="#8b949e" stroke-dasharray="4 4"/>` : "";
    const word = (y, content) => `<text x="${left + box / 2}" y="${y}" text-anchor="middle" font-size="12" fill="currentColor">${content}</text>`;
    return `${halves}<rect x="${left}" y="${middle - tall / 2}" width="${box}" height="${tall}" rx="3" fill="${space.colours[kernel] ?? "#cc79a7"}"/>` +
      word(tallest + 32, `${kernel}×${kernel}`) + word(tallest + 48, filters);
  });
  return drawing(gap * layers.length + 12, tallest + 58, text, parts.join(""));
}

function drawing(width, height, text, content) {
  const holder = element("div");
  holder.innerHTML = `<svg class="drawing" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title></title>${content}</svg>`;
  one("title", holder).textContent = `Drawing of ${text}`;
  return holder.firstChild;
}

// Returns the drawing of an architecture, or nothing where its kind has none.
function drawn(space, text, layers) {
  if (space.kind === "cell") {
    const operations = text.split("+").flatMap((node) => node.slice(1, -1).split("|").map((term) => term.split("~")[0]));
    return cellDrawing(space, operations, text);
  }
  return layers ? layersDrawing(space, layers, text) : element("span");
}

// Returns the layers of every architecture as lists of [kernel, filters, stride].
function layerLists(stored) {
  if (!stored) return null;
  const [counts, codes] = [unpacked(stored.counts), unpacked(stored.codes)];
  let start = 0;
  return Array.from(counts, (count) => {
    const own = Array.from(codes.subarray(start, start + count), (code) => stored.kinds[code]);
    start += count;
    return own;
  });
}
