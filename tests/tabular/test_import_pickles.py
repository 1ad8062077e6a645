"""Pickles in the layout of HW-NAS-Bench: read by their mapping, and never run."""

from __future__ import annotations

import collections
import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from nasbench.cli import main
from nasbench.spaces import nb201_architecture_at
from tabular.importers import import_csv, load_mapping
from tabular.importers.hardware_pickle import columns_of_pickle
from tabular.schema import TableError

DEVICES = [
    "edgegpu_latency",
    "edgegpu_energy",
    "raspi4_latency",
    "edgetpu_latency",
    "pixel3_latency",
    "eyeriss_latency",
    "eyeriss_energy",
    "fpga_latency",
    "fpga_energy",
]
CELLS = 40


def layout() -> dict[str, object]:
    """Return what HW-NAS-Bench's file holds, of fewer cells; -1 is not supported."""
    rng = np.random.default_rng(0)
    sets: dict[str, object] = {}
    for name in ("cifar10", "cifar100", "ImageNet16-120"):
        columns = {one: rng.uniform(1, 9, CELLS).tolist() for one in DEVICES}
        columns["edgetpu_latency"][3] = -1
        columns["raspi4_latency"] = [np.float64(v) for v in columns["raspi4_latency"]]
        columns["config"] = [{"arch_str": "|"} for _ in range(CELLS)]
        sets[name] = columns
    return {"nasbench201": sets, "fbnet": {"cifar100": {"config": []}}}


def write(path: Path, held: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(held, protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_list_comes_out_as_it_went_in(tmp_path, protocol) -> None:
    held = layout()
    path = write(tmp_path / "hw.pickle", held, protocol)
    for task, name in (
        ("cifar10", "cifar10"),
        ("cifar100", "cifar100"),
        ("imagenet16-120", "ImageNet16-120"),
    ):
        columns = columns_of_pickle(path.read_bytes(), path, task)
        wanted = held["nasbench201"][name]
        assert list(columns) == DEVICES
        assert all(columns[one] == wanted[one] for one in DEVICES)


def test_a_pickle_becomes_a_table_with_missing_values_masked(tmp_path) -> None:
    held = layout()
    packed = tmp_path / "hw.pickle.gz"
    packed.write_bytes(gzip.compress(pickle.dumps(held)))
    mapping = load_mapping("hw-nas-bench-cifar100")
    table = import_csv(packed, mapping, tmp_path / "hw.h5")
    wanted = held["nasbench201"]["cifar100"]
    # Rows are in the order of the official index.
    places = {
        table.space.index(nb201_architecture_at(table.space, number)): number
        for number in range(CELLS)
    }
    metric = next(m for m in table.metrics if m.column == "edgetpu_latency")
    for index, value in zip(table.indices, table.values(metric.name), strict=True):
        published = wanted["edgetpu_latency"][places[int(index)]]
        assert np.isnan(value) if published == -1 else value == published


def test_the_command_imports_it(tmp_path, capsys) -> None:
    path = write(tmp_path / "hw.pickle", layout())
    out = tmp_path / "hw.h5"
    words = [
        "import",
        str(path),
        "--mapping",
        "hw-nas-bench-cifar10",
        "--out",
        str(out),
    ]
    assert main(words) == 0
    assert "latency edgegpu" in capsys.readouterr().out
    words = ["latency", "score", str(out), "--target", "eyeriss", "--predictor", "macs"]
    assert main([*words, "--size", "10", "--splits", "1"]) == 0


class Touches:
    """A pickle of it would make a file, were it run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [2, 4])
def test_what_would_call_anything_is_refused_by_name(tmp_path, protocol) -> None:
    victim = tmp_path / "made"
    held = {"cifar10": {"x": [1.0], "y": Touches(victim)}}
    path = write(tmp_path / "bad.pickle", held, protocol)
    with pytest.raises(TableError, match=r"asks for (posix|nt)\.mkdir") as caught:
        columns_of_pickle(path.read_bytes(), path, "cifar10")
    assert not victim.exists()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value, said",
    [
        (np.array([1.0, 2.0]), "asks for numpy"),
        (np.str_("x"), "numpy numbers of the kind 'U1'"),
        (eval, r"asks for builtins\.eval"),
        (collections.deque([1]), r"asks for collections\.deque"),
    ],
)
def test_other_classes_are_refused(tmp_path, value, said) -> None:
    path = write(tmp_path / "bad.pickle", {"x": value})
    with pytest.raises(TableError, match=said):
        columns_of_pickle(path.read_bytes(), path, "cifar10")


@pytest.mark.parametrize(
    "held, said",
    [
        ([1, 2], "holds no lists of numbers"),
        ({"x": ["a"]}, "holds no lists of numbers"),
        ({"cifar10": {}}, "holds no lists of numbers"),
        ({"cifar11": {"x": [1.0]}}, "did you mean 'cifar11'"),
    ],
)
def test_other_layouts_are_said_in_one_line(tmp_path, held, said) -> None:
    path = write(tmp_path / "odd.pickle", held)
    with pytest.raises(TableError, match=said) as caught:
        columns_of_pickle(path.read_bytes(), path, "cifar10")
    assert str(path) in str(caught.value)


def test_a_truncated_file_and_uneven_columns_are_refused(tmp_path) -> None:
    whole = pickle.dumps(layout())
    mapping = load_mapping("hw-nas-bench-cifar10")
    path = tmp_path / "hw.pickle"
    for cut in (1, 2, 50, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(TableError, match="damaged pickle"):
            import_csv(path, mapping, tmp_path / "hw.h5")
    held = layout()
    held["nasbench201"]["cifar10"]["fpga_energy"].append(1.0)
    write(path, held)
    with pytest.raises(TableError, match="one length"):
        import_csv(path, mapping, tmp_path / "hw.h5")
    assert not (tmp_path / "hw.h5").exists()
