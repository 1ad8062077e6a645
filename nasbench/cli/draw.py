"""``nasbench draw``: a cell as text or as an image."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from nasbench.atomic import atomic_path
from nasbench.cli.terminal import output
from nasbench.errors import NasbenchError
from nasbench.spaces import (
    Architecture,
    Cell101,
    LayerSpace,
    SearchSpace,
    TopologyCell,
    make_space,
    space_names,
)
from nasbench.spaces.drawing import draw_svg, draw_text
from nasbench.spaces.layer_drawing import draw_layers_svg, draw_layers_text
from nasbench.spaces.vertex_drawing import draw_vertices_svg, draw_vertices_text

NEAR = 1.0
"""From this likeness on, a text is taken for a wrong one of that space."""

_ALPHANUMERIC = re.compile(r"\w")


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
    if isinstance(space, Cell101):
        return (
            draw_vertices_text(space, architecture),
            draw_vertices_svg(space, architecture),
        )
    raise NasbenchError(
        f"{space.name} has no drawing; only topology cells, cell101 and layers have one"
    )


def _space_of(architecture: str) -> SearchSpace:
    """Return the first space that knows the text.

    Raises:
        NasbenchError: None does. It is that of the space whose text form is nearest,
            or, where none is near, names them all.
    """
    spaces = [make_space(name) for name in space_names()]
    likeness: list[tuple[float, NasbenchError]] = []
    forms = []
    for space in spaces:
        try:
            space.parse(architecture)
        except NasbenchError as reason:
            form = space.format(space.sample(np.random.default_rng(0)))
            likeness.append((_likeness(architecture, form), reason))
            forms.append(f"{space.name} {form!r}")
        else:
            return space
    most, nearest = max(likeness, key=lambda one: one[0])
    if most >= NEAR:
        raise nearest
    raise NasbenchError(
        f"{architecture!r} is no architecture of any space; write it as in "
        + ", ".join(forms)
    )


def _likeness(text: str, form: str) -> float:
    """Return how much alike the punctuation of two texts is, 0 to 2.

    It is the share of the text's that the form has too, and how much of both agrees.
    """
    own, usual = _ALPHANUMERIC.sub("", text), _ALPHANUMERIC.sub("", form)
    if not own:
        return 0.0
    matcher = SequenceMatcher(None, own, usual, autojunk=False)
    matched = sum(block.size for block in matcher.get_matching_blocks())
    return matched / len(own) + matcher.ratio()
