"""Transfer strategies as users write them: sources by id or path, honest ones only."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from small_mapping import MAPPING

import strategies.transfer
from leaderboards import RunSettings, simulate
from leaderboards.boards.manifest import read_manifest
from leaderboards.boards.pins import write_pins
from leaderboards.chosen_strategy import ChosenStrategy
from nasbench.benchmark import make
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.spaces import make_space
from strategies.transfer import Portfolio, Source, WarmStart
from tabular.importers.import_csv import import_csv
from tabular.importers.mapping import parse_mapping

MINI = "cell201-mini-digits-v1"
FOLDER = Path(strategies.transfer.__file__).parent
BY_FILE = {
    "warm start": f"{FOLDER / 'warm_start.py'}:WarmStart",
    "portfolio": f"{FOLDER / 'portfolio.py'}:Portfolio",
    "ensemble": f"{FOLDER / 'rank_weighted_ensemble.py'}:RankWeightedEnsemble",
}


@pytest.fixture(scope="module")
def target():
    return make(MINI)


@pytest.fixture(scope="module")
def other(tmp_path_factory, target):
    """Return a function that writes a table of another task, alike or negated."""

    def write(name, sign=1):
        folder = tmp_path_factory.mktemp("tables")
        space = make_space("cell201-mini")
        noise = np.random.default_rng(0).normal(0, 0.01, space.size)
        with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("arch", "val"))
            for each, error in zip(space, noise, strict=True):
                known = target.evaluate(each).validation_accuracy
                rows.writerow((space.format(each), 50 + 40 * sign * (known + error)))
        path = folder / f"{name}.h5"
        mapping = MAPPING.replace('"digits"', '"another task"')
        import_csv(folder / "t.csv", parse_mapping(mapping, "a test"), path)
        return path

    return write


def run(text, target, evaluations=20, seed=0):
    rules = RunSettings(Budget(evaluations))
    return simulate(ChosenStrategy(text), target, rules, seed)


@pytest.mark.parametrize("name", BY_FILE)
def test_a_source_is_written_into_the_name(name, target, other):
    path = other("alike")
    once = run(f"{BY_FILE[name]}(sources='{path}')", target)
    assert once.strategy
    best = target.best_accuracy("validation")
    assert best - once.incumbent_validation_accuracy[4] < 0.03
    twice = run(f"{BY_FILE[name]}(sources='{path}+{other('second')}')", target)
    assert best - twice.incumbent_validation_accuracy[4] < 0.03


def test_several_sources_are_joined_by_a_plus_or_listed(target, other):
    first, second = other("first"), other("second", -1)
    joined = run(f"{BY_FILE['warm start']}(sources='{first} + {second}')", target)
    listed = run(f"{BY_FILE['warm start']}(sources=['{first}', '{second}'])", target)
    np.testing.assert_array_equal(joined.architectures, listed.architectures)
    alone = run(f"{BY_FILE['warm start']}(sources='{first}')", target)
    assert (joined.architectures[:10] != alone.architectures[:10]).any()


def test_a_file_may_have_a_plus_in_its_name(target, other):
    path = other("a+b")
    assert len(run(f"{BY_FILE['portfolio']}(sources='{path}')", target)) == 20


@pytest.mark.parametrize("name", BY_FILE)
def test_the_benchmark_as_its_own_source_is_cheating(name, target, tmp_path):
    copied = tmp_path / "renamed.h5"
    shutil.copy(str(files("tabular") / "data" / f"{MINI}.h5"), copied)
    for source in (MINI, copied):
        with pytest.raises(NasbenchError, match=r"is the table of .*is cheating") as it:
            run(f"{BY_FILE[name]}(sources='{source}')", target)
        assert "\n" not in str(it.value)
        assert MINI in str(it.value)


def test_an_id_needs_no_quotes(target):
    with pytest.raises(NasbenchError, match="is cheating"):
        run(f"{BY_FILE['warm start']}(sources={MINI})", target)


def test_other_seeds_of_the_same_training_are_cheating_too(target):
    found = Source.of(target)
    again = replace(found, spec=replace(found.spec, digest="another", seeds=(7,)))
    rules = RunSettings(Budget(5))
    with pytest.raises(NasbenchError, match="trained on the task of and by the recipe"):
        simulate(lambda c: WarmStart(c, sources=again), target, rules, 0)
    # Another recipe of the same task is a source like any other.
    short = replace(found, spec=replace(again.spec, recipe="short"))
    simulate(lambda c: Portfolio(c, sources=short), target, rules, 0)


def test_a_source_of_another_space_is_refused_by_both_names(target):
    with pytest.raises(NasbenchError, match="of cell201, and the search is in cell201"):
        run(f"{BY_FILE['portfolio']}(sources=cell201-cifar10x8-v1)", target)


@pytest.mark.parametrize("wrong", [None, 7, [7], [None], {}])
def test_what_is_no_source_is_refused(target, wrong):
    with pytest.raises(NasbenchError, match="sources") as refused:
        simulate(
            lambda c: WarmStart(c, sources=wrong), target, RunSettings(Budget(3)), 0
        )
    assert "\n" not in str(refused.value)


def test_a_source_is_given_once(target, other):
    path = other("twice")
    with pytest.raises(NasbenchError, match="a source is given twice: twice, twice"):
        run(f"{BY_FILE['portfolio']}(sources='{path}+{path}')", target)


def test_a_negated_source_does_bounded_harm_on_a_real_table(target, other):
    """After the list, random search without repeats goes on: ten evaluations late."""
    text = f"{BY_FILE['portfolio']}(sources='{other('negated', -1)}')"
    best = target.best_accuracy("validation")
    late, random = (
        [
            best - run(one, target, evaluations, seed).incumbent_validation_accuracy[-1]
            for seed in range(60)
        ]
        for one, evaluations in ((text, 40), ("random", 30))
    )
    error = np.sqrt((np.var(late) + np.var(random)) / 60)
    assert np.mean(late) < np.mean(random) + 3 * error


def test_a_board_is_pinned_to_the_tables_that_its_strategies_learn_from(
    tmp_path, other
):
    path, source = tmp_path / "my-board.toml", tmp_path / "source.h5"
    learned = ["warm-start", "portfolio", "rank-weighted-ensemble"]
    pins = []
    for sign in (1, -1):
        shutil.copy(other("alike" if sign > 0 else "negated", sign), source)
        for name in learned:
            path.write_text(
                f"format = 1\ntitle = 'x'\nseeds = 2\n"
                f"strategies = ['{name}(sources={source})']\n"
                f"[benchmarks]\n{MINI} = ''\n[budget]\nevaluations = 3\n"
            )
            (pin,) = write_pins(read_manifest(path))
            pins.append(pin.measured)
    # One source has one digest, whatever reads it.
    assert pins[0] == pins[1] == pins[2] != pins[3] == pins[4] == pins[5]
