"""``nasbench draw``: a cell as text or as an image."""

from __future__ import annotations

from pathlib import Path

from nasbench.atomic import atomic_path
from nasbench.cli.terminal import output
from nasbench.errors import NasbenchError
from nasbench.spaces import (
    Architecture,
    LayerSpace,
    SearchSpace,
    TopologyCell,
    make_space,
    space_names,
)
from nasbench.spaces.drawing import draw_svg, draw_text
from nasbench.spaces.layer_drawing import draw_layers_svg, draw_layers_text


def draw_command(
    architecture: str, /, *, space: str | None = None, out: Path | None = None
) -> None:
    """Draw an architecture, in the terminal or into an SVG file.

    Args:
        architecture: The text form.
        space: Name of its space; found by the form where none is given.
        out: The image file, ending in .svg; without it the drawing is text.
    """
    cell_space = _space_of(architecture) if space is None else make_space(space)
    text, svg = _drawn(cell_space, cell_space.parse(architecture))
    if out is None:
        output.print(text)
        return
    if out.suffix.lower() != ".svg":
        raise NasbenchError(f"--out {out}: drawings are SVG files; end it in .svg")
    try:
        with atomic_path(out) as temporary:
            temporary.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise NasbenchError(f"cannot write {out}: {error.strerror}") from error
    output.print(str(out))


def _drawn(space: SearchSpace, architecture: Architecture) -> tuple[str, str]:
    """Return the drawing as text and as SVG.

    Raises:
        NasbenchError: Nobody has drawn this kind of space yet.
    """
    if isinstance(space, TopologyCell):
        return draw_text(space, architecture), draw_svg(space, architecture)
    if isinstance(space, LayerSpace):
        return (
            draw_layers_text(space, architecture),
            draw_layers_svg(space, architecture),
        )
    raise NasbenchError(
        f"{space.name} has no drawing; only topology cells and layers have one"
    )


def _space_of(architecture: str) -> SearchSpace:
    """Return the first space that knows the text.

    Where none does, the error is that of the space with as many nodes.
    """
    spaces = [make_space(name) for name in space_names()]
    reasons: list[NasbenchError] = []
    for space in spaces:
        try:
            space.parse(architecture)
        except NasbenchError as reason:
            reasons.append(reason)
        else:
            return space
    groups = architecture.count("+") + 2
    fitting = [
        reason
        for space, reason in zip(spaces, reasons, strict=True)
        if isinstance(space, TopologyCell) and space.nodes == groups
    ]
    raise (fitting or reasons)[0]
