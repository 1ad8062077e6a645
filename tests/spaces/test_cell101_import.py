"""Published numbers of NAS-Bench-101 become a table that answers by cell."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from nasbench.spaces import named
from nasbench.spaces.cell101 import Cell101
from tabular.importers import import_csv
from tabular.importers.mapping import load_mapping

SAMPLE = (
    Path(__file__).resolve().parents[3] / "shared" / "reference" / "nb101_sample.csv.gz"
)


def test_a_sample_is_imported_with_its_cells_in_the_text_form(tmp_path, monkeypatch):
    if not SAMPLE.exists():
        pytest.skip(f"needs the published sample shared/reference/{SAMPLE.name}")
    monkeypatch.setitem(named.SPACES, "cell101", Cell101)
    space = Cell101()
    with gzip.open(SAMPLE, "rt") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(200), strict=False)]
    with (tmp_path / "sample.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["cell", *rows[0]])
        writer.writeheader()
        for row in rows:
            size = int(row["vertices"])
            bits = [int(bit) for bit in row["adjacency"]]
            matrix = [bits[i : i + size] for i in range(0, size * size, size)]
            cell = space.from_published(matrix, row["operations"].split())
            writer.writerow({"cell": space.format(cell), **row})
            row["architecture"] = cell
    mapping = load_mapping("nb101-cifar10")
    table = import_csv(tmp_path / "sample.csv", mapping, tmp_path / "sample.h5")
    assert len(table) == len(rows)
    for row in rows:
        found = table.mean_accuracy(row["architecture"], "validation")
        assert found == pytest.approx(float(row["val108"]), abs=1e-9)
