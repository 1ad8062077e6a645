"""Latencies in a table: beside the trials, outside the digest, kept and answered."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nasbench.errors import NasbenchError
from nasbench.search import Constraint, Objective
from tabular import Table
from tabular.build import BuildRequest, build
from tabular.latency_columns import (
    COMPLETE,
    FAILED,
    MISSING,
    LatencyColumns,
    columns_of,
)
from tabular.merge import merge
from tabular.schema import TableError, TableFile, sealed, write_table
from tabular.verify import verify

CLASSES = 60


def measured(rounds: int = 4, seed: int = 0) -> LatencyColumns:
    """Latencies of 60 classes; one was rejected, one was never tried."""
    rng = np.random.default_rng(seed)
    latency = rng.uniform(0.2, 3.0, (CLASSES, 1)) * rng.normal(
        1, 0.02, (CLASSES, rounds)
    )
    status = np.full(CLASSES, COMPLETE, np.uint8)
    status[3], status[7] = FAILED, MISSING
    latency[[3, 7]] = np.nan
    reason = np.full(CLASSES, b"", "S40")
    reason[3] = b"the runtime knows no such operator"
    return LatencyColumns(
        "measured",
        latency,
        status,
        wall_ms=latency * 1.1,
        p10_ms=latency * 0.9,
        p90_ms=latency * 1.2,
        block=(np.arange(CLASSES) // 20).astype(np.int32),
        reason=reason,
        provenance={"runtime": "a runtime 1.0", "threads": "1"},
    )


def simulated() -> LatencyColumns:
    latency = np.arange(CLASSES, dtype=np.float64)[:, None] / 10
    status = np.full(CLASSES, COMPLETE, np.uint8)
    energy = np.arange(CLASSES, dtype=np.float64) / 100
    return LatencyColumns("simulated", latency, status, energy_mj=energy)


def with_latencies(source: Path, out: Path, **latencies: LatencyColumns) -> Path:
    named = {name.replace("_", "-"): one for name, one in latencies.items()}
    write_table(replace(TableFile(source).contents(), latencies=named), out)
    return out


@pytest.fixture
def path(small_table_path: Path, tmp_path: Path) -> Path:
    return with_latencies(
        small_table_path, tmp_path / "timed.h5", cpu=measured(), sim_x=simulated()
    )


def test_all_that_was_written_is_read_back(path) -> None:
    held = TableFile(path).latencies()
    assert sorted(held) == ["cpu", "sim-x"]
    wanted = measured()
    for name in ("latency_ms", "status", "wall_ms", "p10_ms", "p90_ms", "block"):
        array = getattr(held["cpu"], name)
        np.testing.assert_array_equal(array, getattr(wanted, name))
        assert array.dtype == getattr(wanted, name).dtype
    assert held["cpu"].kind == "measured"
    assert held["cpu"].provenance == wanted.provenance
    assert bytes(held["cpu"].reason[3]).decode() == "the runtime knows no such operator"
    assert held["cpu"].energy_mj is None
    assert held["sim-x"].kind == "simulated"
    assert held["sim-x"].wall_ms is None


def test_the_digest_and_a_table_without_latencies_stay_what_they_were(
    path, small_table_path
) -> None:
    plain, timed = Table.open(small_table_path), Table.open(path)
    assert timed.digest == plain.digest == TableFile(path).contents().digest()
    assert all(finding.passed for finding in verify(path))
    assert plain.latencies == {}
    for architecture in list(plain.space)[::10]:
        one, other = plain.evaluate(architecture), timed.evaluate(architecture)
        assert dict(one.measured) == {}
        assert one == replace(other, measured=one.measured)


def test_evaluations_answer_the_median_of_the_rounds_of_their_class(path) -> None:
    table = Table.open(path)
    cpu = measured()
    for architecture in table.space:
        number = table.class_number(architecture)
        for epochs in (1, table.epochs):
            found = table.evaluate(architecture, epochs=epochs, seed=1).measured
            assert set(found) == {"latency:cpu", "latency:sim-x", "energy:sim-x"}
            assert found["latency:sim-x"] == number / 10
            assert found["energy:sim-x"] == number / 100
            if number in (3, 7):
                assert np.isnan(found["latency:cpu"])
            else:
                median = np.median(cpu.latency_ms[number])
                assert found["latency:cpu"] == median
                assert table[architecture].latency_ms("cpu") == median


def test_what_has_no_latency_keeps_no_limit_and_is_worth_nothing(path) -> None:
    table = Table.open(path)
    index = int(table.read("classes/representative")[3])
    evaluation = table.evaluate(table.space.architecture_at(index))
    assert Constraint("latency:cpu", 1e9).violation(evaluation) == np.inf
    assert Objective("latency:cpu", maximise=False).score(evaluation) == -np.inf
    again = Table.open(path).evaluate(table.space.architecture_at(index))
    assert evaluation == again


def test_tables_pickle_and_frames_hold_the_columns(path) -> None:
    table = pickle.loads(pickle.dumps(Table.open(path)))
    frame = table.to_frame()
    np.testing.assert_array_equal(frame["latency:cpu"], measured().median_ms())
    np.testing.assert_array_equal(frame["energy:sim-x"], simulated().energy_mj)


def test_latencies_stay_when_a_table_gets_seeds_or_is_merged(
    digits, small_recipe, path, small_table_path, tmp_path
) -> None:
    merged = merge([small_table_path, path], tmp_path / "merged.h5")
    assert sorted(merged.latencies) == ["cpu", "sim-x"]
    other = with_latencies(small_table_path, tmp_path / "b.h5", cpu=measured(seed=1))
    first = merge([path, other], tmp_path / "first.h5").latencies["cpu"]
    np.testing.assert_array_equal(first.latency_ms, measured().latency_ms)
    grown = build(BuildRequest("cell201-mini", digits, small_recipe, seeds=3), path)
    assert len(grown.seeds) == 3
    kept = columns_of(grown.latencies)
    np.testing.assert_array_equal(kept["latency:cpu"], measured().median_ms())


def test_damage_to_latencies_is_found(path, tmp_path) -> None:
    damaged = tmp_path / "damaged.h5"
    damaged.write_bytes(path.read_bytes())
    with h5py.File(damaged, "r+") as file:
        file["latencies/cpu/latency_ms"][5, 1] += 1
    damaged.write_bytes(sealed(damaged.read_bytes()))
    with pytest.raises(TableError, match="damaged at latencies/cpu/latency_ms"):
        TableFile(damaged).latencies()
    with pytest.raises(TableError, match="damaged at latencies/cpu/latency_ms"):
        verify(damaged)


def test_columns_of_another_table_are_refused(small_table_path, tmp_path) -> None:
    few = LatencyColumns("simulated", np.ones((5, 1)), np.ones(5, np.uint8))
    path = with_latencies(small_table_path, tmp_path / "few.h5", few=few)
    with pytest.raises(TableError, match="latencies/few: 5 rows, but 60 classes"):
        TableFile(path).latencies()


@pytest.mark.parametrize("name", ["", "a/b", "a b", "latency:x", "é", "--"])
def test_names_that_are_no_group_are_refused(name, small_table_path, tmp_path) -> None:
    contents = replace(
        TableFile(small_table_path).contents(), latencies={name: simulated()}
    )
    with pytest.raises(NasbenchError, match="a target is named by letters"):
        write_table(contents, tmp_path / "named.h5")


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"kind": "guessed"}, "measured or simulated, not 'guessed'"),
        ({"latency_ms": np.ones(60)}, r"\(classes, rounds\)"),
        ({"latency_ms": np.ones((60, 0))}, "one round or more"),
        ({"status": np.ones(59, np.uint8)}, r"status has the shape \(59,\)"),
        ({"wall_ms": np.ones((60, 1))}, "wall_ms has the shape"),
        ({"latency_ms": np.full((60, 4), -1.0)}, "below 0"),
        ({"status": np.ones(60, np.uint8)}, "class 3: a latency is there exactly"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes, said) -> None:
    with pytest.raises(NasbenchError, match=said):
        replace(measured(), **changes)


def test_an_entry_names_near_targets(path) -> None:
    table = Table.open(path)
    with pytest.raises(NasbenchError, match="did you mean 'sim-x'"):
        table[0].latency_ms("sim-y")


@given(
    arrays(
        np.float64,
        (6, 3),
        elements=st.floats(0.1, 100) | st.just(float("nan")),
    )
)
def test_medians_and_spreads_are_those_of_the_rounds_that_are_there(rounds) -> None:
    status = np.isfinite(rounds).any(axis=1).astype(np.uint8)
    columns = LatencyColumns("measured", rounds, status)
    for row, median, spread in zip(
        rounds, columns.median_ms(), columns.spread(), strict=True
    ):
        there = row[~np.isnan(row)]
        if not len(there):
            assert np.isnan(median)
            assert np.isnan(spread)
        else:
            assert median == np.median(there)
            assert spread == pytest.approx(np.ptp(there) / np.median(there))


def test_repeats_compare_odd_rounds_with_even_ones() -> None:
    rounds = np.array([[1.0, 1.0, 1.0, 1.0], [2, 2, 2, 2], [3, 3.9, 3, 3.9]])
    found = LatencyColumns("measured", rounds, np.ones(3, np.uint8)).repeats()
    assert found.kendall == pytest.approx(1.0)
    assert found.within_10 == pytest.approx(2 / 3)
    assert found.noisy == pytest.approx(1 / 3)
    swapped = rounds.copy()
    swapped[:, 1::2] = swapped[::-1, 1::2]
    crossed = LatencyColumns("measured", swapped, np.ones(3, np.uint8)).repeats()
    assert crossed.kendall == pytest.approx(-1.0)


def test_a_formula_and_a_single_round_have_no_repeats() -> None:
    assert simulated().repeats() is None
    assert measured(rounds=1).repeats() is None
