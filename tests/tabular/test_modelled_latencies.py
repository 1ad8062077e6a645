"""Simulated targets in a table: the models' own numbers, free of charge."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.hardware import roofline
from nasbench.hardware.named import make_target, target_names
from nasbench.hardware.roofline import Roofline
from tabular import Table
from tabular.latency_columns import COMPLETE, FAILED, LatencyColumns
from tabular.modelled_latencies import model_latencies, modelled_columns
from tabular.schema import TableFile, write_table

SIMULATED = [name for name in target_names() if name.startswith("sim-")]


@pytest.fixture
def path(small_table_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_table_path, tmp_path / "copy.h5"))


def test_all_models_are_written_and_answered(path) -> None:
    before = Table.open(path).digest
    steps = []
    table = model_latencies(
        path, SIMULATED, command="a command", report=lambda *n: steps.append(n)
    )
    assert len(SIMULATED) == 7
    assert steps[0] == (0, 7)
    assert steps[-1] == (7, 7)
    assert table.digest == before
    identity = table.identity
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    for architecture in list(table.space)[::9]:
        found = table.evaluate(architecture).measured
        for name in SIMULATED:
            cost = make_target(name).cost(table.space, architecture, skeleton)
            assert found[f"latency:{name}"] == cost.latency_ms
            assert found[f"energy:{name}"] == cost.energy_mj
    for name in SIMULATED:
        columns = table.latencies[name]
        assert columns.kind == "simulated"
        assert columns.provenance["command"] == "a command"
        assert json.loads(columns.provenance["model"])["name"] == name
        assert "Horowitz" in columns.provenance["energy_source"]


def test_one_after_the_other_gives_the_same_and_again_changes_nothing(path) -> None:
    together = model_latencies(path, SIMULATED[:2]).latencies
    again = model_latencies(path, SIMULATED[1]).latencies
    assert sorted(again) == sorted(SIMULATED[:2])
    for name in again:
        np.testing.assert_array_equal(again[name].latency_ms, together[name].latency_ms)


def test_measured_targets_are_not_modelled_and_names_are_checked(path) -> None:
    with pytest.raises(NasbenchError, match="is measured, not simulated"):
        model_latencies(path, "x86-ort-fp32")
    with pytest.raises(NasbenchError, match="did you mean 'sim-systolic-os32'"):
        model_latencies(path, "sim-systolic-os31")
    measured = LatencyColumns("measured", np.ones((60, 1)), np.ones(60, np.uint8))
    contents = TableFile(path).contents()
    write_table(replace(contents, latencies={SIMULATED[0]: measured}), path)
    with pytest.raises(NasbenchError, match="never takes their place"):
        model_latencies(path, SIMULATED[0])


def test_what_does_not_fit_is_missing_with_its_reason(path) -> None:
    table = Table.open(path)
    device = replace(
        roofline.make_target("sim-roofline-mcuclass").device, capacity_bytes=300
    )
    columns = modelled_columns(table, Roofline("sim-roofline-small", device))
    failed = columns.status == FAILED
    assert 0 < failed.sum() < 60
    assert np.isnan(columns.latency_ms[failed]).all()
    assert np.isfinite(columns.latency_ms[columns.status == COMPLETE]).all()
    for reason, no in zip(columns.reason, failed, strict=True):
        assert (b"sim-roofline-small has 300" in bytes(reason)) == no
