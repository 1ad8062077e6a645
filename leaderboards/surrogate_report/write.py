"""Write the figures of several surrogates into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leaderboards.report.figures import png
from leaderboards.surrogate_report.figures import draw_calibration, draw_predictions
from nasbench.atomic import atomic_path
from surrogates.scoring.held_out import HeldOut


def write_figures(held_outs: Sequence[HeldOut], folder: Path) -> list[Path]:
    """Write ``calibration.png``, and ``predictions-MODEL.png`` for every surrogate.

    Args:
        held_outs: Predictions of what each surrogate has not seen.
        folder: Where to; made where it is not there.

    Returns:
        The paths written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"calibration.png": draw_calibration(held_outs)}
    for one in held_outs:
        plain = one.model.replace(", ", "-").replace("+", "-")
        figures[f"predictions-{plain}.png"] = draw_predictions(one)
    written = []
    for name, figure in figures.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(png(figure))
        written.append(folder / name)
    return written
