"""A topology cell as text and as an SVG image."""

from __future__ import annotations

from xml.sax.saxutils import escape

from nasbench.spaces.graph import Graph
from nasbench.spaces.operations import (
    AVG_POOL_3X3,
    NONE,
    NOR_CONV_1X1,
    NOR_CONV_3X3,
    SKIP_CONNECT,
)
from nasbench.spaces.space import Architecture
from nasbench.spaces.topology_cell import TopologyCell

# Okabe and Ito's palette, which colour-blind readers tell apart; grey is dead.
COLOURS = {
    SKIP_CONNECT: "#009e73",
    NOR_CONV_1X1: "#e69f00",
    NOR_CONV_3X3: "#d55e00",
    AVG_POOL_3X3: "#0072b2",
}
DEAD_COLOUR = "#999999"
NODE_GAP, NODE_RADIUS, LANE = 170, 22, 52


def live_edges(space: TopologyCell, architecture: Architecture) -> list[bool]:
    """Return for every edge whether it carries something from input to output."""
    carries = [space.operations[option] != NONE for option in architecture]
    reached, reaching = {0}, {space.nodes - 1}
    for (source, target), carrying in zip(space.edges, carries, strict=True):
        if carrying and source in reached:
            reached.add(target)
    # Edges are ordered by target, so backwards every reader of a node comes first.
    for (source, target), carrying in reversed(
        [*zip(space.edges, carries, strict=True)]
    ):
        if carrying and target in reaching:
            reaching.add(source)
    return [
        carrying and source in reached and target in reaching
        for (source, target), carrying in zip(space.edges, carries, strict=True)
    ]


def draw_text(space: TopologyCell, architecture: Architecture) -> str:
    """Return the cell as equations: as it is written, and what it computes."""
    live = live_edges(space, architecture)
    names = ["input", *(f"node{i}" for i in range(1, space.nodes - 1)), "output"]
    lines = [space.format(architecture), ""]
    for target in range(1, space.nodes):
        terms = []
        for edge, (source, end) in enumerate(space.edges):
            operation = space.operations[architecture[edge]]
            if end == target and operation != NONE:
                term = f"{operation}({names[source]})"
                terms.append(term if live[edge] else f"{term} [dead]")
        lines.append(f"  {names[target]} = {' + '.join(terms) or '0'}")
    lines += ["", "computes", *_equations(space.graph(architecture))]
    return "\n".join(lines)


def _equations(graph: Graph) -> list[str]:
    """Write the graph as sums; a vertex with several readers gets a name."""
    readers = [0] * len(graph.labels)
    for inputs in graph.inputs:
        for vertex in inputs:
            readers[vertex] += 1
    written = ["input"]
    lines = []
    for vertex in range(1, len(graph.labels)):
        total = " + ".join(written[source] for source in graph.inputs[vertex])
        if vertex == len(graph.labels) - 1:
            lines.append(f"  output = {total or '0'}")
            break
        value = f"{graph.labels[vertex]}({total})"
        if readers[vertex] > 1:
            lines.append(f"  v{vertex} = {value}")
            value = f"v{vertex}"
        written.append(value)
    return lines


def draw_svg(space: TopologyCell, architecture: Architecture) -> str:
    """Return the cell as a standalone SVG document.

    Nodes stand in a row; an edge to the next node is straight, longer ones arch, one
    lane higher for every node they pass. Edges that carry nothing from input to
    output are grey and dashed; `none` is not drawn.
    """
    live = live_edges(space, architecture)
    width = NODE_GAP * (space.nodes - 1) + 140
    base = LANE * max(space.nodes - 2, 1) + 50
    parts = []
    for (source, target), option, alive in zip(
        space.edges, architecture, live, strict=True
    ):
        operation = space.operations[option]
        if operation != NONE:
            colour = COLOURS[operation] if alive else DEAD_COLOUR
            parts.append(_edge(source, target, base, (operation, colour, alive)))
    parts += [_node(i, space.nodes, base) for i in range(space.nodes)]
    text = escape(space.format(architecture))
    height = base + 70
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" '
        'font-family="Helvetica, Arial, sans-serif">\n'
        f"<title>{text}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        "<defs>"
        + "".join(_arrow(c) for c in (*COLOURS.values(), DEAD_COLOUR))
        + "</defs>\n"
        + "\n".join(parts)
        + f'\n<text x="{width / 2:g}" y="{height - 12}" font-size="12" fill="#555555" '
        f'text-anchor="middle">{text}</text>\n</svg>\n'
    )


def _arrow(colour: str) -> str:
    return (
        f'<marker id="a{colour[1:]}" viewBox="0 0 10 10" refX="9" refY="5" '
        'markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0,0 L10,5 L0,10 z" fill="{colour}"/></marker>'
    )


def _edge(source: int, target: int, base: int, look: tuple[str, str, bool]) -> str:
    operation, colour, alive = look
    x1, x2 = (70 + NODE_GAP * node for node in (source, target))
    lane = target - source - 1
    if lane == 0:
        path = f"M{x1 + NODE_RADIUS},{base} L{x2 - NODE_RADIUS - 2},{base}"
        label_y = base - 8
    else:
        top = base - LANE * lane - 14
        start, end = x1 + 12, x2 - 12
        path = (
            f"M{start},{base - NODE_RADIUS + 3} "
            f"C{start + 20},{top - 14} {end - 20},{top - 14} "
            f"{end},{base - NODE_RADIUS + 1}"
        )
        # A cubic's middle lies three quarters of the way to its control points.
        label_y = (
            round(base - NODE_RADIUS + 2 - 0.75 * (base - NODE_RADIUS - top + 14)) - 6
        )
    dash = "" if alive else ' stroke-dasharray="5 4"'
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dash} '
        f'marker-end="url(#a{colour[1:]})"/>'
        f'<text x="{(x1 + x2) / 2:g}" y="{label_y}" font-size="13" fill="{colour}" '
        f'text-anchor="middle">{operation}</text>'
    )


def _node(node: int, nodes: int, base: int) -> str:
    x = 70 + NODE_GAP * node
    name = {0: "in", nodes - 1: "out"}.get(node, str(node))
    return (
        f'<circle cx="{x}" cy="{base}" r="{NODE_RADIUS}" fill="#f4f4f4" '
        'stroke="#333333" stroke-width="1.5"/>'
        f'<text x="{x}" y="{base + 5}" font-size="14" fill="#111111" '
        f'text-anchor="middle">{name}</text>'
    )
