"""Latencies and proxies on the page: all repeats, and missing ones stay missing."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboards.site import SiteBoard, write_site
from leaderboards.site.repeat_data import has_repeats, repeats_data, repeats_frame
from leaderboards.site.table_data import axes_of, table_frame
from tabular import Table
from tabular.latency_columns import LatencyColumns
from tabular.proxy_columns import ProxyColumns
from tabular.schema import TableFile, write_table

SHIPPED = Path(str(files("tabular") / "data" / "cell201-mini-digits-v1.h5"))
LOST, CONSTANT = 3, 5


def measured_table(path):
    """Write the shipped table with two targets and a proxy, some of it missing."""
    contents = TableFile(SHIPPED).contents()
    classes = len(Table.open(SHIPPED))
    rounds = np.outer(np.linspace(1, 2, classes), [1, 1.5])
    rounds[LOST] = np.nan
    status = np.full(classes, 1, np.uint8)
    status[LOST] = 2
    reason = np.full(classes, b"", "S20")
    reason[LOST] = b"does not run"
    provenance = {"batch": "8"}
    clock = LatencyColumns(
        "measured", rounds, status, reason=reason, provenance=provenance
    )
    modelled = np.linspace(0, 2, classes)
    formula = LatencyColumns(
        "simulated", modelled[:, None], np.ones_like(status), energy_mj=modelled
    )
    scores = np.arange(2.0 * classes).reshape(classes, 2)
    scores[CONSTANT] = np.nan
    missing = np.where(np.isnan(scores), 2, 1).astype(np.uint8)
    proxy = ProxyColumns((0, 7), scores, missing, np.ones(scores.shape, "f4"), {})
    latencies = {"clock": clock, "formula": formula}
    write_table(replace(contents, latencies=latencies, proxies={"p": proxy}), path)
    return Table.open(path)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return measured_table(tmp_path_factory.mktemp("tables") / "measured.h5")


def test_axes_name_targets_with_their_kind_and_unit(table):
    axes = {axis.key: (axis.label, axis.unit) for axis in axes_of(table)}
    assert axes["latency:clock"] == ("Latency on clock (measured)", "ms, batch of 8")
    assert axes["latency:formula"] == (
        "Latency on formula (simulated)",
        "ms, one image",
    )
    assert axes["energy:formula"] == ("Energy on formula (simulated)", "mJ, one image")
    assert axes["proxy:p"] == ("Proxy p", "score, mean over 2 seeds")


def test_repeats_are_there_and_missing_ones_have_reasons(table):
    data = repeats_data(table)
    clock = data["latencies"]["clock"]
    assert clock["values"]["shape"] == [len(table), 2]
    assert clock["reasons"] == {str(LOST): "does not run"}
    assert data["latencies"]["formula"] == {"kind": "simulated", "reasons": {}}
    assert data["proxies"]["p"]["seeds"] == [0, 7]
    frame = repeats_frame(table)
    assert list(frame.columns) == [
        "index",
        "latency:clock:1",
        "latency:clock:2",
        "proxy:p:seed0",
        "proxy:p:seed7",
    ]
    gaps = frame.isna().sum()
    assert gaps.tolist() == [0, 1, 1, 1, 1]
    means = table_frame(table, axes_of(table))
    pairs = frame[["latency:clock:1", "latency:clock:2"]].mean(axis=1)
    assert pairs.tolist() == pytest.approx(means["latency:clock"].tolist(), nan_ok=True)
    assert np.isnan(means["latency:clock"][LOST])
    assert np.isnan(means["proxy:p"][CONSTANT])
    assert means["latency:formula"][0] == 0  # a number, and not missing


def test_a_table_without_repeats_has_no_file_of_them(table, tmp_path):
    assert has_repeats(table)
    assert not has_repeats(Table.open(SHIPPED))
    rows = [(table.name, "random", 0, 1, 1, 1.0, "x", 0.5, 0.5, 0.1, 0.1)]
    columns = ["benchmark", "strategy", "seed", "evaluations", "epochs", "seconds"]
    columns += ["incumbent", "incumbent_validation_accuracy", "incumbent_test_accuracy"]
    columns += ["validation_regret", "test_regret"]
    kinds = dict.fromkeys(("benchmark", "strategy", "incumbent"), "category")
    board = pd.DataFrame(rows, columns=columns).astype(kinds)
    names = ["strategy", "benchmark", "seed", "architecture", "trained_epochs"]
    walks = pd.DataFrame(columns=names)
    site = SiteBoard("One", board, walks, "evaluations")
    write_site(replace(site, benchmarks={table.name: table}), tmp_path)
    page = (tmp_path / f"explorer-{table.name}.html").read_text()
    assert f"repeats-{table.name}.csv" in page
    assert (tmp_path / "csv" / f"repeats-{table.name}.csv").is_file()
