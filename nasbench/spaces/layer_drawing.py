"""Layers in sequence as text and as an SVG image."""

from __future__ import annotations

from xml.sax.saxutils import escape

from nasbench.spaces.layer_space import Layer, LayerSpace
from nasbench.spaces.space import Architecture

# Okabe and Ito's palette, which colour-blind readers tell apart.
COLOURS = {1: "#e69f00", 3: "#d55e00", 5: "#0072b2", 7: "#009e73"}
OTHER_COLOUR = "#cc79a7"
BOX, GAP, TALLEST, LEAST = 30, 46, 150, 8


def draw_layers_text(space: LayerSpace, architecture: Architecture) -> str:
    """Return the network as equations, one line per layer."""
    lines = [space.format(architecture), "", *_first(space, architecture)]
    before = "image"
    for number, layer in enumerate(space.layers(architecture), start=1):
        lines.append(f"  layer{number} = relu(norm({layer}({before})))")
        before = f"layer{number}"
    return "\n".join([*lines, f"  output = linear(mean({before}))"])


def _first(space: LayerSpace, architecture: Architecture) -> list[str]:
    resolution = space.resolution(architecture)
    if resolution == 1:
        return []
    return [f"  image = image averaged to {resolution:g} of its side"]


def draw_layers_svg(space: LayerSpace, architecture: Architecture) -> str:
    """Return the network as a standalone SVG document.

    One box per layer, as high as it has filters and in the colour of its kernel; a
    dashed line stands before a layer that halves the image.
    """
    layers = space.layers(architecture)
    most = max(layer.filters for layer in layers)
    width, height = GAP * len(layers) + 130, TALLEST + 110
    middle = 20 + TALLEST / 2
    parts = [
        _arrow(50, width - 60, middle),
        _word("image", 25, middle + 5),
        _word("output", width - 28, middle + 5),
    ]
    for number, layer in enumerate(layers):
        left = 65 + GAP * number
        tall = max(LEAST, TALLEST * layer.filters / most)
        parts.append(_box(layer, left, middle, tall))
    text = escape(space.format(architecture))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" '
        'font-family="Helvetica, Arial, sans-serif">\n'
        f"<title>{text}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n"
        + _word(text, width / 2, height - 12, size=10)
        + "\n</svg>\n"
    )


def _box(layer: Layer, left: float, middle: float, tall: float) -> str:
    colour = COLOURS.get(layer.kernel, OTHER_COLOUR)
    below = 20 + TALLEST + 18
    parts = [
        f'<rect x="{left}" y="{middle - tall / 2:g}" width="{BOX}" height="{tall:g}" '
        f'rx="3" fill="{colour}" stroke="#333333"/>',
        _word(f"{layer.kernel}x{layer.kernel}", left + BOX / 2, below),
        _word(str(layer.filters), left + BOX / 2, below + 16),
    ]
    if layer.stride > 1:
        x = left - (GAP - BOX) / 2
        parts.append(
            f'<line x1="{x:g}" y1="14" x2="{x:g}" y2="{below + 18}" stroke="#999999" '
            'stroke-dasharray="4 4"/>'
        )
    return "\n".join(parts)


def _arrow(start: float, end: float, y: float) -> str:
    return (
        f'<path d="M{start},{y:g} L{end},{y:g} m-7,-5 l7,5 l-7,5" fill="none" '
        'stroke="#333333" stroke-width="1.5"/>'
    )


def _word(text: str, x: float, y: float, size: int = 12) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="#333333" '
        f'text-anchor="middle">{text}</text>'
    )
