"""Records of growth: written and read without loss, damaged lines refused, judged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboards import RunSettings, compare
from leaderboards.ensembles import beside
from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from strategies import RandomSearch
from strategies.growth.growth import Growth, Round
from strategies.growth.growth_file import (
    add_growth,
    read_growths,
    shipped_growths,
    write_growths,
)
from strategies.growth.growth_scores import ensemble_curve, fitting, score_growths
from strategies.weight_sharing import TraceIdentity, read_traces
from tabular import Table


def growth_of(table: Table, seed: int = 0, networks: int = 3) -> Growth:
    """Return a growth of invented numbers: so many networks, one each ten seconds."""
    rng = np.random.default_rng(seed)
    spec = table.spec
    identity = TraceIdentity(
        *(spec.space, spec.task, spec.task_fingerprint, spec.recipe),
        "adanet",
        {"rounds": 3, "price": 0.001},
        seed,
    )
    rounds = [
        Round(
            architecture=table.space.sample(rng),
            depth=1,
            weights=rng.standard_normal(number),
            objective=float(rng.random()),
            parameters=100 * number,
            validation_accuracy=float(rng.random()),
            test_accuracy=float(rng.random()),
            seconds=10.0 * number + seed,
        )
        for number in range(1, networks + 1)
    ]
    return Growth(identity, "rounds" if networks == 3 else "gain", tuple(rounds))


@pytest.fixture
def growths(small_table: Table) -> list[Growth]:
    return [growth_of(small_table, 0), growth_of(small_table, 1, networks=2)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_what_is_read_is_what_was_written_bit_for_bit(
    growths: list[Growth], tmp_path: Path, name: str
) -> None:
    failed = Growth(replace(growths[0].identity, seed=7), "failed", ())
    write_growths([*growths, failed], tmp_path / name)
    found = read_growths(tmp_path / name)
    assert len(found) == 3
    for before, after in zip([*growths, failed], found, strict=True):
        assert before.equals(after)
        assert [r.seconds for r in before.rounds] == [r.seconds for r in after.rounds]
    assert found[2].status is Status.FAILED
    assert found[2].test_accuracy is None
    assert not growths[0].equals(growths[1])


def test_adding_replaces_a_growth_of_the_same_identity(
    growths: list[Growth], tmp_path: Path
) -> None:
    path = tmp_path / "new" / "a.jsonl"
    for growth in (*growths, replace(growths[0], ended="failed", rounds=())):
        add_growth(growth, path)
    assert [(g.identity.seed, g.ended) for g in read_growths(path)] == [
        (1, "gain"),
        (0, "failed"),
    ]


def altered(**changes: object) -> Callable[[bytes], bytes]:
    return lambda line: json.dumps({**json.loads(line), **changes}).encode()


@pytest.mark.parametrize(
    "damage, said",
    [
        (lambda b: b[:-30], "line 1: no growth"),
        (altered(format="nasbench-trace-1"), "format is not nasbench-growth-1"),
        (altered(ended="bored"), "ended is 'bored', not rounds or gain or failed"),
        (altered(weights=[[1.0], [1.0], [1.0]]), "weights of round 2 are not 2"),
        (altered(test_accuracies=[0.5, 1.5, 0.5]), "test_accuracies are not all from"),
        (altered(seconds=[9, 1, 1]), "seconds fall"),
        (altered(architectures=[]), "a growth of no networks"),
        (altered(seed="0"), "seed is '0'"),
        (lambda b: b"[]", "not a JSON object"),
        (lambda b: gzip.compress(b)[:-9], "cannot read growths"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(
    growths: list[Growth], tmp_path: Path, damage: Callable[[bytes], bytes], said: str
) -> None:
    path = tmp_path / "a.jsonl"
    write_growths(growths[:1], path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(NasbenchError, match=said) as refusal:
        read_growths(path)
    assert "a.jsonl" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_searches_and_growths_are_not_taken_for_each_other(
    growths: list[Growth], tmp_path: Path
) -> None:
    write_growths(growths, tmp_path / "a.jsonl")
    with pytest.raises(NasbenchError, match="not nasbench-trace-1 but 'nasbench-grow"):
        read_traces(tmp_path / "a.jsonl")


def test_scores_are_means_over_growths_that_came_so_far(growths: list[Growth]) -> None:
    failed = replace(growths[0], ended="failed")
    scores = score_growths([*growths, failed])
    assert [(s.networks, s.growths, s.failed) for s in scores] == [
        (1, 2, 1),
        (2, 2, 1),
        (3, 1, 1),
    ]
    second = [growth.rounds[1].test_accuracy for growth in growths]
    assert scores[1].test_accuracy.mean == pytest.approx(np.mean(second))
    assert scores[1].test_accuracy.deviation == pytest.approx(np.std(second, ddof=1))
    assert np.isnan(scores[2].test_accuracy.deviation)


def test_a_curve_is_a_step_function_of_what_stands(growths: list[Growth]) -> None:
    one = [r.test_accuracy for r in growths[0].rounds]
    curve = ensemble_curve(growths[:1], [9.99, 10, 19.99, 20, 1e9])
    assert np.isnan(curve[0])
    assert curve[1:].tolist() == [one[0], one[0], one[1], one[2]]
    both = ensemble_curve(growths, [10.5, 11, 100])
    assert np.isnan(both[0])  # the second has no network yet
    assert both[2] == np.mean([one[2], growths[1].rounds[-1].test_accuracy])


def test_an_ensemble_stands_beside_strategies_at_equal_seconds(
    growths: list[Growth], small_table: Table
) -> None:
    board = compare(
        {"random": RandomSearch}, [small_table], RunSettings(Budget(30)), seeds=2
    )
    frame = beside(board, small_table.name, growths)
    assert list(frame) == ["seconds", "random", "adanet (ensemble)"]
    assert frame["seconds"].tolist() == [10.5, 20.5, 30]
    for moment, shown in zip(frame["seconds"], frame["random"], strict=True):
        ends = [
            run[run["seconds"] <= moment]["incumbent_test_accuracy"].iloc[-1]
            if (run["seconds"] <= moment).any()
            else np.nan
            for _, run in board.groupby("seed")
        ]
        assert shown == pytest.approx(np.mean(ends), nan_ok=True)
    pd.testing.assert_series_equal(
        frame["adanet (ensemble)"],
        pd.Series(ensemble_curve(growths, frame["seconds"])),
        check_names=False,
    )
    with pytest.raises(NasbenchError, match="unknown benchmark of the board 'faces'"):
        beside(board, "faces", growths)


def test_only_growths_of_the_same_task_and_recipe_fit(
    growths: list[Growth], small_table: Table
) -> None:
    foreign = replace(growths[0], identity=replace(growths[0].identity, recipe="r"))
    found = fitting([growths[1], foreign, growths[0]], small_table.spec)
    assert [growth.identity.seed for growth in found] == [0, 1]


def test_what_ships_is_whole_and_fits_a_table_that_ships() -> None:
    import nasbench

    table = nasbench.make("cell201-mini-digits-v1")
    assert isinstance(table, Table)
    there = fitting(shipped_growths(), table.spec)
    assert len(there) >= 3
    for growth in there:
        assert growth.ended in ("rounds", "gain")
        objectives = [one.objective for one in growth.rounds]
        assert objectives == sorted(objectives, reverse=True)
