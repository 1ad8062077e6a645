"""Parts of a site: packed arrays, names in addresses, drawings, ranks, fronts."""

from __future__ import annotations

import base64
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leaderboards.ranking import rank_board
from leaderboards.site.drawings import layers_of, space_form
from leaderboards.site.front_data import fronts_data
from leaderboards.site.names import file_names
from leaderboards.site.packed import as_script, packed, rounded
from leaderboards.site.rank_tests import rank_tests
from leaderboards.site.rank_view import rank_view
from leaderboards.site.scopes import whole_curves
from leaderboards.site.styles_of_lines import looks
from nasbench.benchmark import make
from nasbench.search import Objective
from nasbench.spaces import make_space

KINDS = {
    "Uint8Array": "<u1",
    "Uint16Array": "<u2",
    "Uint32Array": "<u4",
    "Float32Array": "<f4",
    "Float64Array": "<f8",
}


def unpacked(stored):
    data = np.frombuffer(base64.b64decode(stored["data"]), KINDS[stored["type"]])
    return data.reshape(stored["shape"])


@given(arrays(np.int64, st.integers(0, 20), elements=st.integers(-(2**40), 2**40)))
def test_packed_integers_come_back_as_they_were(values):
    assert (unpacked(packed(values)) == values).all()


@pytest.mark.parametrize("largest, size", [(255, 1), (256, 2), (65536, 4), (2**32, 8)])
def test_packed_integers_take_as_few_bytes_as_they_need(largest, size):
    assert unpacked(packed(np.array([0, largest]))).itemsize == size


@given(arrays(np.float32, st.integers(0, 20)))
def test_packed_floats_come_back_with_their_gaps(values):
    back = unpacked(packed(values.astype(np.float64)))
    assert np.array_equal(back, values, equal_nan=True)


def test_rounded_numbers_have_none_for_what_is_no_number():
    assert rounded(np.array([1.23456, np.nan, np.inf]), 2) == [1.23, None, None]


def test_a_script_hands_over_one_object_and_never_holds_nan():
    assert as_script("a", {"x": [1]}) == b'NASBENCH.give("a",{"x":[1]});\n'
    with pytest.raises(ValueError, match=r"nan|NaN|JSON"):
        as_script("a", float("nan"))


@given(st.lists(st.text(max_size=80), unique=True, max_size=12))
def test_file_names_differ_on_every_file_system(names):
    found = file_names(names)
    assert list(found) == names
    assert len({name.lower() for name in found.values()}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in found.values())
    assert not any(name.startswith(".") for name in found.values())


def test_no_two_of_28_strategies_look_alike():
    found = looks([f"s{i}" for i in range(28)])
    assert len({(one["colour"], one["dash"]) for one in found.values()}) == 28


def test_a_cell_is_described_by_its_edges_and_an_index_by_its_strides():
    space = make_space("cell201")
    form = space_form(space)
    assert form["kind"] == "cell"
    assert form["edges"] == [[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3]]
    for index in (0, 4711, space.size - 1):
        options = [
            index // stride % len(choices)
            for stride, choices in zip(form["strides"], form["choices"], strict=True)
        ]
        assert tuple(options) == space.architecture_at(index)
    assert set(form["colours"]) == set(space.operations) - {"none"}


@pytest.mark.parametrize("name", ["size-compound", "chain", "conv5"])
def test_layers_are_those_of_the_space(name):
    space = make_space(name)
    rng = np.random.default_rng(0)
    architectures = [space.sample(rng) for _ in range(30)]
    stored = layers_of(space, architectures)
    codes, counts = unpacked(stored["codes"]).tolist(), unpacked(stored["counts"])
    for architecture, count in zip(architectures, counts, strict=True):
        own = [tuple(stored["kinds"][codes.pop(0)]) for _ in range(count)]
        assert own == [tuple(layer) for layer in space.layers(architecture)]
    assert not codes


def test_cells_have_no_layers():
    assert layers_of(make_space("cell201"), [(0,) * 6]) is None


def board_of(ends):
    """Return a board of runs that end at once; `ends` is (strategies, seeds, b)."""
    rows = [
        (f"b{b}", f"s{k}", n, 1, 1, 1.0, "x", 0.5, 0.5, ends[k, n, b], ends[k, n, b])
        for b in range(ends.shape[2])
        for k in range(ends.shape[0])
        for n in range(ends.shape[1])
    ]
    columns = ["benchmark", "strategy", "seed", "evaluations", "epochs", "seconds"]
    columns += ["incumbent", "incumbent_validation_accuracy", "incumbent_test_accuracy"]
    columns += ["validation_regret", "test_regret"]
    return pd.DataFrame(rows, columns=columns)


def view_of(strategies, benchmarks):
    rng = np.random.default_rng(1)
    ends = rng.random((strategies, 4, benchmarks)) / 50
    ends += np.arange(strategies)[:, None, None] / 10
    board = board_of(ends)
    ranking = rank_board(board, np.random.default_rng(0), "s0", 50)
    return rank_view(ranking, rank_tests(whole_curves(board, "evaluations")))


def test_the_rank_view_of_one_benchmark_is_its_ranking():
    view = view_of(3, 1)
    assert view.table.headings == ("Strategy", "b0")
    assert [row[1] for row in view.table.rows] == [
        "1 (1 to 1)",
        "2 (2 to 2)",
        "3 (3 to 3)",
    ]
    assert "Across" not in view.note


def test_with_few_benchmarks_the_view_says_that_no_test_has_power():
    view = view_of(3, 3)
    assert view.table.headings == ("Strategy", "Mean rank", "b0", "b1", "b2")
    assert [row[1] for row in view.table.rows] == [
        "1.00 (1.00 to 1.00)",
        "2.00 (2.00 to 2.00)",
        "3.00 (3.00 to 3.00)",
    ]
    assert "Nemenyi" not in view.note


def test_with_many_benchmarks_bars_join_what_nemenyi_does_not_tell_apart():
    # Ranks 1 to 6 on 10 benchmarks: the critical difference is 2.85 * sqrt(6*7/60).
    view = view_of(6, 10)
    assert "less than 2.38" in view.note
    rows = re.findall(r"<span>s(\d)</span><svg(.*?)</svg>(?=<span>)", view.figure)
    bars = [len(re.findall(r'<svg x="100%"', row)) for _, row in rows]
    # Groups are 0-2, 1-3, 2-4, 3-5.
    assert bars == [1, 2, 3, 3, 2, 1]


def test_fronts_hold_what_all_runs_found_and_the_exact_front():
    table = make("cell201-mini-digits-v1")
    objectives = (
        Objective("validation_accuracy", maximise=True),
        Objective("flops", maximise=False),
    )
    names = ("benchmark", "strategy", "seed", "architecture")
    rows = [
        (*(table.name, "a", seed, "x"), accuracy, flops)
        for seed, accuracy, flops in ((0, 0.5, 10), (1, 0.5, 10), (1, 0.4, 5))
    ]
    columns = [*names, "validation_accuracy", "flops"]
    frame = pd.DataFrame(rows, columns=columns)
    data = fronts_data(frame, objectives, (), {table.name: table})
    assert data["objectives"][0] == "validation accuracy (%)"
    (one,) = data["benchmarks"]
    assert one["strategies"] == [{"name": "a", "points": [[40.0, 5.0], [50.0, 10.0]]}]
    best = 100 * table.best_accuracy("validation")
    assert max(point[0] for point in one["exact"]) == pytest.approx(best, abs=1e-3)
    assert fronts_data(frame, objectives, (), {})["benchmarks"] == [
        {"name": table.name, "strategies": one["strategies"]}
    ]
