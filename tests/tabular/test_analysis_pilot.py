"""A pilot of more seeds tells on a table's card how far its ranking can be trusted."""

from __future__ import annotations

from importlib.resources import files
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from altered_tables import Arrays, altered, with_seeds, without_trials
from scipy.stats import kendalltau

from nasbench.cli import main
from nasbench.errors import NasbenchError
from tabular.analysis import analyse
from tabular.analysis.card import render_card
from tabular.analysis.pilot import check_pilot, pilot_reliability

MINI = Path(str(files("tabular") / "data")) / "cell201-mini-digits-v1.h5"
CLASSES = 24


@pytest.fixture
def table(tmp_path):
    return with_seeds(MINI, tmp_path / "table.h5", (0,))


def leave_some(arrays: Arrays) -> None:
    status = arrays["trials/status"]
    missing = np.ones(status.shape, bool)
    missing[:CLASSES] = False
    without_trials(arrays, missing)


@pytest.fixture
def pilot(tmp_path):
    return altered(MINI, tmp_path / "pilot.h5", leave_some)


def test_the_reliability_of_one_seed_is_the_mean_tau_over_pairs_of_seeds(pilot):
    live = pilot.read("costs/flops")[:CLASSES] > 0
    correct = pilot.read("trials/correct_valid")[:CLASSES, :, -1][live]
    taus = [
        kendalltau(correct[:, i], correct[:, j]).statistic
        for i, j in combinations(range(3), 2)
    ]
    said = pilot_reliability(analyse(pilot))
    assert f"validation, one seed against as many others: {np.mean(taus):.2f}" in said


def test_a_card_with_a_pilot_is_the_card_and_what_the_pilot_adds(table, pilot):
    alone, both = render_card(table), render_card(table, pilot)
    assert both.startswith(alone.removesuffix("\n"))
    added = both[len(alone) :]
    assert added.startswith("\n## Pilot\n")
    assert f"a pilot of {CLASSES} classes from the seeds 0, 1, 2" in added


def test_a_pilot_of_another_recipe_is_refused_by_the_difference(
    small_table, table, tmp_path
):
    with pytest.raises(NasbenchError, match=r"no pilot of .*recipe"):
        check_pilot(table, small_table)


def test_a_pilot_whose_common_trainings_differ_is_refused(table, tmp_path):
    def one_image_less(arrays: Arrays) -> None:
        arrays["trials/correct_test"][5, 0, -1] -= 1

    wrong = altered(MINI, tmp_path / "wrong.h5", one_image_less)
    with pytest.raises(NasbenchError, match=r"seed 0 that both hold differ \(test\)"):
        check_pilot(table, wrong)


def test_a_pilot_of_one_seed_is_refused(table, tmp_path):
    one = with_seeds(MINI, tmp_path / "one.h5", (1,))
    with pytest.raises(NasbenchError, match="holds seed 1 alone"):
        check_pilot(table, one)


def test_the_command_prints_both_and_refuses_a_pilot_without_a_card(
    table, pilot, capsys
):
    words = ["info", str(table.path), "--pilot", str(pilot.path)]
    assert main(words) == 2
    assert "--pilot needs --card" in capsys.readouterr().err
    assert main([*words, "--card"]) == 0
    assert capsys.readouterr().out == render_card(table, pilot)
