"""Figures of how well a surrogate predicts what it has not seen."""

from leaderboards.surrogate_report.figures import draw_calibration, draw_predictions
from leaderboards.surrogate_report.write import write_figures

__all__ = ["draw_calibration", "draw_predictions", "write_figures"]
