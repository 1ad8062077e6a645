"""A cell with operations on its vertices as text and as an SVG image."""

from __future__ import annotations

from xml.sax.saxutils import escape

from nasbench.spaces.cell101 import CONV_1X1, CONV_3X3, MAX_POOL_3X3, Cell101
from nasbench.spaces.graph import Graph
from nasbench.spaces.space import Architecture

# Okabe and Ito's palette, as in the other drawings.
COLOURS = {CONV_3X3: "#d55e00", CONV_1X1: "#e69f00", MAX_POOL_3X3: "#0072b2"}
PLAIN, LINE = "#f4f4f4", "#333333"
GAP, BOX_WIDTH, BOX_HEIGHT, LANE = 150, 112, 34, 40


def draw_vertices_text(space: Cell101, architecture: Architecture) -> str:
    """Return the cell as equations, without the vertices that are on no path.

    As in NAS-Bench-101's networks, vertices sum what they read, the output joins it
    side by side, and wherever the cell's input is read it is projected first.
    """
    graph = space.graph(architecture)
    dropped = space.vertices - len(graph.labels)
    lines = [space.format(architecture), ""]
    last = len(graph.labels) - 1
    for vertex in range(1, last):
        total = " + ".join(_name(one, graph) for one in graph.inputs[vertex])
        lines.append(f"  v{vertex} = {graph.labels[vertex]}({total})")
    joined = [_name(one, graph) for one in graph.inputs[last] if one]
    ends = [f"join({', '.join(joined)})" if len(joined) > 1 else one for one in joined]
    terms = ends[:1] + ["input"] * (0 in graph.inputs[last])
    lines.append(f"  output = {' + '.join(terms)}")
    if dropped:
        lines += ["", f"on no path from input to output: {dropped} vertices"]
    return "\n".join(lines)


def draw_vertices_svg(space: Cell101, architecture: Architecture) -> str:
    """Return the pruned cell as a standalone SVG document.

    Vertices stand in a row, in topological order; an edge to the next is straight,
    longer ones arch, one lane higher for every vertex they pass.
    """
    graph = space.graph(architecture)
    count = len(graph.labels)
    edges = [(i, j) for j, inputs in enumerate(graph.inputs) for i in inputs]
    longest = max(target - source for source, target in edges)
    base = LANE * (longest - 1) + 50
    width, height = GAP * (count - 1) + BOX_WIDTH + 40, base + 70
    text = escape(space.format(architecture))
    parts = [_edge(source, target, base) for source, target in edges]
    parts += [_box(vertex, graph, base) for vertex in range(count)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" '
        'font-family="Helvetica, Arial, sans-serif">\n'
        f"<title>{text}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        '<defs><marker id="end" viewBox="0 0 10 10" refX="9" refY="5" '
        'markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0,0 L10,5 L0,10 z" fill="{LINE}"/></marker></defs>\n'
        + "\n".join(parts)
        + f'\n<text x="{width / 2:g}" y="{height - 12}" font-size="10" '
        f'fill="#555555" text-anchor="middle">{text}</text>\n</svg>\n'
    )


def _name(vertex: int, graph: Graph) -> str:
    return f"v{vertex}" if vertex else graph.labels[0]


def _centre(vertex: int) -> int:
    return 20 + BOX_WIDTH // 2 + GAP * vertex


def _edge(source: int, target: int, base: int) -> str:
    start, end = _centre(source), _centre(target)
    lane = target - source - 1
    if lane == 0:
        path = f"M{start + BOX_WIDTH // 2},{base} L{end - BOX_WIDTH // 2},{base}"
    else:
        side, top = base - BOX_HEIGHT // 2, base - BOX_HEIGHT // 2 - LANE * lane
        path = f"M{start + 18},{side} C{start + 40},{top} {end - 40},{top} "
        path += f"{end - 18},{side}"
    return (
        f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.5" '
        'marker-end="url(#end)"/>'
    )


def _box(vertex: int, graph: Graph, base: int) -> str:
    label = graph.labels[vertex]
    colour = COLOURS.get(label, PLAIN)
    ink = "#ffffff" if label in COLOURS else "#111111"
    left, top = _centre(vertex) - BOX_WIDTH // 2, base - BOX_HEIGHT // 2
    return (
        f'<rect x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" '
        f'fill="{colour}" stroke="{LINE}"/>'
        f'<text x="{_centre(vertex)}" y="{base + 4}" font-size="12" fill="{ink}" '
        f'text-anchor="middle">{label}</text>'
    )
