"""Test accuracy, learning curves and seconds of a surrogate, scored when held out."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from nasbench.benchmark import StaticCosts
from nasbench.testing import ToySpace
from surrogates import card
from surrogates.fit_benchmark import FitSettings, fit_benchmark
from surrogates.observations import Observations, class_numbers
from surrogates.sample import Sample
from surrogates.scoring import Protocol
from surrogates.scoring.parts import evaluate_parts
from surrogates.scoring.splits import clustered_split

RULES = Protocol((None,), 2, 30)
SETTINGS = FitSettings("one-hot", "random-forest")


def costs(architecture) -> StaticCosts:
    del architecture
    return StaticCosts(1, 1, 1)


def observations(seed: int = 0) -> Observations:
    """Return curves of three epochs whose parts follow the decisions."""
    space = ToySpace((4, 5, 6))
    rng = np.random.default_rng(seed)
    rows = space.architectures_at(np.arange(space.size))
    final = 0.3 + 0.4 * rows @ [0.10, 0.08, 0.12] + rng.normal(0, 0.004, len(rows))
    curves = final[:, None] * [0.6, 0.85, 1.0]
    return Observations(
        space=space,
        architectures=rows,
        trials=curves[:, None],
        curves=curves,
        test=final - 0.02,
        seconds=1.0 + rows[:, 2].astype(float),
        origins=np.full(len(rows), "all"),
    )


def test_the_errors_are_those_of_the_benchmark_on_what_it_was_not_fitted_to() -> None:
    known = observations()
    found = evaluate_parts(known, costs, SETTINGS, RULES)
    classes = class_numbers(known.space, known.architectures)
    expected = []
    for split in range(2):
        learn, tested = clustered_split(classes, 24, None, np.random.default_rng(split))
        assert not set(learn) & set(tested)
        chosen = replace(SETTINGS, seed=split)
        fitted = fit_benchmark("x", known.take(learn), costs, chosen)
        cells = [tuple(row) for row in known.architectures[tested].tolist()]
        test = [fitted.mean_accuracy(cell, "test") for cell in cells]
        curves = np.array([fitted.evaluate(cell).curve for cell in cells])
        spent = np.array([fitted.evaluate(cell).cost_seconds for cell in cells])
        truth = 3 * known.seconds[tested]
        expected.append(
            [
                kendalltau(known.test[tested], test).statistic,
                np.mean(np.abs(known.test[tested] - test)),
                *np.mean(np.abs(curves - known.curves[tested]), axis=0),
                np.median(np.abs(spent - truth) / truth),
                1 - np.mean((spent - truth) ** 2) / np.var(truth),
            ]
        )
    said = [found.test_kendall, found.test_mae, *found.curve_mae]
    said += [found.seconds_error, found.seconds_r2]
    np.testing.assert_allclose(said, np.mean(expected, axis=0), rtol=1e-9)
    assert found.samples == 96
    assert found.test_kendall > 0.5
    assert found.seconds_r2 > 0.9


def test_what_the_sample_does_not_know_is_nan_and_not_in_the_card() -> None:
    known = observations()
    nothing = np.full(len(known), np.nan)
    curves = known.curves.copy()
    curves[:, :-1] = np.nan
    blind = replace(
        known, test=nothing, seconds=nothing, curves=curves, trials=curves[:, None]
    )
    found = evaluate_parts(blind, costs, SETTINGS, Protocol((None,), 1, 30))
    assert np.isnan([found.test_kendall, found.test_mae]).all()
    assert np.isnan([found.seconds_error, found.seconds_r2]).all()
    assert np.isnan(found.curve_mae).tolist() == [True, True, False]
    assert card._part_scores(found) == []
    whole = evaluate_parts(known, costs, SETTINGS, Protocol((None,), 1, 30))
    assert len(card._part_scores(whole)) == 5


def test_the_card_that_ships_says_what_is_smaller_and_why_it_is_not_darts() -> None:
    folder = Path(str(files("surrogates"))) / "data"
    sample = Sample.open(folder / "conv5-mnist-clutter-v1-sample.npz")
    text = (folder / "conv5-mnist-clutter-v1.md").read_text(encoding="utf-8")
    words = " ".join(text.split())
    assert " ".join(card._protocol(sample).split()) in words
    (why,) = card._why_not_darts(sample)
    assert " ".join(why.split()) in words
    count = sample.costs()
    flops = [count(tuple(row)).flops for row in sample.architectures.tolist()]
    assert f"median is {np.median(flops) / 1e6:.1f} million" in words
    assert "## All that is predicted beside it" in text
    for name in ("Test accuracy: Kendall", "after 1 to 6 epochs", "training: R2"):
        assert name in text
