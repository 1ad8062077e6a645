"""Figures of what a surrogate predicts of unseen architectures."""

from __future__ import annotations

import numpy as np

from leaderboards.surrogate_report import draw_calibration, draw_predictions
from surrogates.observations import Observations
from surrogates.scoring.held_out import HeldOut, held_out_predictions


def test_figures_draw_what_was_predicted():
    truth, mean = np.array([0.2, 0.5, 0.6]), np.array([0.25, 0.45, 0.7])
    sure = HeldOut("sure", 9, truth, mean, np.full(3, 0.1))
    unsure = HeldOut("says nothing", 9, truth, mean, np.zeros(3))
    axes = draw_predictions(sure).axes[0]
    points = axes.lines[-1]
    assert points.get_xdata().tolist() == truth.tolist()
    assert points.get_ydata().tolist() == mean.tolist()
    named = [
        line.get_label() for line in draw_calibration([sure, unsure]).axes[0].lines
    ]
    assert "sure" in named
    assert "says nothing" not in named


def test_what_all_models_have_in_common_is_said_once():
    truth = np.array([0.2, 0.5, 0.6])
    both = [
        HeldOut(name, 9, truth, truth, np.full(3, 0.1))
        for name in ("xgboost, path", "random-forest, path")
    ]
    legend = draw_calibration(both).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "xgboost",
        "random-forest",
    ]
    assert legend.get_title().get_text() == "path"


def test_held_out_predictions_are_of_classes_that_were_not_fitted(small_table):
    known = Observations.of(small_table)
    found = held_out_predictions(known, "one-hot", ("random-forest", {}), 30, splits=2)
    assert found.samples == 30
    assert len(found.truth) == len(found.mean) == 2 * (len(known) // 5)
    assert set(found.truth) <= set(known.validation)
