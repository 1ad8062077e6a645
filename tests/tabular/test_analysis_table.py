"""The analysis of whole, partial and damaged-by-failure tables."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from altered_tables import altered, with_seeds, without_trials
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from nasbench.errors import NasbenchError
from tabular import Table
from tabular.analysis import analyse
from tabular.analysis.as_json import to_json
from tabular.analysis.class_trials import ClassTrials
from tabular.analysis.distribution import BINS, QUANTILES, distribution
from tabular.analysis.sections import cost_section, sections
from tabular.analysis.size_and_accuracy import pareto_front
from tabular.analysis.training_cost import training_cost, workers_of
from tabular.schema import FAILED

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))


@pytest.fixture(scope="module")
def shipped():
    return Table.open(SHIPPED)


@pytest.fixture(scope="module")
def analysis(shipped):
    return analyse(shipped)


def tau(first, second):
    """Return tau-b, with equal sums of counts as ties whatever their last bit is."""
    return kendalltau(np.round(first, 12), np.round(second, 12)).statistic


def words(analysis):
    return " ".join(sentence for s in sections(analysis) for sentence in s.sentences)


def without_facts(analysis):
    found = json.loads(to_json(analysis))
    del found["facts"]
    return found


def test_the_numbers_of_the_docs_are_found_again(analysis):
    """docs/measurements.md: 8.2 / 3.2, 6.7, 0.65, 0.09 on test; 0.89 to validation."""
    noise, one = analysis.test.seed_noise, analysis.test.seed_means[0]
    assert noise.sd_between_architectures == pytest.approx(0.082, abs=5e-4)
    assert noise.sd_between_seeds == pytest.approx(0.032, abs=5e-4)
    assert noise.variance_ratio == pytest.approx(6.7, abs=0.05)
    assert one.tau == pytest.approx(0.65, abs=5e-3)
    assert one.tau_best == pytest.approx(0.09, abs=5e-3)
    assert analysis.validation_to_test.tau == pytest.approx(0.89, abs=0.01)


def test_a_plain_reading_of_the_frame_gives_the_same(shipped, analysis):
    frame = shipped.to_frame().round({"validation_accuracy": 12})
    live = frame[frame["flops"] > 0]
    assert analysis.facts.classes_dead == len(frame) - len(live) == 1
    validation, test = live["validation_accuracy"], live["test_accuracy"]
    assert analysis.validation_to_test.tau == pytest.approx(tau(validation, test))
    noise = analysis.validation.seed_noise
    pooled = np.sqrt((live["validation_accuracy_seed_sd"] ** 2).mean())
    assert noise.sd_between_seeds == pytest.approx(pooled)
    assert analysis.validation.flops.ranks.tau == pytest.approx(
        tau(live["flops"], validation)
    )
    assert analysis.validation.parameters.spearman == pytest.approx(
        live[["parameters", "validation_accuracy"]].corr("spearman").iloc[0, 1]
    )
    best = frame.sort_values("test_accuracy", ascending=False, kind="stable").head(5)
    assert [one.test for one in analysis.best_by_test] == pytest.approx(
        best["test_accuracy"].to_list()
    )
    assert analysis.cost.median_cpu_seconds == pytest.approx(
        frame["cpu_seconds"].median()
    )


def test_budgets_are_the_accuracies_after_so_many_epochs(shipped, analysis):
    frame = shipped.to_frame()
    live = frame["index"][frame["flops"] > 0].to_numpy()
    for split in ("validation", "test"):
        curves = [shipped.accuracies(live, split, epochs=e) for e in range(1, 6)]
        budgets = getattr(analysis, split).budgets
        assert [budget.epochs for budget in budgets] == [1, 2, 3, 4]
        for budget in budgets:
            seen, final = np.round((curves[budget.epochs - 1], curves[-1]), 12)
            assert budget.ranks.tau == pytest.approx(tau(seen, final))
            top = final >= np.quantile(final, 0.7)
            assert budget.ranks.tau_best == pytest.approx(tau(seen[top], final[top]))


def test_agreement_of_seeds_is_that_of_the_trials(shipped, analysis):
    frame = shipped.to_frame()
    live = frame["index"][frame["flops"] > 0].to_numpy()
    trials = [shipped.accuracies(live, seed=seed) for seed in shipped.seeds]
    one = analysis.validation.seed_means[0]
    pairs = combinations(trials, 2)
    assert one.tau == pytest.approx(np.mean([tau(a, b) for a, b in pairs]))


def test_hours_are_the_sum_of_all_that_was_measured(shipped, analysis):
    total = sum(
        shipped.read(f"measured/cpu_seconds_{split}").sum(dtype=float)
        for split in ("train", "valid", "test")
    )
    cost = analysis.cost
    assert cost.cpu_hours == pytest.approx(total / 3600)
    assert cost.cpu_hours_per_seed == pytest.approx(total / 3600 / 3)
    assert cost.trainings_per_cpu_hour == pytest.approx(180 * 3600 / total)


def test_hours_by_the_clock_are_those_of_all_workers_together(shipped, analysis):
    total = sum(
        shipped.read(f"measured/wall_seconds_{split}").sum(dtype=float)
        for split in ("train", "valid", "test")
    )
    assert analysis.cost.workers == 4
    assert analysis.cost.wall_hours == pytest.approx(total / 3600 / 4)
    rows = {row[0]: row[1] for row in cost_section(analysis).rows}
    label = "all trainings by the clock, over 4 workers"
    assert rows[label] == f"{total / 3600 / 4:.3g} h"


@pytest.mark.parametrize(
    "stated, workers",
    [
        (["4"], 4),
        (["8", "8", None], 8),
        (["4", "2"], None),
        (["4", "Dask"], None),
        (["Dask"], None),
        ([None], None),
        (["0"], None),
    ],
)
def test_workers_are_known_where_all_runs_had_as_many(
    shipped, analysis, stated, workers
):
    runs = [{} if one is None else {"workers": one} for one in stated]
    assert workers_of(runs) == workers
    cost = training_cost(ClassTrials.of(shipped), 60, workers)
    rows = cost_section(replace(analysis, cost=cost)).rows
    assert any("by the clock" in row[0] for row in rows) == (workers is not None)
    assert (cost.wall_hours is None) == (workers is None)


def test_accuracies_of_dead_cells_move_no_correlation(shipped, tmp_path, analysis):
    dead = shipped.read("costs/flops") == 0

    def lucky(arrays):
        for split in ("valid", "test"):
            arrays[f"trials/correct_{split}"][dead] = 990

    changed = analyse(altered(SHIPPED, tmp_path / "t.h5", lucky))
    assert changed.validation_to_test == analysis.validation_to_test
    for split in ("validation", "test"):
        ours, theirs = getattr(analysis, split), getattr(changed, split)
        assert ours.seed_noise == theirs.seed_noise
        assert ours.seed_means[0] == theirs.seed_means[0]
        assert ours.budgets == theirs.budgets
        assert ours.flops == theirs.flops
        assert theirs.distribution.of_classes[-1] == 0.99
    assert changed.pareto_front == tuple(
        one for one in changed.pareto_front if one.flops > 0
    )


def test_the_order_of_the_seeds_is_of_no_effect(tmp_path, analysis):
    turned = analyse(with_seeds(SHIPPED, tmp_path / "t.h5", (2, 0, 1)))
    for split in ("validation", "test"):
        ours, theirs = getattr(analysis, split), getattr(turned, split)
        assert theirs.seed_noise.variance_ratio == pytest.approx(
            ours.seed_noise.variance_ratio
        )
        assert theirs.seed_means[0].tau == pytest.approx(ours.seed_means[0].tau)
        assert theirs.landscape == ours.landscape
        assert theirs.distribution == ours.distribution


def test_a_partial_table_has_all_but_a_landscape(tmp_path, shipped):
    def cut(arrays):
        missing = np.zeros((60, 3), bool)
        missing[20:] = True
        without_trials(arrays, missing)

    table = altered(SHIPPED, tmp_path / "partial.h5", cut)
    analysis = analyse(table)
    facts = analysis.facts
    assert (facts.classes, facts.classes_trained, facts.classes_dead) == (60, 20, 1)
    assert analysis.validation.landscape is None
    assert "the table has 20 of 60" in analysis.no_landscape
    assert analysis.no_landscape in words(analysis)
    assert analysis.validation_to_test.classes == 19
    assert [mean.seeds for mean in analysis.test.seed_means] == [1, 2, 3, 5, 10]
    assert analysis.cost.trials == 60
    seconds = ClassTrials.of(table).seconds
    assert analysis.cost.cpu_hours_per_seed == pytest.approx(seconds.mean() * 60 / 3600)
    json.loads(to_json(analysis))


def test_a_growing_table_compares_seeds_where_all_are_there(tmp_path):
    """Two seeds are done, the third is at class 25."""

    def cut(arrays):
        missing = np.zeros((60, 3), bool)
        missing[25:, 2] = True
        without_trials(arrays, missing)

    analysis = analyse(altered(SHIPPED, tmp_path / "growing.h5", cut))
    assert analysis.facts.classes_of_every_seed == 24
    assert analysis.test.seed_noise.classes == 59
    assert analysis.no_landscape is None


def test_one_seed_says_what_needs_more(tmp_path):
    analysis = analyse(with_seeds(SHIPPED, tmp_path / "one.h5", (1,)))
    for split in (analysis.validation, analysis.test):
        assert split.seed_noise is None
        assert split.seed_means == ()
        assert split.landscape is not None
        assert len(split.budgets) == 4
    assert "two seeds" in words(analysis)
    assert json.loads(to_json(analysis))["test"]["seed_noise"] is None


def test_failed_trainings_are_counted_and_left_out(tmp_path, analysis):
    def fail(arrays):
        arrays["trials/status"][7, 1] = arrays["trials/status"][8] = FAILED
        for split in ("valid", "test"):
            arrays[f"trials/correct_{split}"][7, 1] = 0
            arrays[f"trials/correct_{split}"][8] = 0

    found = analyse(altered(SHIPPED, tmp_path / "failed.h5", fail))
    assert found.cost.failed == 4
    assert found.cost.trials == 180
    assert found.facts.classes_trained == 59
    assert found.facts.classes_of_every_seed == 57
    assert "every class" in found.no_landscape
    noise, before = found.validation.seed_noise, analysis.validation.seed_noise
    assert noise.sd_between_seeds == pytest.approx(before.sd_between_seeds, rel=0.1)


def test_a_table_of_one_live_class_or_of_dead_ones_has_no_correlations(tmp_path):
    for kept in ([0], [5]):

        def cut(arrays, kept=kept):
            missing = np.ones((60, 3), bool)
            missing[kept] = False
            without_trials(arrays, missing)

        analysis = analyse(altered(SHIPPED, tmp_path / f"{kept[0]}.h5", cut))
        assert np.isnan(analysis.validation_to_test.tau)
        assert sections(analysis)
        json.loads(to_json(analysis))


def test_a_table_without_trainings_is_refused(tmp_path):
    def empty(arrays):
        without_trials(arrays, np.ones((60, 3), bool))

    table = altered(SHIPPED, tmp_path / "empty.h5", empty)
    with pytest.raises(NasbenchError, match=r"empty\.h5 holds no complete training"):
        analyse(table)


def test_a_table_agrees_with_itself_and_with_the_classes_that_another_has(
    tmp_path, shipped, small_table
):
    def cut(arrays):
        missing = np.zeros((60, 3), bool)
        missing[::2] = True
        without_trials(arrays, missing)

    half = altered(SHIPPED, tmp_path / "half.h5", cut)
    itself, with_half, other = analyse(shipped, [shipped, half, small_table]).against
    assert (itself.validation.tau, itself.test.tau_best) == (1, 1)
    assert (itself.validation.classes, with_half.validation.classes) == (59, 30)
    assert (with_half.table, with_half.digest) == ("half", half.digest)
    representatives = shipped.read("classes/representative")[1:]
    expected = tau(
        shipped.accuracies(representatives), small_table.accuracies(representatives)
    )
    assert other.validation.tau == pytest.approx(expected)


def test_tables_of_two_spaces_are_not_compared(shipped, tmp_path, digits, small_recipe):
    from tabular.build import BuildRequest, build

    out = tmp_path / "other.h5"
    space = "topology:2:skip_connect,nor_conv_1x1"
    build(BuildRequest(space, digits, small_recipe, seeds=1), out, workers=1)
    with pytest.raises(NasbenchError, match=r"other\.h5 is of topology:2"):
        analyse(shipped, [Table.open(out)])


def test_json_has_every_number_or_null(analysis):
    text = to_json(analysis)
    assert "\n" not in text
    found = json.loads(text)
    assert found["test"]["seed_noise"]["variance_ratio"] == pytest.approx(
        analysis.test.seed_noise.variance_ratio
    )
    assert found["validation"]["seed_means"][1]["measured"] is False
    assert found["facts"]["recipe"]["epochs"] == 5
    assert found["no_landscape"] is None
    assert "NaN" not in text


def test_analysing_twice_gives_the_same_and_leaves_the_random_state(shipped, analysis):
    before = np.random.get_state()[1].tolist()
    assert to_json(analyse(shipped)) == to_json(analysis)
    assert np.random.get_state()[1].tolist() == before


def test_an_analysis_needs_neither_torch_nor_pandas_nor_matplotlib():
    program = (
        "import sys; from tabular import Table; from tabular.analysis import analyse; "
        "from tabular.analysis.card import render_card; "
        f"render_card(Table.open({str(SHIPPED)!r})); "
        "assert not {'torch', 'pandas', 'matplotlib', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=15))
def test_the_pareto_front_is_all_that_nothing_dominates(rows):
    cost, accuracy = np.array(rows, dtype=int).reshape(-1, 2).T
    front = pareto_front(cost, accuracy / 7)

    def dominated(row):
        c, a = row
        return any(d <= c and b >= a and (d, b) != (c, a) for d, b in rows)

    kept = {row for row in rows if not dominated(row)}
    assert [(cost[i], accuracy[i]) for i in front] == sorted(kept)
    assert all(rows.index((cost[i], accuracy[i])) == i for i in front)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 5)), min_size=1, max_size=20)
)
def test_architectures_are_classes_as_often_as_they_have_members(rows):
    accuracy, members = np.array(rows).T
    found = distribution(accuracy / 100, members)
    everyone = [a / 100 for a, count in rows for _ in range(count)]
    assert found.of_architectures == pytest.approx(np.quantile(everyone, QUANTILES))
    assert sum(found.class_counts) == len(rows)
    assert sum(found.architecture_counts) == len(everyone)
    assert len(found.class_counts) == BINS
    assert found.low <= min(everyone) <= max(everyone) <= found.high
