"""``nasbench info`` and ``query`` show latencies with their kind and their repeats."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from nasbench.cli import main
from tabular import Table
from tabular.latency_columns import COMPLETE, FAILED, LatencyColumns
from tabular.modelled_latencies import model_latencies
from tabular.schema import TableFile, write_table

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
MODEL = "sim-systolic-os32"


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("shown") / "mini.h5"
    model_latencies(Path(shutil.copy(SHIPPED, path)), MODEL)
    rng = np.random.default_rng(0)
    latency = rng.uniform(1, 2, (60, 1)) * rng.uniform(0.99, 1.01, (60, 4))
    latency[5] = np.nan
    reason = np.full(60, b"", "S20")
    reason[5] = b"no such operator"
    status = np.full(60, COMPLETE, np.uint8)
    status[5] = FAILED
    cpu = LatencyColumns("measured", latency, status, reason=reason)
    contents = TableFile(path).contents()
    held = {**contents.latencies, "cpu": cpu}
    write_table(replace(contents, latencies=held), path)
    return path


def printed(capsys, *words) -> str:
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_info_shows_kinds_missing_ones_and_repeats(path, capsys) -> None:
    lines = printed(capsys, "info", path).splitlines()
    cpu = next(line.split() for line in lines if line.startswith("cpu "))
    repeats = Table.open(path).latencies["cpu"].repeats()
    assert cpu[1:5] == ["measured", "59", "1,", "1"]
    assert cpu[-5:] == [f"{repeats.kendall:.3f}", "100", "%", "0", "%"]
    model = next(line.split() for line in lines if line.startswith(f"{MODEL} "))
    assert model[1:4] == ["simulated", "60", "0"]
    assert model[-3:] == ["-", "-", "-"]


def test_info_of_a_table_without_latencies_says_nothing_of_them(capsys) -> None:
    assert "latencies" not in printed(capsys, "info", SHIPPED)


def test_query_shows_the_number_or_the_reason(path, capsys) -> None:
    table = Table.open(path)
    for number in (5, 6):
        index = int(table.read("classes/representative")[number])
        out = " ".join(printed(capsys, "query", path, index).split())
        if number == 5:
            assert "latency:cpu missing, measured: no such operator" in out
        else:
            latency = table[index].latency_ms("cpu")
            assert f"latency:cpu {latency:.4g} ms, measured, 4 rounds within" in out
        modelled = table[index].latency_ms(MODEL)
        assert f"latency:{MODEL} {modelled:.4g} ms, simulated" in out
        assert f"energy:{MODEL}" in out
