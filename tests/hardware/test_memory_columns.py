"""Peak memory and bytes moved are columns of a table: exact, free, searchable."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from leaderboards.fronts.objective_text import parse_constraint, parse_objectives
from leaderboards.fronts.pareto import ExactFront
from nasbench.cli import main
from nasbench.hardware.energy import ELEMENT_BYTES
from nasbench.hardware.layer_shapes import network_schedule
from nasbench.hardware.memory import peak_activations
from nasbench.hardware.systolic import SYSTOLIC
from nasbench.search import read_column, read_cost
from tabular import Table
from tabular.modelled_latencies import model_latencies

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
PI, MCU, ARRAY = "sim-roofline-pi4class", "sim-roofline-mcuclass", "sim-systolic-os32"


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Table:
    path = tmp_path_factory.mktemp("memory") / "mini.h5"
    return model_latencies(Path(shutil.copy(SHIPPED, path)), [PI, MCU, ARRAY])


def test_the_columns_are_those_of_the_schedule_for_every_architecture(table) -> None:
    identity = table.identity
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    formats = {PI: "fp32", MCU: "int8", ARRAY: "int8"}
    for architecture in table.space:
        evaluation = table.evaluate(architecture)
        costs = table.cost_model(architecture)
        schedule = network_schedule(table.space, architecture, skeleton)
        # Two FLOPs are a multiplication with its addition.
        assert evaluation.flops == 2 * schedule.macs
        for target, number_format in formats.items():
            size = ELEMENT_BYTES[number_format]
            memory = f"memory:{target}"
            wanted = size * peak_activations(schedule)
            assert read_column(memory, evaluation) == wanted
            assert read_cost(memory, costs) == wanted
        for target in (PI, MCU):
            moved = ELEMENT_BYTES[formats[target]] * schedule.moved
            assert read_column(f"traffic:{target}", evaluation) == moved
        array = SYSTOLIC[ARRAY]
        gemms = schedule.gemms()
        passed = sum(map(array.buffer_bytes, gemms)) + sum(g.n * g.k for g in gemms)
        assert read_column(f"traffic:{ARRAY}", evaluation) == passed


def test_bytes_are_four_times_as_many_in_float32(table) -> None:
    frame = table.to_frame()
    assert (frame[f"memory:{PI}"] == 4 * frame[f"memory:{MCU}"]).all()
    assert (frame[f"traffic:{PI}"] == 4 * frame[f"traffic:{MCU}"]).all()
    # All that stands at once is moved at least once; a constant moves nothing.
    alive = frame[frame["flops"] > 0]
    assert (alive[f"memory:{PI}"] <= alive[f"traffic:{PI}"]).all()
    assert frame[f"memory:{PI}"].nunique() > 2


@pytest.mark.parametrize(
    "text, limit",
    [
        ("memory:x<=4KB", 4000),
        ("memory:x<=4KiB", 4096),
        ("traffic:x<=1.5MB", 1.5e6),
        ("traffic:x<=7B", 7),
        ("memory:x<=12", 12),
    ],
)
def test_limits_take_bytes_and_their_multiples(text, limit) -> None:
    assert parse_constraint(text).limit == limit


def test_memory_is_an_objective_and_a_limit_like_any_other(table, capsys) -> None:
    exact = ExactFront.of(table, parse_objectives(f"accuracy,memory:{PI}"))
    frame = table.to_frame()
    assert exact.values[:, 1].min() == frame[f"memory:{PI}"].min()
    limit = float(frame[f"memory:{PI}"].quantile(0.3))
    words = ["best", str(table.path), "--under", f"memory:{PI}<={limit:.0f}B"]
    assert main([*words, "--top", "1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    kept = frame[frame[f"memory:{PI}"] <= limit]
    best = kept["architecture"][kept["validation_accuracy"].idxmax()]
    assert shown[1].split()[0] == best
    assert main(["query", str(table.path), best]) == 0
    said = " ".join(capsys.readouterr().out.split())
    memory = kept[f"memory:{PI}"][kept["validation_accuracy"].idxmax()]
    assert f"memory:{PI} {memory:,.0f} bytes, counted" in said
    words = ["best", str(table.path), "--under", f"memory:{PI}<4ms"]
    assert main(words) == 2
    assert "unknown unit 'ms'" in capsys.readouterr().err


def test_numbers_stand_outside_the_digest_and_survive_a_reopening(table) -> None:
    assert table.digest == Table.open(SHIPPED).digest
    again = Table.open(table.path)
    held, before = again.latencies[PI], table.latencies[PI]
    assert (held.memory_bytes == before.memory_bytes).all()
    assert (held.moved_bytes == before.moved_bytes).all()
